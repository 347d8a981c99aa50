"""Tables with a column for each value are put together as Python would."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given

from csvapi.native.crossing import CrossedLines, Crossing, Halt
from csvapi.native.figures import Style
from csvapi.native.sorting import Block
from csvapi.steps.group_keys import key_order
from tests.native.cases import Case
from tests.native.crossing_checks import check, crosses, item, put_together, split
from tests.native.drawn import drawn, patient, sources
from tests.native.memories import Guarded

STYLE = Style(b",", b'"', b"\n")


@patient
@given(case=drawn, source=sources)
def test_rows_have_the_cells_of_their_groups(case: Case, source: Random) -> None:
    crosses(case, source)


def test_long_rows_and_many_names_find_room() -> None:
    many = {(b"row%d" % (at % 3), b"name" * 9 + b"%d" % (at % 9)): (at, b"cell" * 400) for at in range(27)}
    check(many, Random(3), Guarded)


def test_a_row_beyond_the_limit_is_not_taken() -> None:
    table, block = Crossing(3, 10, Guarded), Block(1 << 12, Guarded)
    for name in (b"a", b"b"):
        table.know(key_order(name), 9)
    packed = [item((b"x", b"a"), 7, b"1234"), item((b"x", b"b"), 8, b"12345")]
    assert table.add(b"".join(packed), block) == (len(packed[0]), Halt.LONG)
    assert table.size == 5


def test_lines_beyond_the_limit_and_without_quotes_are_for_the_caller() -> None:
    table = Crossing(1, 1 << 20, Guarded)
    rows, _ = put_together([item((b"x", b"a"), 7, b"1,2")], table, Block(1 << 12, Guarded))
    data = memoryview(b"".join(rows))
    assert bytes(CrossedLines(1, [0], STYLE, 100, Guarded).write(data).text) == b'x,"1,2"\n'
    for style, limit in ((Style(b",", b"", b"\n"), 100), (STYLE, 8)):
        done = CrossedLines(1, [0], style, limit, Guarded).write(data)
        assert (done.at, done.odd, done.lines, len(done.text)) == (0, True, 0, 0)


def test_a_wide_table_is_written_piece_by_piece() -> None:
    table, width = Crossing(2_000, 1 << 20, Guarded), 2_000
    names = sorted(b"n%d" % number for number in range(width))
    packed = [item((b"r%03d" % row, names[row * 7]), row, b"c") for row in range(250)]
    rows, known = put_together([b"".join(packed)], table, Block(1 << 16, Guarded))
    writes, data, at, text = CrossedLines(1, [*range(len(known))], STYLE, 1 << 20, Guarded), b"".join(rows), 0, b""
    while at < len(data):
        done = writes.write(memoryview(data), at)
        assert done.lines
        at, text = done.at, text + bytes(done.text)
    assert [line.split(b",").index(b"c") for line in text.splitlines()] == [*range(1, 251)]
    assert len(split(data)) == 250


def test_what_does_not_fit_is_refused() -> None:
    table = Crossing(1, 100, Guarded)
    table.know(b"a\0\0", 1)
    with pytest.raises(ValueError, match="may be 1 columns"):
        table.know(b"b\0\0", 1)
    with pytest.raises(ValueError, match="Each of 2 columns"):
        CrossedLines(1, [0, 2], STYLE, 100)
