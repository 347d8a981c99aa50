"""Figures of groups on their way: as items that can be sorted, and written as records.

An item's key is `hashes` of the key's first part, the parts (each as `steps.sort_keys.text_key` has it), and two NULs.
Its record is what `GroupTable.put` packed, which `unpacked` reads, or begins with another byte than a NUL.
"""

from __future__ import annotations

from array import array
from ctypes import Structure, addressof, byref, c_int, c_uint32, c_uint64, c_void_p
from enum import IntEnum
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple

from csvapi.native.aggregating import Kind, What
from csvapi.native.grouping import Stop
from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import Allocate, Memory, readable
from csvapi.native.structures import StyleStruct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.native.aggregating import Figures
    from csvapi.native.sorting import Block

HASH = 8  # bytes before a key
_FIGURE = 72  # bytes of one that was unpacked
_ORDER = Struct("<xQ")


class How(IntEnum):
    """How a figure is written."""

    COUNT = 0
    SUM = 1
    MEAN = 2
    TEXT = 3


class MadeStruct(Structure):
    """`made` of figures.inc."""

    _fields_ = (("aggregate", c_uint32), ("how", c_uint32))


class LayoutStruct(Structure):
    """`layout` of figures.inc."""

    _fields_ = (
        *((name, c_void_p) for name in ("sources", "aggregates", "columns", "figures")),
        *((name, c_uint64) for name in ("aggregate_count", "made_count", "key_count", "limit", "items", "lines")),
        ("style", StyleStruct),
    )


class Sum(NamedTuple):
    """The sum of some `numbers`, `total` times ten to the power of minus `scale`."""

    numbers: int
    total: int
    scale: int


class Chosen(NamedTuple):
    """A cell with the order of its record; the number that it is, times ten to the power of `scale`, or its seconds."""

    order: int
    text: bytes
    number: int = 0
    scale: int = 0


class Style(NamedTuple):
    """How records are written: each byte of the dialect, `quote` b"" if there is none, and the line end."""

    delimiter: bytes
    quote: bytes
    line_end: bytes

    def structure(self, *, same: bool = False) -> StyleStruct:
        """As the kernel takes it; `same` says that fields are of this very style. Raises `ValueError` for a style that
        it does not have."""
        if len(self.delimiter) != 1 or len(self.quote) > 1 or not 1 <= len(self.line_end) <= 2:
            raise ValueError(f"Records cannot be written with {self}.")
        quote = self.quote[0] if self.quote else 0
        return StyleStruct(self.delimiter[0], quote, 0, same, int.from_bytes(self.line_end, "little"), 0)


class GroupLines:
    """Writes the records of groups: `keys` cells of the key and, for each of `columns`, a figure by its number among
    the aggregates, and how it is written. No record is longer than `limit`. Raises `ValueError` for what does not fit.

    If `keys` is None, writes items with the key of the group's: the order of its first record in eight bytes, the
    highest first, and the figures.
    """

    def __init__(
        self,
        figures: Figures,
        columns: Sequence[tuple[int, How]],
        style: Style,
        keys: int | None,
        limit: int,
        allocate: Allocate = Memory,
    ) -> None:
        fits = {How.COUNT: (What.COUNT,), How.SUM: (What.SUM,), How.MEAN: (What.SUM,), How.TEXT: tuple(What)[2:]}
        for number, how in columns:
            if not 0 <= number < len(figures.aggregates) or figures.aggregates[number][1] not in fits[how]:
                raise ValueError(f"Figure {number} cannot be written as {how.name}.")
        written = style.structure()
        sources, aggregates, _ = figures.structures()
        made = (MadeStruct * len(columns))(*(MadeStruct(*each) for each in columns))
        self._figures = allocate(2 * _FIGURE * len(figures.aggregates))
        self._kept = sources, aggregates, made
        places = [*map(addressof, self._kept), self._figures.address]
        counts = (len(figures.aggregates), len(columns), keys or 0, limit, keys is None, 0)
        self._layout = LayoutStruct(*places, *counts, written)

    @property
    def lines(self) -> int:
        """How many records were put into a block."""
        return int(self._layout.lines)

    def add(self, items: bytes | memoryview, block: Block, start: int = 0, *, final: bool = False) -> tuple[int, Stop]:
        """Put the records of the groups among sorted items (see `Block.sorted`), from byte `start` on, of which each is
        whole, into the block, with the order of the first record of each as the key unless they are items.

        Returns the byte where it stopped, and why. After `FULL`, go on with a block that has room; `OPEN` is the last
        group, of which more may come, unless this is `final`; `ODD` is one for the caller to write: with a record or
        key that Python made, one that needs an exponent, quotes where there are none, or more than the limit.
        """
        size, why = memoryview(items).nbytes, c_int(0)
        given = readable(items, size, "items")
        done = kernel().put_group_lines(
            given, size, start, final, byref(self._layout), byref(block.structure), byref(why)
        )
        return int(done), Stop(why.value)


def hashes(parts: Sequence[bytes]) -> list[bytes]:
    """What stands before keys with these first parts."""
    lengths, out = array("Q", map(len, parts)), array("Q", bytes(8 * len(parts)))
    given = readable(lengths, 8 * len(parts), "lengths", item=8)
    kernel().hash_texts(b"".join(parts) + bytes(SLACK), given, len(parts), out.buffer_info()[0])
    data = out.tobytes()
    return [data[at : at + HASH] for at in range(0, len(data), HASH)]


def unpacked(record: bytes, figures: Figures) -> tuple[int, list[Any]]:
    """The order of a group's first record, and for each aggregate a count, a `Sum`, or what was `Chosen`, if any."""
    return _ORDER.unpack_from(record)[0], [*_figures(record, figures)]


def _figures(record: bytes, figures: Figures) -> Iterator[int | Sum | Chosen | None]:
    packed = _Packed(record, _ORDER.size)
    for source, what in figures.aggregates:
        if what == What.COUNT:
            yield packed.number()
        elif what == What.SUM:
            scale, count = packed.number(), packed.number()
            yield Sum(count, packed.signed(), scale)
        else:
            yield packed.chosen(figures.sources[source][1], _ORDER.unpack_from(record)[0])


class _Packed:
    """Reads a record from byte `at` on, as figures.inc says how it is packed."""

    def __init__(self, record: bytes, at: int) -> None:
        self.record, self.at = record, at

    def number(self) -> int:
        found = shift = 0
        while True:
            byte = self.record[self.at]
            self.at += 1
            found |= (byte & 127) << shift
            if byte < 128:
                return found
            shift += 7

    def signed(self) -> int:
        found = self.number()
        return found >> 1 ^ -(found & 1)

    def chosen(self, kind: Kind, first: int) -> Chosen | None:
        """A chosen text, whose order counts from `first`."""
        length, number, scale = self.number(), 0, 0
        if not length:
            return None
        if kind != Kind.TEXTS:
            scale, number = self.number(), self.signed()
        order = first + self.signed()
        self.at += length
        return Chosen(order, self.record[self.at - length : self.at], number, scale)
