"""What must hold of tables with a column for each value: rows have the cells of their groups, and lines are the csv
module's."""

from __future__ import annotations

from itertools import pairwise
from struct import Struct
from typing import TYPE_CHECKING

from csvapi.csvio import Dialect
from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.native.crossing import CrossedLines, Crossing, Halt
from csvapi.native.figures import Style
from csvapi.native.sorting import Block
from csvapi.steps.group_keys import key_order
from csvapi.steps.pivot_rows import Row
from csvapi.steps.writing import records

if TYPE_CHECKING:
    from random import Random

    from csvapi.native.memory import Allocate
    from tests.native.cases import Case

TEXTS = [b"", b"a", b"ab", b"\0", b"\0\0", b"a\0", b"x,y", b'"', b"\n", b"\xff", b"long" * 30]
Groups = dict[tuple[bytes, bytes], tuple[int, bytes]]
_LENGTHS, _ORDER = Struct("<II"), Struct(">Q")


def item(key: tuple[bytes, bytes], order: int, cell: bytes) -> bytes:
    whole = bytes(8) + key_order(key) + bytes(2)
    return _LENGTHS.pack(len(whole), 8 + len(cell)) + whole + _ORDER.pack(order) + cell


def put_together(pieces: list[bytes], table: Crossing, block: Block) -> tuple[list[bytes], list[bytes]]:
    """The rows as items, and the names of the columns as they became known."""
    found: list[bytes] = []
    names: list[bytes] = []

    def empty() -> None:
        found.extend(bytes(each) for each in split(bytes(block.items)))
        block.clear()

    for piece in pieces:
        at = 0
        while at < len(piece):
            at, halt = table.add(piece, block, at)
            if halt == Halt.FULL:
                assert len(block)
                empty()
            elif halt == Halt.ODD:
                size = _LENGTHS.unpack_from(piece, at)[0]
                key = piece[at + 16 : at + 8 + size - 2]
                first = key_order(Row.of_item(item_of(key)).index)
                names.append(key[len(first) :])
                table.know(names[-1], 1 << 60)
            assert halt != Halt.LONG
    while not table.end(block):
        empty()
    empty()
    return found, names


def item_of(key: bytes) -> bytes:
    """A row's item whose key has the same first part."""
    return _LENGTHS.pack(8, 4 + len(key)) + bytes(8) + Struct("<I").pack(len(key)) + key


def split(data: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        size = 8 + sum(_LENGTHS.unpack_from(data, at))
        found.append(data[at : at + size])
        at += size
    return found


def groups(source: Random) -> Groups:
    each = [(source.choice(TEXTS), source.choice(TEXTS)) for _ in range(source.randrange(40))]
    return {key: (order, source.choice(TEXTS)) for order, key in enumerate(each)}


def crosses(case: Case, source: Random) -> None:
    """Rows have the cells of their groups, however these come, and their lines are those of Python."""
    check(groups(source), source, case.allocate)


def check(given: Groups, source: Random, allocate: Allocate) -> None:
    ordered = sorted(given, key=key_order)
    packed = [item(key, *given[key]) for key in ordered]
    cuts = sorted({0, len(packed), *(source.randrange(len(packed) + 1) for _ in range(3))})
    pieces = [b"".join(packed[start:stop]) for start, stop in pairwise(cuts)]
    table = Crossing(len(TEXTS), 1 << 20, allocate)
    found, names = put_together(pieces, table, Block(source.choice([1 << 13, 1 << 16]), allocate))
    rows = [Row.of_item(each) for each in found]
    columns = list(dict.fromkeys(name for _, name in ordered))
    assert names == [key_order(name) for name in columns]
    assert table.firsts == [min(given[key][0] for key in given if key[1] == name) for name in columns]
    expected = []
    for index in dict.fromkeys(index for index, _ in ordered):
        mine = [key for key in ordered if key[0] == index]
        numbers, cells = [columns.index(name) for _, name in mine], [given[key][1] for key in mine]
        expected.append(Row(index, min(given[key][0] for key in mine), numbers, cells))
    assert rows == expected
    lines(found, rows, len(columns), source, allocate)


def lines(found: list[bytes], rows: list[Row], width: int, source: Random, allocate: Allocate) -> None:
    places = source.sample(range(width), width)
    writes = CrossedLines(1, places, Style(b",", b'"', b"\r\n"), 1 << 20, allocate)
    data, at, number = memoryview(b"".join(found)), 0, 0
    while at < len(data):
        done = writes.write(data, at)
        made = bytes(done.text)
        assert made == b"".join(line(row, places) for row in rows[number : number + done.lines])
        at, number = done.at, number + done.lines
        if done.odd:
            assert b"\0" in rows[number].index or rows[number].index[:1] == b"\n"
            at, number = at + len(found[number]), number + 1
    assert number == len(rows)


def line(row: Row, places: list[int]) -> bytes:
    cells = [row.index, *[b""] * len(places)]
    for number, cell in zip(row.numbers, row.cells, strict=True):
        cells[1 + places[number]] = cell
    return records([cells], ByteDialect.of(Dialect(line_end="\r\n")))[0]
