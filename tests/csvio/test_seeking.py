"""Pages by an index against a pass from the start, for random files, dialects and encodings."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.locations import Location, page, start
from csvapi.csvio.pages import records, records_between, records_from
from csvapi.csvio.row_index import BYTES, EVERY, MOST, Places, RowIndex, joined
from csvapi.csvio.seeking import make_index
from tests.engines.running import cases, reused

if TYPE_CHECKING:
    from pathlib import Path

NOTHING: dict[str, Any] = {"following": None, "far": 0}


def by_index(tmp_path: Path, source: Path, dialect: Dialect, limit: int, row: int) -> tuple[dict[str, Any], list[Any]]:
    """A page by the file's index, from a file that has only the bytes which the index names."""
    columns, size = start(source, dialect)[0], source.stat().st_size
    with (tmp_path / "rows").open("rb") as file:
        index = RowIndex.read(file, dialect, size)
        assert index is not None
        stretch = index.stretch(row, limit, 1 << 22)
    if stretch is None:
        return {"columns": columns, "total": index.bounds.records, **NOTHING}, []
    at, after = stretch
    part = tmp_path / "part"
    part.write_bytes(source.read_bytes()[at.byte : after.byte if after else index.bounds.end])
    facts, text = records_between(part, at.byte, dialect, columns, limit, row, index.bounds, stretch)
    return facts, json.loads(text)


@settings(reused, max_examples=15)
@given(
    case=cases(),
    encoding=st.sampled_from(["", "utf-16", "utf-8", "shift_jis"]),
    tail=st.sampled_from(["", "\0\0\0", "\n\n"]),
    rows=st.lists(st.integers(1, 3000), min_size=2, max_size=2),
    limit=st.sampled_from([1, 7, 1000]),
)
def test_rows_by_the_index_are_those_of_a_pass(
    tmp_path: Path, case: tuple[Dialect, str], encoding: str, tail: str, rows: list[int], limit: int
) -> None:
    dialect, text = case
    dialect = Dialect.from_json({**dialect.as_json(), "encoding": encoding or dialect.encoding})
    source = tmp_path / "in"
    text = (text + dialect.line_end) * (1 + 2500 // (text.count(dialect.line_end) + 1)) + tail
    source.write_bytes(text.encode(dialect.encoding, "replace"))
    columns, first = start(source, dialect)
    whole, _ = page(source, dialect, len(columns), sys.maxsize, first, sys.maxsize)
    make_index(tmp_path / "rows", source, dialect, 1 << 24, lambda: None)
    for row in {*rows, 1, max(len(whole), 1), len(whole) + 1}:
        facts, found = by_index(tmp_path, source, dialect, limit, row)
        assert found == [each.as_json() for each in whole[row - 1 : row - 1 + limit]]
        assert facts["total"] == len(whole)
        assert (facts["following"] is None) == (row - 1 + limit >= len(whole))
        if facts["following"]:
            again = json.loads(records(source, dialect, 1, Location(*facts["following"]))[1])
            assert again == [whole[row - 1 + limit].as_json()]
        near, text_near = records_from(source, dialect, limit, row, 1 << 22)
        assert (json.loads(text_near), near["total"]) == (found, len(whole))


def test_what_lies_far_is_not_looked_for(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_bytes(b"id\n" + b"".join(b"%06d\n" % n for n in range(1, 200_001)))
    facts, text = records_from(source, Dialect(), 2, 150_000, 1 << 16)
    assert (facts["far"] > 9000, facts["total"], text) == (True, None, b"[]")
    facts, text = records_from(source, Dialect(), 1, 9, 1 << 16)
    assert (facts["far"], facts["total"], facts["following"]) == (0, None, [10, 11, 3 + 9 * 7])
    assert json.loads(text) == [{"row": 9, "line": 10, "byte": 3 + 8 * 7, "values": ["000009"]}]
    facts, _ = records_from(source, Dialect(), 1, 150_000, sys.maxsize)
    assert (facts["far"], facts["total"], facts["following"][0]) == (0, None, 150_001)


def test_records_of_several_lines_and_blank_lines_have_their_own_places(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_bytes(b"id,note\n" + b"".join(b'%d,"a\nb"\n\n' % n for n in range(1, 100_001)))
    make_index(tmp_path / "rows", source, Dialect(), 1 << 24, lambda: None)
    facts, found = by_index(tmp_path, source, Dialect(), 2, 90_000)
    assert facts["total"] == 100_000
    assert [(each["row"], each["line"], each["values"]) for each in found] == [
        (90_000, 3 * 90_000 - 1, ["90000", "a\nb"]),
        (90_001, 3 * 90_001 - 1, ["90001", "a\nb"]),
    ]
    assert source.read_bytes()[found[0]["byte"] :].startswith(b'90000,"a')
    assert (tmp_path / "rows").stat().st_size < source.stat().st_size / 80


@pytest.mark.parametrize("size", [40, 40_000])
def test_an_index_is_bounded_however_many_records_there_are(size: int) -> None:
    parts = []
    for _ in range(3):
        parts.append(Places())
        for _ in range(MOST):
            parts[-1].add(EVERY, EVERY, EVERY * size)
    whole = joined(parts)
    assert MOST // 4 < len(whole) <= MOST + 1
    assert whole.records == 3 * MOST * EVERY
    starts = whole.entries[::3]
    gaps = {later - earlier for earlier, later in pairwise(starts)}
    assert max(gaps) <= 16 * EVERY
    assert all(value == row * size for row, value in zip(starts, whole.entries[2::3], strict=True))


def test_long_records_are_noted_by_their_bytes() -> None:
    places = Places()
    for _ in range(100):
        places.add(1, 1, BYTES // 4)
    assert places.entries[::3].tolist() == list(range(0, 100, 4))


def test_records_that_the_kernel_declines_have_the_same_places(tmp_path: Path) -> None:
    """Every second record is short: after a while the csv module reads on alone."""
    source = tmp_path / "in"
    source.write_bytes(b"id,note\n" + b"".join(b'%d,"x\n"\n' % n for n in range(1, 20_001)))
    dialect = Dialect(quote="")
    _, text = records_from(source, dialect, 2, 39_998, sys.maxsize)
    lines = source.read_bytes().splitlines(keepends=True)
    assert json.loads(text) == [
        {"row": 39_998, "line": 39_999, "byte": sum(map(len, lines[:39_998])), "values": ['"', None]},
        {"row": 39_999, "line": 40_000, "byte": sum(map(len, lines[:39_999])), "values": ["20000", '"x']},
    ]
    make_index(tmp_path / "rows", source, dialect, 1 << 24, lambda: None)
    _, found = by_index(tmp_path, source, dialect, 2, 39_998)
    assert found == json.loads(text)
    assert records_from(source, dialect, 1, 1, 1 << 22)[0]["total"] == 40_000
