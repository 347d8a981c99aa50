"""Cells are compared as Python compares them."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.native import comparing
from csvapi.native.comparing import NO, UNSURE, YES
from csvapi.native.form import Form
from tests.native import checks
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources

number = st.from_regex(rb"-?[0-9]{1,19}(\.[0-9]{1,9})?", fullmatch=True)


@patient
@given(case=drawn, source=sources)
def test_cells_of_any_text(case: Case, source: Random) -> None:
    checks.comparisons(case, source)


@given(source=sources)
def test_answers_for_some_records(source: Random) -> None:
    checks.answers_for_some(Case(Form(width=1), "utf-8", b"", final=True), source)


@patient
@given(
    cells=st.lists(number, min_size=1, max_size=20),
    limit=st.decimals(allow_nan=False, allow_infinity=False) | number.map(lambda cell: Decimal(cell.decode())),
)
def test_numbers_are_compared_exactly(cells: list[bytes], limit: Decimal) -> None:
    index = Case(Form(width=1), "utf-8", b"\n".join(cells), final=True).index()
    for name, holds in checks.NUMBERS.items():
        answers, unsure = comparing.compare_numbers(index, 0, name, limit)
        assert unsure == answers.count(UNSURE)
        for cell, answer in zip(cells, answers, strict=True):
            assert answer in (UNSURE, YES if holds(Decimal(cell.decode()), limit) else NO)


@pytest.mark.parametrize(
    ("cell", "answer"),
    [(b"7", YES), (b"7.0", YES), (b"-7", NO), (b"07", UNSURE), (b"+7", UNSURE), (b"7.", UNSURE), (b".7", UNSURE),
     (b" 7", UNSURE), (b"7e0", UNSURE), (b'"7"', YES), (b"x", UNSURE), (b"7.0.0", UNSURE), (b"-", UNSURE),
     (b"1234567890123456789", UNSURE), (b"123456789.123456789", NO)],
)  # fmt: skip
def test_only_plain_numbers_are_known(cell: bytes, answer: int) -> None:
    index = Case(Form(width=1), "utf-8", cell + b"\n", final=True).index()
    assert comparing.compare_numbers(index, 0, "==", Decimal(7))[0] == bytes([answer])


def test_a_quote_that_is_a_digit_is_no_part_of_a_number() -> None:
    form = Form(width=1, quote=b"1")
    index = Case(form, "utf-8", b"121131\n171\n", final=True).index()
    assert comparing.compare_numbers(index, 0, "==", Decimal(213))[0] == bytes([UNSURE, NO])


def test_wrong_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="a value for each of 1 records"):
        comparing.spread(b"\1\0", b"ab")
    with pytest.raises(ValueError, match="a value for each of 2 records"):
        comparing.pack(b"\1\0", b"a")
