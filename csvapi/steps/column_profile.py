"""What profile knows of one column: counts by type, extremes, a sum, distinct values. Merges in any order."""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from functools import lru_cache
from operator import mul
from pickle import dumps, loads
from typing import TYPE_CHECKING, Any

from csvapi.steps.buckets import Spread
from csvapi.steps.dates import Moment, moment
from csvapi.steps.exact_sums import SUM, mean_text
from csvapi.steps.hyperloglog import Distinct
from csvapi.steps.numbers import numbers_of
from csvapi.steps.value_sample import ValueSample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from csvapi.csvio.byte_dialect import ByteDialect

KINDS = ("integer", "number", "date")
FIXED = 2_500  # bytes of memory for a column besides its values, measured
MOSTLY = 0.95  # of the values there are: the share that makes a column a type's
_BROKEN = re.compile(rb"[.eE]")  # in a number that is not written as an integer
_DATE_LIKE = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHORT = 50  # bytes of a cell whose date is remembered


@dataclass(slots=True)
class ColumnProfile:
    """`ranges` has the least and the greatest value of each kind; `strangers` the first cell that is not of it.

    `bound` and `room` are those of `Distinct`, which holds nearly all of the memory. `spread` is there where a
    histogram is asked for.
    """

    bound: int
    room: int = sys.maxsize
    records: int = 0
    empty: int = 0
    longest: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    ranges: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    total: Decimal = Decimal(0)
    strangers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    spread: Spread | None = None
    distinct: Distinct = field(init=False)

    def __post_init__(self) -> None:
        self.distinct = Distinct(self.bound, self.room)

    def packed(self) -> bytes:
        """All of it as bytes for `unpacked`, some hundreds besides the values."""
        found = self.distinct
        counted = self.records, self.empty, self.longest, self.counts
        mine = (*counted, self.ranges, self.total, self.strangers, self.spread)
        sample = found.sample.found, found.sample.limit
        return dumps((self.bound, mine, found.values, found.size, found.registers, sample), protocol=5)

    @classmethod
    def unpacked(cls, data: bytes, room: int) -> ColumnProfile:
        """The profile that `packed` wrote, with another `room` for its values."""
        bound, mine, values, size, registers, sample = loads(data)  # noqa: S301  we packed it ourselves
        found = cls(bound, room)
        found.records, found.empty, found.longest, found.counts = mine[:4]
        found.ranges, found.total, found.strangers, found.spread = mine[4:]
        found.distinct.values, found.distinct.size, found.distinct.registers = values, size, registers
        found.distinct.sample = ValueSample(*sample)
        found.distinct.add({})  # within the room
        return found

    @property
    def size(self) -> int:
        """Bytes of memory in use."""
        cells = [cell for _, cell in self.strangers.values()]
        cells += [end if kind == "text" else end[1] for kind, ends in self.ranges.items() for end in ends]
        spread = self.spread.size if self.spread else 0
        return FIXED + self.distinct.size + self.distinct.sample.size + spread + sum(map(len, cells))

    def add(self, cells: Sequence[bytes | None], rows: Sequence[int], byte_dialect: ByteDialect) -> None:
        """Add cells, None for those that a record does not have, with the rows they are in."""
        present = list(filter(None, cells))
        self.add_counted(Counter(present), len(cells) - len(present), cells, rows, byte_dialect)

    def add_counted(
        self,
        counted: Mapping[bytes, int],
        empty: int,
        cells: Sequence[bytes | None],
        rows: Sequence[int],
        byte_dialect: ByteDialect,
    ) -> None:
        """Values with how often each occurs; `cells` has at least the first one of each, `rows` where they are."""
        self.add_values(counted, empty, byte_dialect)
        if counted:
            self.add_kinds(counted, cells, rows, byte_dialect)

    def add_values(self, counted: Mapping[bytes, int], empty: int, byte_dialect: ByteDialect) -> None:
        """The same but for the kinds of the values."""
        self.records += sum(counted.values()) + empty
        self.empty += empty
        if not counted:
            return
        self.distinct.add(counted)
        texts = (
            counted
            if byte_dialect.ordered
            else {byte_dialect.decode(cell).encode("utf-8", "replace") for cell in counted}
        )
        self.note_range("text", min(texts), max(texts))
        if (most := max(map(len, counted))) > self.longest:
            if not b"".join(counted).isascii():
                most = max(len(byte_dialect.decode(cell)) for cell in counted if len(cell) > self.longest)
            self.longest = max(self.longest, most)

    def add_kinds(
        self,
        counted: Mapping[bytes, int],
        cells: Sequence[bytes | None],
        rows: Sequence[int],
        byte_dialect: ByteDialect,
    ) -> None:
        """Count the cells of each kind, and note the extremes of each kind and the first cell that is not of it."""
        numbers, dates = _values(counted, byte_dialect)
        integers = {cell: value for cell, value in numbers.items() if not _BROKEN.search(cell)}
        of_kind: dict[str, dict[bytes, Any]] = {"integer": integers, "number": numbers, "date": dates}
        for kind, found in of_kind.items():
            if len(found) < len(counted) and (kind not in self.strangers or rows[0] < self.strangers[kind][0]):
                row, cell = next(pair for pair in zip(rows, cells, strict=True) if pair[1] and pair[1] not in found)
                self.note_stranger(kind, row, cell or b"")
            if found:
                self.note_count(kind, sum(map(counted.__getitem__, found)))
                least, most = min(found.values()), max(found.values())
                ends = [(value, cell) for cell, value in found.items() if value in (least, most)]
                self.note_range(kind, min(ends), max(ends))
        if self.spread:
            self.spread.add(numbers, dates, counted)
        if numbers:
            with localcontext(SUM):
                self.total += sum(map(mul, numbers.values(), map(counted.__getitem__, numbers)))

    def add_spread(self, counted: Mapping[bytes, int], byte_dialect: ByteDialect) -> None:
        """Add the numbers and dates among some values to the spread, and nothing else of them."""
        if self.spread:
            self.spread.add(*_values(counted, byte_dialect), counted)

    def note_count(self, kind: str, count: int) -> None:
        """Add so many values of this kind."""
        self.counts[kind] = self.counts.get(kind, 0) + count

    def note_sum(self, numbers: int, decimals: int) -> None:
        """Add a sum of numbers, which is `numbers` with the point that many digits from the right."""
        self.total = SUM.add(self.total, Decimal(numbers).scaleb(-decimals, SUM))

    def note_stranger(self, kind: str, row: int, cell: bytes) -> None:
        """A cell that is not of this kind, the first one in what is added."""
        if kind not in self.strangers or row < self.strangers[kind][0]:
            self.strangers[kind] = row, cell

    def note_range(self, kind: str, least: Any, most: Any) -> None:
        """Add the least and the greatest value of this kind."""
        if kind in self.ranges:
            before = self.ranges[kind]
            least, most = min(before[0], least), max(before[1], most)
        self.ranges[kind] = least, most

    def merge(self, other: ColumnProfile, base: int) -> None:
        """Add the profile of a later part of the file, before which the file has `base` records."""
        self.records += other.records
        self.empty += other.empty
        self.longest = max(self.longest, other.longest)
        for kind, count in other.counts.items():
            self.note_count(kind, count)
        self.total = SUM.add(self.total, other.total)
        for kind, (least, most) in other.ranges.items():
            self.note_range(kind, least, most)
        for kind, (row, cell) in other.strangers.items():
            self.note_stranger(kind, row + base, cell)
        if other.spread:
            self.spread = self.spread or Spread()
            self.spread.merge(other.spread)
        self.distinct.merge(other.distinct)

    @property
    def kind(self) -> str:
        """The narrowest type that nearly all values have."""
        present = self.records - self.empty
        if not present:
            return "empty"
        return next((kind for kind in KINDS if self.counts.get(kind, 0) >= MOSTLY * present), "text")

    @property
    def extremes(self) -> tuple[bytes, bytes]:
        """The cells with the least and the greatest value of the column's `kind`; empty without any."""
        if not self.ranges:
            return b"", b""
        name = "text" if self.kind == "empty" else self.kind
        least, most = self.ranges[name]
        return (least, most) if name == "text" else (least[1], most[1])

    @property
    def mean(self) -> str:
        """The mean of the numbers in 15 digits and, if need be, an exponent; empty for a column that is not of
        numbers."""
        if self.kind not in ("integer", "number"):
            return ""
        return mean_text(self.total, self.counts["number"])


def _values(
    counted: Mapping[bytes, int], byte_dialect: ByteDialect
) -> tuple[dict[bytes, Decimal], dict[bytes, Moment]]:
    """The numbers and the dates among some cells."""
    numbers = numbers_of(counted, byte_dialect.decode)
    like = filter(_DATE_LIKE.search, counted) if len(numbers) < len(counted) else ()
    return numbers, {cell: value for cell in like if (value := _date(byte_dialect.decode(cell))) is not None}


def _date(text: str) -> Moment | None:
    """A column's dates are few, and each batch holds many of them."""
    return _known(text) if len(text) <= _SHORT else moment(text)


_known = lru_cache(1 << 14)(moment)
