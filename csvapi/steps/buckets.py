"""How the numbers and dates of a column are spread, in bounded memory: how many there are in each of some buckets.

Every value has a code, a whole number that orders as the values do. Numbers with the same sign, power of ten and first
three digits have one code; so do moments within a second. A bucket is a run of codes, of one at first; when there are
more than `MOST` buckets, several that lie side by side become one, in steps that divide each other. So which buckets
there are in the end depends on the values alone, however the records are divided and in whatever order the parts come
together. The same idea, of buckets whose width grows with the number, is in Masson, Rim, Lee: DDSketch, 2019.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Context, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from csvapi.steps.dates import Moment

MOST = 2_048  # buckets of a kind
EACH = 110  # bytes of memory for one
_DIGITS = 3  # of a number that its code is made of
_FIRST = 100
_DECADE = 900  # codes of the numbers from a power of ten to the next
_ZEROTH = 2_048  # the decade of numbers from 1 to 10, counted from one below which there is no number
_BEGIN = Context(prec=_DIGITS, rounding=ROUND_DOWN, traps=[])
# How many codes a bucket may have; each divides the next.
NUMBER_WIDTHS = (1, 2, 4, 12, 36, 180, *(_DECADE << power for power in range(8)))
MOMENT_WIDTHS = tuple(1 << power for power in range(40))  # seconds


def code_of(value: Decimal) -> int:
    """The code of a number; profiling.inc does the same."""
    if not value:
        return 0
    sign, digits, _ = _BEGIN.plus(value).as_tuple()
    first = int("".join(map(str, digits)).ljust(_DIGITS, "0"))
    code = (value.adjusted() + _ZEROTH) * _DECADE + first - _FIRST
    return -code if sign else code


def least_of(code: int) -> Decimal:
    """The least magnitude of the numbers that have this code, which is not negative."""
    power, rest = divmod(code, _DECADE)
    return Decimal(rest + _FIRST).scaleb(power - _ZEROTH - _DIGITS + 1) if code else Decimal(0)


def bounds_of(start: int, width: int) -> tuple[Decimal, Decimal]:
    """Between which numbers those in the bucket lie that begins with a code; zero has a bucket of its own."""
    if start < 0:
        return -least_of(1 - start), -least_of(1 - start - width)
    return least_of(start), least_of(start + width if start else 0)


@dataclass(slots=True)
class Buckets:
    """`counts` has how many values are in each bucket, by its first code; `level` is the place of the width among
    `widths`."""

    widths: tuple[int, ...]
    level: int = 0
    counts: dict[int, int] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """How many codes a bucket has."""
        return self.widths[self.level]

    @property
    def error(self) -> float:
        """By how much the middle of a bucket of numbers may differ from what is in it, as a share of that."""
        low, high = bounds_of(_ZEROTH * _DECADE, self.width)
        return float((high - low) / 2 / low)

    def add(self, counted: Iterable[tuple[int, int]]) -> None:
        """Codes, each with how many values have it."""
        counts, width = self.counts, self.width
        for code, count in counted:
            start = code - code % width
            counts[start] = counts.get(start, 0) + count
        while len(self.counts) > MOST:
            self._coarsen(self.level + 1)

    def merge(self, other: Buckets) -> None:
        """Add what another part of the column has."""
        self._coarsen(max(self.level, other.level))
        self.add(other.counts.items())

    def _coarsen(self, level: int) -> None:
        """Make the buckets as wide as this level says."""
        if level == self.level:
            return
        before, self.level, self.counts = self.counts, level, {}
        self.add(before.items())


@dataclass(slots=True)
class Spread:
    """The buckets of a column's numbers, and those of its moments."""

    numbers: Buckets = field(default_factory=lambda: Buckets(NUMBER_WIDTHS))
    moments: Buckets = field(default_factory=lambda: Buckets(MOMENT_WIDTHS))

    def add(
        self, numbers: Mapping[bytes, Decimal], moments: Mapping[bytes, Moment], counted: Mapping[bytes, int]
    ) -> None:
        """Cells that hold numbers, and cells that hold moments; `counted` says how often each occurs."""
        self.numbers.add((code_of(value), counted[cell]) for cell, value in numbers.items())
        self.moments.add((value[0], counted[cell]) for cell, value in moments.items())

    def merge(self, other: Spread) -> None:
        """Add what another part of the column has."""
        self.numbers.merge(other.numbers)
        self.moments.merge(other.moments)

    @property
    def size(self) -> int:
        """Bytes of memory in use, about."""
        return EACH * (len(self.numbers.counts) + len(self.moments.counts))
