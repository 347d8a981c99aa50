"""The values of a profiled column in their order, exactly or by buckets, and the quantiles among them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from csvapi.steps.buckets import bounds_of
from csvapi.steps.dates import moment
from csvapi.steps.exact_sums import SUM
from csvapi.steps.numbers import MAX_EXPONENT, numbers_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from csvapi.steps.column_profile import ColumnProfile

SHARES = (1, 5, 25, 50, 75, 95, 99)  # percent
DAY = 86_400
LAST = date.max.toordinal() * DAY - 1  # the last second that can be written as a date
_HALF = Decimal("0.5")
_PLAIN = range(-6, 21)  # powers of ten of numbers that are written without an exponent


@dataclass(frozen=True, slots=True)
class Ordered:
    """Values of a kind in their order, each with its count and its text; moments as seconds. `ends` are the least and
    the greatest, exactly. `error` is by how much a value may differ from the column's: a share of it, or seconds."""

    kind: str
    values: list[Any]
    counts: list[int]
    texts: list[str]
    ends: tuple[Any, Any]
    error: float

    @property
    def quantiles(self) -> dict[str, str]:
        """For each share of the values the least one that so many do not exceed."""
        sums = list(accumulate(self.counts))
        return {f"{share / 100:g}": self.texts[bisect_left(sums, -(-share * sums[-1] // 100))] for share in SHARES}


def ordered(found: ColumnProfile, decode: Callable[[bytes], str]) -> Ordered | None:
    """The numbers or moments of a column that mostly holds such; None for any other.

    To be asked before the number of distinct values, which may forget them.
    """
    kind = found.kind
    if kind not in ("integer", "number", "date") or found.spread is None:
        return None
    if not found.distinct.registers:
        return _exactly(found, decode)
    return _moments(found) if kind == "date" else _numbers(found)


def _exactly(found: ColumnProfile, decode: Callable[[bytes], str]) -> Ordered:
    """Of equal values written differently the text that comes first in the order of bytes."""
    counted = found.distinct.values
    values: dict[bytes, Any]
    if found.kind == "date":
        values = {cell: value for cell in counted if (value := moment(decode(cell))) is not None}
    else:
        values = numbers_of(counted, decode)
    cells = sorted(values, key=lambda cell: (values[cell], cell))
    merged: dict[Any, tuple[bytes, int]] = {}
    for cell in cells:
        text, count = merged.get(values[cell], (cell, 0))
        merged[values[cell]] = text, count + counted[cell]
    keys = [value[0] for value in merged] if found.kind == "date" else list(merged)
    counts, texts = [count for _, count in merged.values()], [decode(cell) for cell, _ in merged.values()]
    return Ordered(found.kind, keys, counts, texts, (keys[0], keys[-1]), 0)


def _numbers(found: ColumnProfile) -> Ordered:
    """The middle of each bucket within the column's extremes; where all numbers are integers and a bucket has only one,
    that."""
    assert found.spread is not None  # noqa: S101  the caller looked
    buckets = found.spread.numbers
    (least, _), (most, _) = found.ranges["number"]
    whole = found.counts.get("integer", 0) == found.counts["number"]
    starts = sorted(buckets.counts)
    values = [min(max(_middle(start, buckets.width, whole=whole), least), most) for start in starts]
    counts, texts = [buckets.counts[start] for start in starts], list(map(number_text, values))
    return Ordered(found.kind, values, counts, texts, (least, most), buckets.error)


def _middle(start: int, width: int, *, whole: bool) -> Decimal:
    low, high = bounds_of(start, width)
    if whole and SUM.subtract(high, low) <= 1:
        only = low.to_integral_value(ROUND_CEILING) if start >= 0 else high.to_integral_value(ROUND_FLOOR)
        if low <= only <= high:
            return only
    return SUM.multiply(SUM.add(low, high), _HALF)


def _moments(found: ColumnProfile) -> Ordered:
    assert found.spread is not None  # noqa: S101  the caller looked
    buckets = found.spread.moments
    ((least, _), _), ((most, _), _) = found.ranges["date"]
    starts = sorted(buckets.counts)
    values = [min(max(start + buckets.width // 2, least), most) for start in starts]
    counts, texts = [buckets.counts[start] for start in starts], list(map(moment_text, values))
    return Ordered(found.kind, values, counts, texts, (least, most), max(1, buckets.width // 2))


def number_text(value: Decimal) -> str:
    """A number as cells have it: without an exponent, unless it is very large or small, and with none that is too large
    for a number."""
    plain = value.normalize(SUM)
    power = plain.adjusted()
    if not plain or power in _PLAIN:
        return f"{plain:f}"
    exponent = min(max(power, -MAX_EXPONENT), MAX_EXPONENT)
    return f"{SUM.scaleb(plain, -exponent):f}e{exponent}"


def moment_text(seconds: int, *, day: bool = True) -> str:
    """A moment as cells have it; `day` says that midnight is written as the day alone."""
    days, rest = divmod(min(max(seconds, 0), LAST), DAY)
    text = date.fromordinal(days + 1).isoformat()
    if not rest and day:
        return text
    return f"{text}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
