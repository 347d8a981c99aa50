"""Buckets of numbers and moments: what they hold and how wide they are depends on the values alone."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from csvapi.steps.buckets import MOMENT_WIDTHS, MOST, NUMBER_WIDTHS, Buckets, bounds_of, code_of
from csvapi.steps.numbers import MAX_DIGITS, MAX_EXPONENT, number

numbers = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False),
    st.from_regex(r"-?[0-9]{1,25}(\.[0-9]{1,25})?(e-?[0-3]?[0-9]{1,2})?", fullmatch=True).map(Decimal),
    st.sampled_from([Decimal(0), Decimal("-0.0"), Decimal("9.99"), Decimal("9.999"), Decimal(10), Decimal("1e-400")]),
)


@given(value=numbers, other=numbers, level=st.integers(0, len(NUMBER_WIDTHS) - 1))
def test_codes_order_as_numbers_do_and_bound_them(value: Decimal, other: Decimal, level: int) -> None:
    assert (code_of(value) < code_of(other)) <= (value < other)
    width = NUMBER_WIDTHS[level]
    start = code_of(value) - code_of(value) % width
    low, high = map(Fraction, bounds_of(start, width))
    assert (low <= Fraction(value) < high) or (value < 0 and low < Fraction(value) <= high) or low == value == high
    if value and width <= 900:
        middle, error = (low + high) / 2, Fraction(Buckets(NUMBER_WIDTHS, level).error) + Fraction(1, 10**12)
        assert abs(middle - Fraction(value)) <= error * abs(Fraction(value))


@given(value=st.integers(1, 10**30), power=st.integers(-40, 40))
@example(value=99999999999999999999999999999, power=0)
def test_a_code_is_the_sign_the_power_and_three_digits(value: int, power: int) -> None:
    exact = Decimal(f"{value}e{power}")  # scaleb would round it to 28 digits
    code = code_of(exact)
    digits = str(value)
    assert code % 900 + 100 == int(digits[:3].ljust(3, "0"))
    assert code // 900 == len(digits) - 1 + power + code_of(Decimal(1)) // 900
    assert code_of(exact.copy_negate()) == -code


@pytest.mark.parametrize("widths", [NUMBER_WIDTHS, MOMENT_WIDTHS])
@settings(max_examples=15, deadline=None)
@given(draw=st.randoms(use_true_random=False), spread=st.sampled_from([10, 5_000, 10**5, 10**6]))
def test_however_they_are_divided_and_merged(widths: tuple[int, ...], draw: Random, spread: int) -> None:
    codes = [draw.randrange(-spread, spread) for _ in range(draw.choice((100, 6_000)))]
    whole = Buckets(widths)
    whole.add(Counter(codes).items())
    parts = [Buckets(widths) for _ in range(4)]
    for code in codes:
        parts[draw.randrange(4)].add([(code, 1)])
    draw.shuffle(parts)
    for part in parts[1:]:
        parts[0].merge(part)
    assert (parts[0].level, parts[0].counts) == (whole.level, whole.counts)
    level = next(at for at, width in enumerate(widths) if len({code // width for code in codes}) <= MOST)
    assert whole.level == level
    assert whole.counts == Counter(code - code % widths[level] for code in codes)


def test_widths_nest_and_are_enough_for_any_numbers() -> None:
    for widths in (NUMBER_WIDTHS, MOMENT_WIDTHS):
        assert all(wide % narrow == 0 for narrow, wide in pairwise(widths))
    far = [f"{sign}{digits}e{power}" for power in range(-MAX_EXPONENT, MAX_EXPONENT + 1) for sign in ("", "-")
           for digits in ("1", "9" * MAX_DIGITS, f"0.{'0' * (MAX_DIGITS - 1)}1")]  # fmt: skip
    found = Buckets(NUMBER_WIDTHS)
    found.add((code_of(value), 1) for text in far if (value := number(text)) is not None)
    assert sum(found.counts.values()) == len(far)
    assert len(found.counts) <= MOST
    dates = Buckets(MOMENT_WIDTHS)
    dates.add((seconds, 1) for seconds in range(0, 9999 * 366 * 86_400, 40_000_000))
    assert len(dates.counts) <= MOST
