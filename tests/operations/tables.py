"""Run steps over a text and read what comes out as the csv module does, by the dialect the receipt names."""

from __future__ import annotations

import io
from collections import Counter
from typing import TYPE_CHECKING, Any

from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options, run
from tests.engines import model

if TYPE_CHECKING:
    from pathlib import Path

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


def csv_text(rows: list[tuple[str, ...]] | list[list[str]]) -> str:
    """Rows as CSV, every field quoted that must be."""
    special = set(',"\r\n')
    quoted = (
        ",".join('"' + cell.replace('"', '""') + '"' if set(cell) & special or not cell else cell for cell in row)
        for row in rows
    )
    return "".join(f"{line}\n" for line in quoted)
