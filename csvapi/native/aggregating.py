"""What is made of groups of records, in a table: counts, sums, extremes, first and last texts.

A group's key is the cells of some columns in one or more parts; `order` numbers records in the order of the file.
"""

from __future__ import annotations

from array import array
from ctypes import Structure, addressof, byref, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from csvapi.native.keys import secret_of
from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import Allocate, Growing, Memory, readable, writable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.native.index import RecordIndex
    from csvapi.native.sorting import Block

_HEAD, _VALUE = 24, 32  # bytes of a group besides its figures, and of what was read of a cell
_TEXT, _MORE = 64, 32  # bytes of texts for which there is room: of a group's key, and of each text that is a figure
CACHED = 1 << 13  # groups of which the processor's cache holds the hash table
_AHEAD = 16  # records whose keys are made before their turn
_SLOTS = 16  # bytes of the slots for a group: two of them
_FEWEST, _MOST = 16, 1 << 22
_LARGEST = (1 << 32) - 4096  # bytes of texts: places in them are 32 bits


class Kind(IntEnum):
    """What the values of a source are."""

    RECORDS = 0
    TEXTS = 1
    NUMBERS = 2
    MOMENTS = 3


class What(IntEnum):
    """What is made of values."""

    COUNT = 0
    SUM = 1
    LEAST = 2
    GREATEST = 3
    FIRST = 4
    LAST = 5


class SourceStruct(Structure):
    """`source` of aggregating.inc."""

    _fields_ = (("column", c_uint32), ("kind", c_uint32))


class AggregateStruct(Structure):
    """`aggregate` of aggregating.inc."""

    _fields_ = tuple((name, c_uint32) for name in ("source", "what", "at", "unused"))


class AggregationStruct(Structure):
    """`aggregation` of aggregating.inc."""

    _fields_ = (
        *((name, c_void_p) for name in ("slots", "groups", "texts", "columns", "parts", "sources", "aggregates")),
        *((name, c_uint64) for name in ("part_count", "source_count", "aggregate_count", "stride", "capacity", "most")),
        *((name, c_uint64) for name in ("room", "few", "used", "size")),
    )


class MetStruct(Structure):
    """`met` of aggregating.inc."""

    _fields_ = (("missing", c_uint64), ("filled", c_uint64))


@dataclass(frozen=True)
class Figures:
    """What is made of each group. `sources` are columns, counted from 0, with the kind of their values; `aggregates`
    name a source, by its number, and what is made of it. Raises `ValueError` for what does not fit each other."""

    sources: Sequence[tuple[int, Kind]]
    aggregates: Sequence[tuple[int, What]]

    def __post_init__(self) -> None:
        for source, what in self.aggregates:
            if not 0 <= source < len(self.sources) or self._size(source, what) is None:
                raise ValueError(f"There is no {what.name} of source {source} of {len(self.sources)}.")

    def _size(self, source: int, what: What) -> int | None:
        """Bytes of a group's figure."""
        kind = self.sources[source][1]
        if what <= What.SUM:
            return 8 if what == What.COUNT else 32 if kind == Kind.NUMBERS else None
        if kind == Kind.TEXTS:
            return 24
        return 48 if kind != Kind.RECORDS and what in (What.LEAST, What.GREATEST) else None

    @property
    def texts(self) -> int:
        """How many figures are texts of any length."""
        return sum(what >= What.LEAST and self.sources[source][1] == Kind.TEXTS for source, what in self.aggregates)

    @property
    def columns(self) -> list[int]:
        """The columns that are looked at."""
        return [column for column, kind in self.sources if kind != Kind.RECORDS]

    def structures(self) -> tuple[Any, Any, int]:
        """Sources and aggregates as the kernel takes them, and the bytes of a group."""
        sizes = (self._size(source, what) or 0 for source, what in self.aggregates)
        ends = list(accumulate(sizes, initial=_HEAD))
        sources = (SourceStruct * len(self.sources))(*(SourceStruct(*each) for each in self.sources))
        made = (AggregateStruct(*each, at, 0) for each, at in zip(self.aggregates, ends, strict=False))
        return sources, (AggregateStruct * len(self.aggregates))(*made), ends[-1]


class Added(NamedTuple):
    """How far `GroupTable.add` came: the record for which there is no room, or the number of all; how many it marked;
    and of the others, for each source, how many have no value, and how many of those a cell that is not empty."""

    done: int
    marked: int
    seen: list[tuple[int, int]]


class GroupTable:
    """Groups of records, up to as many as `memory` bytes hold, at least some.

    `parts` are the columns of each part of a key. With `few` groups or more, keys are made ahead of their turn.
    `secret` must not be known to whoever made the file, who could otherwise choose keys that collide and make every
    look-up slow.
    """

    def __init__(
        self,
        figures: Figures,
        parts: Sequence[Sequence[int]],
        memory: int,
        secret: bytes,
        allocate: Allocate = Memory,
        few: int = CACHED,
    ) -> None:
        if not parts or not figures.aggregates:
            raise ValueError("A key must have a part, and a group a figure.")
        self.figures, self.secret = figures, secret_of(secret)
        self._columns = [column for part in parts for column in part]
        sources, aggregates, stride = figures.structures()
        text = _TEXT + _MORE * figures.texts
        most = min(max(memory // (stride + _SLOTS + text), _FEWEST), _MOST)
        room = min(text * most, _LARGEST)
        self.most = most
        self._slots, self._groups = allocate(_SLOTS * most), allocate(stride * most)
        self._texts, self._values = allocate(room + SLACK), Growing(allocate)
        columns = (c_uint32 * max(1, len(self._columns)))(*self._columns)
        self._kept: tuple[Any, ...] = columns, (c_uint32 * len(parts))(*map(len, parts)), sources, aggregates
        self._table = AggregationStruct(self._slots.address, self._groups.address, self._texts.address)
        for name, array_ in zip(("columns", "parts", "sources", "aggregates"), self._kept, strict=True):
            setattr(self._table, name, addressof(array_))
        self._table.part_count, self._table.source_count = len(parts), len(figures.sources)
        self._table.aggregate_count, self._table.stride = len(figures.aggregates), stride
        self._table.capacity, self._table.most, self._table.room, self._table.few = 2 * most, most, room, few

    def __len__(self) -> int:
        return int(self._table.used)

    def add(
        self,
        index: RecordIndex,
        base: int,
        marks: bytearray,
        mask: bytes | None = None,
        rows: array[int] | None = None,
        start: int = 0,
    ) -> Added:
        """Add the records of the mask from number `start` on, of which record i has the order `base` + i or, with
        `rows`, `base` + rows[i]. Records that the caller has to look at are left out, and their byte in `marks` becomes
        1: those with a key that needs quotes, with a value that is not plainly one, or with a sum beyond 128 bits."""
        if not 0 <= start <= len(index):
            raise ValueError(f"There is no record {start} among {len(index)}.")
        looked_at = [*self._columns, *self.figures.columns]
        if looked_at:
            index.columns(looked_at)
        times = max(map(looked_at.count, set(looked_at)), default=1)
        ends = _AHEAD * (len(self._columns) + 2 * len(self._kept[1]))
        room = times * index.size + ends + (_MORE + 1) * len(looked_at) + SLACK
        marked, seen = c_uint64(0), (MetStruct * max(1, len(self.figures.sources)))()
        done = kernel().add_to_groups(
            byref(index.structure),
            index.mask(mask),
            1,
            start,
            base,
            None if rows is None else readable(rows, 8 * len(index), "rows", item=8),
            self.secret,
            index.scanner.scratch.at_least(room).address,
            self._values.at_least(_VALUE * max(1, len(self.figures.sources))).address,
            byref(self._table),
            writable(marks, len(index), "marks"),
            byref(marked),
            seen,
        )
        count = len(self.figures.sources)
        return Added(int(done), marked.value, [(each.missing, each.filled) for each in seen[:count]])

    def put(self, block: Block, start: int = 0) -> int:
        """Put groups from number `start` on into a block, as `figures` reads them. Returns the number of the first one
        that does not fit."""
        if not 0 <= start <= len(self):
            raise ValueError(f"There is no group {start} among {len(self)}.")
        return int(kernel().put_packed(byref(self._table), start, byref(block.structure)))

    def clear(self, most: int | None = None) -> None:
        """Forget the groups; from now on there are to be up to `most`, or as many as there is memory for."""
        self._slots.clear(8 * int(self._table.capacity))
        self._table.used = self._table.size = 0
        self._table.most = self.most if most is None else max(1, min(most, self.most))
        self._table.capacity = 2 * self._table.most
