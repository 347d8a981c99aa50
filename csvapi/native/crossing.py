"""Tables with a column for each value: rows that are made of groups in the order of their keys, and written when all
columns are known. crossing.inc says what groups and rows are as items."""

from __future__ import annotations

from array import array
from ctypes import Structure, byref, c_int, c_uint64, c_void_p
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from csvapi.native.figures import LayoutStruct
from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import Allocate, Growing, Memory, readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.native.figures import Style
    from csvapi.native.sorting import Block

_COLUMN, _SLOTS, _SLOT = 24, 4, 4  # bytes of a column, slots for one, and bytes of these
_SOME = 1 << 12  # bytes of a row, or of names, at first
_CELL = 16  # bytes of where a cell is
_PIECE = 1 << 18  # bytes of records that are written at once
_ROW_FULL = 5  # of crossing.inc


class Halt(IntEnum):
    """Why `Crossing.add`, or `CrossedLines.add`, stopped."""

    END = 0
    FULL = 1  # there is no room
    ODD = 2  # the column is not known; the row is for Python to write
    LONG = 3  # the row would be longer than the limit


class Written(NamedTuple):
    """Records that were written, `text`, which is valid up to the next; `at` is the byte after their rows, where an
    `odd` one is or not."""

    at: int
    odd: bool
    lines: int
    text: memoryview


class CrossingStruct(Structure):
    """`crossing` of crossing.inc."""

    _fields_ = (
        *((name, c_void_p) for name in ("slots", "columns", "names", "row")),
        *((name, c_uint64) for name in ("capacity", "room", "limit", "key", "used", "size", "first")),
    )


class Crossing:
    """Puts groups together as rows with up to `most` columns, whose cells have up to `limit` bytes, each with one more.

    Memory: the names, and the longest row.
    """

    def __init__(self, most: int, limit: int, allocate: Allocate = Memory) -> None:
        self._allocate, self._most = allocate, most
        capacity = 1 << (_SLOTS * most).bit_length()
        self._slots, self._columns = allocate(_SLOT * capacity), allocate(_COLUMN * most)
        self._names, self._row = allocate(_SOME), allocate(_SOME)
        self._count = self._size = 0
        places = (each.address for each in (self._slots, self._columns, self._names, self._row))
        self._table = CrossingStruct(*places, capacity, _SOME, limit)

    def know(self, name: bytes, order: int) -> None:
        """Make the next column known, by its name as it stands in keys, and the order of a record of it. Raises
        `ValueError` if there are `most`."""
        if self._count == self._most:
            raise ValueError(f"There may be {self._most} columns.")
        if self._size + len(name) + SLACK > self._names.size:
            self._names = self._more(self._names, self._size, len(name) + SLACK)
            self._table.names = self._names.address
        self._names.view[self._size : self._size + len(name)] = name
        column = self._columns.view[_COLUMN * self._count : _COLUMN * (self._count + 1)].cast("Q")
        column[0], column[1], column[2] = order, self._size, len(name)
        kernel().know_crossed(byref(self._table), self._count)
        self._size += len(name)
        self._count += 1

    @property
    def firsts(self) -> list[int]:
        """For each column the order of its first record."""
        return list(self._columns.view[: _COLUMN * self._count].cast("Q")[::3])

    @property
    def size(self) -> int:
        """The bytes of the cells of the row at hand, each with one more."""
        return int(self._table.size)

    def add(self, items: bytes, block: Block, start: int = 0) -> tuple[int, Halt]:
        """Add groups, of which each is whole, from byte `start` on, and put rows into the block. Returns the byte where
        it stopped, and why. Then go on with a block that has room, when the column is known, or not at all."""
        at, why = start, c_int(0)
        given = readable(items, len(items), "items")
        while True:
            at = int(
                kernel().cross_groups(given, len(items), at, byref(self._table), byref(block.structure), byref(why))
            )
            if why.value != _ROW_FULL:
                return at, Halt(why.value)
            self._row = self._more(self._row, int(self._table.used), len(items))
            self._table.row, self._table.room = self._row.address, self._row.size

    def end(self, block: Block) -> bool:
        """Put the last row into the block; False where that has no room."""
        return bool(kernel().end_crossed(byref(self._table), byref(block.structure)))

    def _more(self, memory: Memory, used: int, more: int) -> Memory:
        """The same memory with room for `more` bytes."""
        found = self._allocate(2 * memory.size + more)
        found.view[:used] = memory.view[:used]
        return found


class CrossedLines:
    """Writes rows as records of up to `limit` bytes: `keys` cells of the row's key, and those of the columns, of which
    `places` says by their numbers where each stands among them."""

    def __init__(self, keys: int, places: Sequence[int], style: Style, limit: int, allocate: Allocate = Memory) -> None:
        if sorted(places) != [*range(len(places))]:
            raise ValueError(f"Each of {len(places)} columns must have a place.")
        self._layout = LayoutStruct()
        self._layout.key_count, self._layout.limit, self._layout.style = keys, limit, style.structure()
        self._places, self._cells = array("I", places), allocate(max(1, _CELL * len(places)))
        self._out = Growing(allocate)

    def write(self, items: bytes | memoryview, start: int = 0) -> Written:
        """Write rows, of which each is whole, from byte `start` on: as many as a piece of memory holds. An odd one is
        for the caller to write: with a key that Python made, quotes where there are none, or more than the limit."""
        at, why, room = start, c_int(Halt.FULL), _PIECE
        done, lines = c_uint64(0), c_uint64(0)
        given, places = readable(items, len(items), "items"), self._places.buffer_info()[0]
        while why.value == Halt.FULL and not done.value:
            out, width = self._out.at_least(room), len(self._places)
            at = kernel().put_crossed_rows(
                given, len(items), at, byref(self._layout), places, width, self._cells.address,
                out.address, out.size, byref(done), byref(lines), byref(why),
            )  # fmt: skip
            room = 2 * out.size
        return Written(at, why.value == Halt.ODD, lines.value, out.view[: done.value])
