"""The index of an output's records, which is noted while they are written, against a pass over the output."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.locations import Location, spans, start
from csvapi.csvio.row_index import RowIndex
from csvapi.engines import Options, run
from csvapi.errors import InvalidInput
from tests.engines.running import cases, reused

if TYPE_CHECKING:
    from pathlib import Path

WAYS: dict[str, dict[str, Any]] = {
    "native": {"block_size": 700},
    "ranges": {"block_size": 700, "processes": 3, "smallest_range": 1},
    "csv": {"block_size": 5000, "native": False},
    "csv, ranges": {"block_size": 5000, "native": False, "processes": 3, "smallest_range": 1},
}
STEPS: list[list[dict[str, Any]]] = [
    [{"op": "filter", "filters": [{"column": {"index": 1}, "operator": "!=", "value": "a"}]}],
    [{"op": "filter", "filters": [{"column": {"index": 1}, "operator": "not_contains", "value": "7"}]}],
    [{"op": "dedup", "columns": [{"index": 1}]}],
    [{"op": "set", "columns": [{"index": 1}], "replace": [{"text": "a", "with": "b,\n"}]}],
    [
        {"op": "sort", "by": [{"index": 1}]},
        {"op": "filter", "filters": [{"column": {"index": 1}, "operator": "!=", "value": "a"}]},
    ],
    [{"op": "explode", "column": {"index": 2}, "separator": "7"}],
    [{"op": "unpivot", "values": [{"index": 2}, {"index": 1}]}],
]


def indexed(tmp_path: Path, text: bytes, dialect: Dialect, steps: list[dict[str, Any]], **options: Any) -> int:
    """Run the steps; compares the index, if there is one, with the output, and returns its entries."""
    source, output, rows = (tmp_path / name for name in ("in", "out", "rows"))
    source.write_bytes(text)
    rows.unlink(missing_ok=True)
    receipt = run(source, dialect, steps, output, options=Options(**options), workspace=tmp_path, rows=rows)
    written = Dialect.from_json(receipt.output["dialect"])
    if not rows.exists():
        return 0
    columns, first = start(output, written)
    places: list[Location] = []
    for span in spans(output, written, len(columns), first):
        places += map(span.location, range(len(span.batch)))
    with rows.open("rb") as file:
        index = RowIndex.read(file, written, output.stat().st_size)
        assert index is not None
        assert index.bounds.records == len(places) == receipt.kept
        assert [places[entry.row - 1] for entry in index] == list(index)
        assert index[0] == places[0]
        assert RowIndex.read(file, replace(written, delimiter="|"), output.stat().st_size) is None
        return len(index)


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=6)
@given(case=cases(), steps=st.sampled_from(STEPS))
def test_the_index_of_an_output_is_what_a_pass_finds(
    tmp_path: Path, way: str, case: tuple[Dialect, str], steps: list[dict[str, Any]]
) -> None:
    dialect, text = case
    header = f"x{dialect.delimiter}y{dialect.line_end}" if dialect.header else ""
    records = (text + dialect.line_end) * (1 + 1500 // (text.count(dialect.line_end) + 1))
    with suppress(InvalidInput):  # a dialect in which `set` cannot write what it should
        indexed(tmp_path, (header + records).encode(dialect.encoding), dialect, steps, **WAYS[way])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("steps", [*STEPS[:4], *STEPS[5:]])
def test_an_output_of_many_records_has_an_index(tmp_path: Path, way: str, steps: list[dict[str, Any]]) -> None:
    text = b"id,note\n" + b"".join(b'%d,"two\nlines"\n' % n if n % 5 == 0 else b"%d,x\n" % n for n in range(20_000))
    entries = indexed(tmp_path, text, Dialect(), steps, **WAYS[way])
    copied = steps == STEPS[2]
    assert (entries == 0) if copied else (5 <= entries <= 40), "records of several lines are not looked at to be copied"
    lines = b"id,note\n" + b"".join(b"%d,x\n" % (n // 2) for n in range(20_000))
    assert indexed(tmp_path, lines, Dialect(), steps, **WAYS[way]) >= 5


def test_what_is_gathered_or_short_has_none(tmp_path: Path) -> None:
    assert indexed(tmp_path, b"a\n" + b"1\n" * 2000, Dialect(), [{"op": "sort", "by": ["a"]}]) == 0
    assert indexed(tmp_path, b"a\n" + b"1\n" * 1000, Dialect(), STEPS[0]) == 0
    assert indexed(tmp_path, b"a\n" + b"1\n" * 1001, Dialect(), STEPS[0]) >= 1
