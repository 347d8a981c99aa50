"""Sums of numbers that are never rounded, and means in 15 digits: one rule for every operation that makes them."""

from __future__ import annotations

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation

SUM = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, InvalidOperation])
"""Sums are exact, or fail: no sum of what numbers may be is ever rounded. For `decimal.localcontext`."""
_DIGITS = 15  # of a mean


def sum_text(total: Decimal) -> str:
    """A sum with all its digits and no exponent, with as many decimals as the summand that has most."""
    return f"{total:f}"


def mean_text(total: Decimal, count: int) -> str:
    """The mean of `count` numbers in 15 digits and, where these are not enough, an exponent."""
    mean = Context(prec=_DIGITS).divide(total, Decimal(count)).normalize()
    return f"{mean:f}" if -_DIGITS // 2 < mean.adjusted() < _DIGITS else f"{mean:e}"
