"""Bins for a histogram: from one round number, or one beginning of a second, day, month or year, to the next."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from csvapi.steps.exact_sums import SUM
from csvapi.steps.quantiles import DAY, LAST, moment_text, number_text

if TYPE_CHECKING:
    from csvapi.steps.quantiles import Ordered

FEWEST, MOST = 2, 1_000  # bins; one would not do for numbers below and above zero
_ROUND = (1, 2, 5)  # and these times a power of ten
_STEPS = ((1, 0), (2, 0), (25, 1), (5, 0))  # round numbers, by how many powers of ten less they are to be taken
_MINUTE, _HOUR = 60, 3_600
_SECONDS = (
    *(1, 2, 5, 10, 15, 30, *(_MINUTE * each for each in (1, 2, 5, 10, 15, 30))),
    *(*(_HOUR * each for each in (1, 3, 6, 12)), DAY, 7 * DAY),  # the year 1 began on a Monday
)
_MONTHS = (1, 3, 6, *(12 * each * 10**power for power in range(4) for each in _ROUND), 120_000)
_LAST_MONTH = 12 * 10_000


def histogram(found: Ordered, most: int) -> dict[str, Any]:
    """`edges`, and between each and the next, which the bin does not have, how many values: at most so many bins.

    `error` is that of the values. An edge behind the last second of the year 9999 is that second.
    """
    if found.kind == "date":
        edges, texts = _of_moments(*found.ends, most)
    else:
        edges, texts = _of_numbers(*found.ends, most, whole=found.kind == "integer")
    sums = [0, *accumulate(found.counts)]
    before = [0, *(sums[bisect_left(found.values, edge)] for edge in edges[1:-1]), sums[-1]]
    counts = [later - earlier for earlier, later in pairwise(before)]
    return {"edges": texts, "counts": counts, "error": found.error}


def _of_numbers(least: Decimal, most: Decimal, bins: int, *, whole: bool) -> tuple[list[Any], list[str]]:
    """Of integers no bin is narrower than from one to the next."""
    span = SUM.subtract(most, least) or abs(least) or Decimal(1)
    power = span.adjusted() - len(str(bins))
    power = max(power, 0) if whole else power
    while True:
        for times, less in _STEPS:
            if whole and power < less:
                continue
            first, last = (_floor(each, power - less) // times for each in (least, most))
            if last - first < bins:
                edges = [SUM.scaleb(Decimal(times * each), power - less) for each in range(first, last + 2)]
                return edges, list(map(number_text, edges))
        power += 1


def _floor(value: Decimal, power: int) -> int:
    """How many times this power of ten goes into it."""
    return int(SUM.scaleb(value, -power).to_integral_value(ROUND_FLOOR))


def _of_moments(least: int, most: int, bins: int) -> tuple[list[int], list[str]]:
    for step in _SECONDS:
        first, last = least // step, most // step
        if last - first < bins:
            return _written([step * each for each in range(first, last + 2)])
    least_month, most_month = _month(least), _month(most)
    step = next(step for step in _MONTHS if most_month // step - least_month // step < bins)
    months = range(least_month // step, most_month // step + 2)
    return _written([_begin(step * each) for each in months])


def _written(edges: list[int]) -> tuple[list[int], list[str]]:
    days = all(edge % DAY == 0 for edge in edges)
    return edges, [moment_text(edge, day=days) for edge in edges]


def _month(seconds: int) -> int:
    """The months since the year 0 began; before the year 1 and after 9999 there are none."""
    day = date.fromordinal(min(max(seconds, 0), LAST) // DAY + 1)
    return day.year * 12 + day.month - 1


def _begin(month: int) -> int:
    """The second at which a month begins."""
    if month >= _LAST_MONTH:
        return LAST + 1
    return (date(month // 12, month % 12 + 1, 1).toordinal() - 1) * DAY if month >= 12 else 0
