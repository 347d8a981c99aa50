"""What profile knows of one column: counts by type, extremes, a sum, distinct values. Merges in any order."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation, localcontext
from functools import lru_cache
from operator import mul
from typing import TYPE_CHECKING, Any

from csvapi.operations.dates import Moment, moment
from csvapi.operations.distinct import Distinct
from csvapi.operations.numbers import numbers_of

if TYPE_CHECKING:
    from csvapi.csvio.wire import Wire

KINDS = ("integer", "number", "date")
MOSTLY = 0.95  # of the values there are: the share that makes a column a type's
# Sums are exact, or fail: no sum of what numbers may be is ever rounded.
_SUM = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, InvalidOperation])
_BROKEN = re.compile(rb"[.eE]")  # in a number that is not written as an integer
_DATE_LIKE = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHORT = 50  # bytes of a cell whose date is remembered


@dataclass
class ColumnProfile:
    """`ranges` has the least and the greatest value of each kind; `strangers` the first cell that is not of it."""

    bound: int
    records: int = 0
    empty: int = 0
    longest: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    ranges: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    total: Decimal = Decimal(0)
    strangers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    values: Counter[bytes] | None = field(default_factory=Counter)
    distinct: Distinct = field(init=False)

    def __post_init__(self) -> None:
        self.distinct = Distinct(self.bound)

    def add(self, cells: list[bytes | None], rows: Any, wire: Wire) -> None:
        present = [cell for cell in cells if cell]
        self.records += len(cells)
        self.empty += len(cells) - len(present)
        if not present:
            return
        counted = Counter(present)
        self.distinct.add(counted)
        if self.values is not None:
            self.values.update(counted)
            if len(self.values) > self.bound:
                self.values = None
        texts = counted if wire.ordered else {wire.decode(cell).encode("utf-8", "replace") for cell in counted}
        self._range("text", min(texts), max(texts))
        most = max(map(len, counted))
        if most > self.longest:
            self.longest = max(
                self.longest, max(len(wire.decode(cell)) for cell in counted if len(cell) > self.longest)
            )
        self._types(counted, cells, rows, wire)

    def _types(self, counted: Counter[bytes], cells: list[bytes | None], rows: Any, wire: Wire) -> None:
        """Which cells are which, how many, the first that is not, and the extremes of each kind."""
        numbers = numbers_of(counted, wire.decode)
        integers = {cell: value for cell, value in numbers.items() if not _BROKEN.search(cell)}
        like = filter(_DATE_LIKE.search, counted) if len(numbers) < len(counted) else ()
        dates = {cell: value for cell in like if (value := _date(wire.decode(cell))) is not None}
        of_kind: dict[str, dict[bytes, Any]] = {"integer": integers, "number": numbers, "date": dates}
        for kind, found in of_kind.items():
            self.counts[kind] += sum(map(counted.__getitem__, found))
            if kind not in self.strangers and len(found) < len(counted):
                row, cell = next(pair for pair in zip(rows, cells, strict=True) if pair[1] and pair[1] not in found)
                self.strangers[kind] = row, cell or b""
            if found:
                least, most = min(found.values()), max(found.values())
                ends = [(value, cell) for cell, value in found.items() if value in (least, most)]
                self._range(kind, min(ends), max(ends))
        with localcontext(_SUM):
            self.total += sum(map(mul, numbers.values(), map(counted.__getitem__, numbers)))

    def _range(self, kind: str, least: Any, most: Any) -> None:
        if kind in self.ranges:
            before = self.ranges[kind]
            least, most = min(before[0], least), max(before[1], most)
        self.ranges[kind] = least, most

    def merge(self, other: ColumnProfile, base: int) -> None:
        """Put a later range behind this one; `base` records are before it."""
        self.records += other.records
        self.empty += other.empty
        self.longest = max(self.longest, other.longest)
        self.counts.update(other.counts)
        self.total = _SUM.add(self.total, other.total)
        for kind, (least, most) in other.ranges.items():
            self._range(kind, least, most)
        for kind, (row, cell) in other.strangers.items():
            self.strangers.setdefault(kind, (row + base, cell))
        self.distinct.merge(other.distinct)
        if self.values is not None:
            self.values = None if other.values is None else self.values + other.values
            if self.values is not None and len(self.values) > self.bound:
                self.values = None

    @property
    def kind(self) -> str:
        """The narrowest type that nearly all values have."""
        present = self.records - self.empty
        if not present:
            return "empty"
        return next((kind for kind in KINDS if self.counts[kind] >= MOSTLY * present), "text")

    @property
    def extremes(self) -> tuple[bytes, bytes]:
        if not self.ranges:
            return b"", b""
        name = "text" if self.kind == "empty" else self.kind
        least, most = self.ranges[name]
        return (least, most) if name == "text" else (least[1], most[1])

    @property
    def mean(self) -> str:
        """Of the numbers, to 15 digits; empty where the column is not of numbers."""
        if self.kind not in ("integer", "number"):
            return ""
        return f"{Context(prec=15).divide(self.total, Decimal(self.counts['number'])).normalize():f}"


def _date(text: str) -> Moment | None:
    """A column's dates are few, and each block holds many of them."""
    return _known(text) if len(text) <= _SHORT else moment(text)


_known = lru_cache(1 << 14)(moment)
