"""Numbers in words are the numbers that `steps.numbers` reads, and compare as they do."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from csvapi.engines.local.kernels.choosing import _compare, parse
from csvapi.steps.conditions import COMPARE
from csvapi.steps.numbers import number

SIMPLE = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")  # what words are read for; others go to Python's code
cells = st.lists(
    st.one_of(
        st.text("0123456789.-+e ", max_size=10).map(str.encode),
        st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-99999, max_value=99999).map(
            lambda value: str(value).encode()
        ),
    ),
    min_size=1,
)
limits = st.one_of(
    st.integers(-(10**20), 10**20).map(Decimal),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.integers(-1000, 1000).map(lambda value: Decimal(value) / 100),
)


def parsed(some: list[bytes]) -> tuple[list[int], list[int], list[bool]]:
    text = np.frombuffer(b"".join(cell.ljust(8, b"5")[:8] for cell in some), "<u8")
    value, scale, known = parse(text, np.array([len(cell) for cell in some]))
    return value.tolist(), scale.tolist(), known.tolist()


@given(some=cells)
@example(
    some=[
        b"-",
        b"",
        b"-0",
        b"0.",
        b".5",
        b"-.5",
        b"00",
        b"0.0",
        b"12345678",
        b"1.234567",
        b"1..2",
        b"-1234567",
        b"123456789",
    ]
)
def test_parsed_numbers_are_exact(some: list[bytes]) -> None:
    for cell, value, scale, known in zip(some, *parsed(some), strict=True):
        assert known == (len(cell) <= 8 and SIMPLE.fullmatch(cell) is not None)
        if known:
            assert Decimal(value).scaleb(-scale) == number(cell.decode())


@pytest.mark.parametrize("name", ["==", ">", ">=", "<", "<="])
@given(some=cells, limit=limits)
def test_comparisons_are_exact(name: str, some: list[bytes], limit: Decimal) -> None:
    value, scale, known = parsed(some)
    answers = _compare(name, limit, np.array(value), np.array(scale)).tolist()
    for cell, answer, so in zip(some, answers, known, strict=True):
        if so:
            assert answer == COMPARE[name](number(cell.decode()), limit)
