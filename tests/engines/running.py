"""Run the engine on text and compare with the model."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st

from csvapi.engines import Options, run
from tests.engines.files import dialects, texts

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect
    from tests.engines import model

reused = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)

# Ways through the engine that must not make a difference.
WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "tiny blocks": {"block_size": 1},
    "small blocks": {"block_size": 7},
    "spilled": {"memory": 1_000},
    "parallel": {"processes": 2, "smallest_range": 1},
    "csv": {"native": False},
    "csv, tiny blocks": {"native": False, "block_size": 1},
    "csv, spilled": {"native": False, "memory": 1_000},
    "csv, parallel": {"native": False, "processes": 2, "smallest_range": 1, "memory": 1_000},
}


@st.composite
def cases(draw: st.DrawFn) -> tuple[Dialect, str]:
    dialect = draw(dialects)
    text = draw(texts(dialect))
    lines_of_nul = any(line and not line.strip("\0") for line in text.splitlines())
    assume(not (dialect.comment and lines_of_nul))  # without the comments such lines may end the file, and fill it up
    return dialect, text


def execute(
    tmp_path: Path, text: str, dialect: Dialect, steps: list[dict[str, Any]], **options: Any
) -> tuple[str, Any, Any]:
    """The output, the dropped records and the explanation, as text; the receipt as JSON."""
    source, output, dropped, why = (tmp_path / name for name in ("in", "out", "dropped", "why"))
    source.write_bytes(text.encode(dialect.encoding))
    receipt = run(
        source, dialect, steps, output, options=Options(explain=True, **options), workspace=tmp_path,
        dropped=dropped, explain=why,
    )  # fmt: skip
    for stage in receipt.run["stages"]:
        assert options.get("native", True) or not stage["bytes_by_parser"]["native"]
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["dropped", "in", "out", "why"], "the workspace must be empty again"
    explained = list(csv.reader(io.StringIO(why.read_text())))[1:]
    return (
        output.read_bytes().decode(dialect.encoding),
        dropped.read_bytes().decode(dialect.encoding),
        (receipt.as_json(), explained),
    )


def expect(parsed: model.Parsed, stays: list[bool]) -> tuple[str, str]:
    kept = "".join(raw for raw, stay in zip(parsed.raw, stays, strict=True) if stay)
    gone = "".join(raw for raw, stay in zip(parsed.raw, stays, strict=True) if not stay)
    return parsed.header_raw + kept, parsed.header_raw + gone
