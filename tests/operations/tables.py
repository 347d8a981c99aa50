"""Run steps over a text and read what comes out as the csv module does, by the dialect the receipt names."""

from __future__ import annotations

import io
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.reading import parsers_of, read_batches
from csvapi.csvio.source import Source
from csvapi.engines import Options, run
from csvapi.spill.shares import in_shares
from csvapi.spill.workspace import Workspace
from csvapi.steps.step import Context
from tests.engines import model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

    from csvapi.spill.shares import Runs, Work
    from csvapi.steps.step import Operation

FAST_WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "tiny": {"block_size": 7, "memory": 1_000, "processes": 1},
    "csv": {"native": False, "memory": 1_000},
}
READ: Counter[str] = Counter()  # bytes by parser, of runs that may use the kernel
PARALLEL: dict[str, Any] = {"processes": 2, "smallest_range": 1, "memory": 1_000}


def table(
    folder: Path,
    text: str,
    steps: list[dict[str, Any]],
    dialect: Dialect | None = None,
    files: dict[Any, tuple[Path, Dialect]] | None = None,
    **options: Any,
) -> tuple[model.Parsed, dict[str, Any]]:
    """What the output's records are, and the receipt."""
    dialect = dialect or Dialect()
    source, out = folder / "in", io.BytesIO()
    source.write_bytes(text.encode(dialect.encoding, "surrogateescape"))
    work = folder / "work"
    work.mkdir(exist_ok=True)
    ran = run(source, dialect, steps, out, options=Options(**options), workspace=work, files=files)
    receipt = {**ran.as_json(), "run": ran.run}
    assert not list(work.iterdir()), "the workspace must be empty again"
    for stage in ran.run["stages"]:
        if options.get("native", True):
            READ.update(stage["bytes_by_parser"])
        else:
            assert not stage["bytes_by_parser"]["native"]
    written = Dialect.from_json(receipt["output"]["dialect"])
    parsed = model.parse(out.getvalue().decode(written.encoding, "surrogateescape"), written)
    assert parsed.header == receipt["output"]["columns"] or not parsed.header_raw
    assert len(parsed.rows) == receipt["records"]["kept"]
    return parsed, receipt


def indexed(folder: Path, text: str, operation: Operation, params: dict[str, Any]) -> tuple[IndexedBatch, Any]:
    """The records of a text as the kernel has them, and the step built for its file, ready for its first batch."""
    path, data = folder / "in", text.encode()
    path.write_bytes(data)
    source = Source.open(path, Dialect())
    names = text.partition("\n")[0].split(",")
    parsers = parsers_of(source, len(names), 1 << 20, native=1 << 10)
    (batch,) = [each.batch for each in read_batches(source, len(text.partition("\n")[0]) + 1, len(data), parsers)]
    assert isinstance(batch, IndexedBatch)
    step = operation.build(params, Context(names, header=True, byte_dialect=source.byte_dialect), "")
    step.prepare(Workspace(folder, 1 << 20, native=True))
    return batch, step


def processes_of_shares(monkeypatch: pytest.MonkeyPatch, module: str) -> list[int]:
    """The processes that an operation's module has work on shares of its records, as they come."""
    found: list[int] = []

    def noted(runs: Sequence[Runs], workspace: Workspace, work: Work[Any]) -> list[Any]:
        done = in_shares(runs, workspace, lambda *given: (os.getpid(), work(*given)))
        found.extend(process for process, _ in done)
        return [result for _, result in done]

    monkeypatch.setattr(f"{module}.in_shares", noted)
    return found


def csv_text(rows: list[tuple[str, ...]] | list[list[str]]) -> str:
    """Rows as CSV, every field quoted that must be."""
    special = set(',"\r\n')
    quoted = (
        ",".join('"' + cell.replace('"', '""') + '"' if set(cell) & special or not cell else cell for cell in row)
        for row in rows
    )
    return "".join(f"{line}\n" for line in quoted)
