"""The formats that a column seems to have: those that fit, with exact counts, and none that another makes needless."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.operations import load_steps
from csvapi.steps.fitting import DAYS, MARKS
from csvapi.steps.seeming import seeming
from csvapi.steps.shapes import Shaped
from csvapi.steps.values import format_of


def number(**options: Any) -> dict[str, Any]:
    return {"number": options}


def date(pattern: str) -> dict[str, Any]:
    return {"date": pattern}


GERMAN = number(decimal=",", group=".")


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["1,234.50", "7", "12.5"], [(number(group=","), 3)]),
        (["1.234,50", "7,1", "x"], [(GERMAN, 2)]),
        (["7,50", "12"], [(number(decimal=","), 2)]),
        (["1 234,5", "5"], [(number(decimal=",", group=" "), 2)]),
        (["1\u202f234", "1\u00a0000", "5"], [(number(group=" "), 3)]),
        (["1'234.5"], [(number(group="'"), 1)]),
        (["12,34,567", "1,23,456"], [(number(group="indian"), 2)]),
        (["5%", "7.5 %"], [(number(percent=True), 2)]),
        (["($1,300.00)", "$20"], [(number(group=",", currency=True, accounting=True), 2)]),
        (["1.234,00 €", "12 €"], [(number(decimal=",", group=".", currency=True), 2)]),
        (["12 EUR", "EUR 7"], [(number(currency=True), 2)]),
        (["1.5", "1,5", "2,5"], [(number(decimal=","), 2), ("number", 1)]),
        (["13/04/2024", "01/02/2024"], [(date("%d/%m/%Y"), 2)]),
        (["04/13/2024", "01/02/2024"], [(date("%m/%d/%Y"), 2)]),
        (["01.02.2024", "3.4.2024"], [(date("%d.%m.%Y"), 2)]),
        (["20240131", "20231201"], [(date("%Y%m%d"), 2)]),
        (["12-Mar-2024", "1-Apr-2024"], [(date("%d-%b-%Y"), 2)]),
        (["5 May 2020", "6 June 2020"], [(date("%d %B %Y"), 2)]),
        (["03/15/2021 5:06 PM", "01/02/2021 6:06 AM"], [(date("%m/%d/%Y %I:%M %p"), 2)]),
        (["31/01/2024 10:30", "2024-01-31 10:00", "2024-01-31"], [("date", 2), (date("%d/%m/%Y %H:%M"), 1)]),
        (["30.02.2024", "01.02.2024"], [(date("%d.%m.%Y"), 1)]),
        # what needs no format, or has none
        (["1", "2.5", "1e5", ""], []),
        (["0.123", "1.234"], []),  # no group follows on a zero
        (["030 123 456", "040 555 666"], []),
        (["2024-01-31", "2024-02-01T10:00Z"], []),
        (["192.168.1.1", "foo 1", "12 Main St", "ABC-123", "10:30", "1e999"], []),
        (["20241331", "20240131"], []),  # digits alone must nearly all be dates
        ([*"abcdefghijk", "5%"], []),  # too few
        ([], []),
    ],
)
def test_formats(values: list[str], formats: list[tuple[Any, int]]) -> None:
    found = seeming(Shaped(Counter(values)))
    assert [(each["as"], each["count"]) for each in found] == formats
    assert all(each["of"] == len(values) for each in found)
    assert not any("ambiguous" in each for each in found)


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["01/02/2024", "03/04/2024"], [date("%d/%m/%Y"), date("%m/%d/%Y")]),
        (["01-02-24"], [date("%d-%m-%y"), date("%m-%d-%y")]),
        (["1,234", "12,345"], [number(group=","), number(decimal=",")]),
        (["1.234", "500"], ["number", GERMAN]),
    ],
)
def test_what_may_be_meant_in_two_ways_is_told_in_both(values: list[str], formats: list[Any]) -> None:
    found = seeming(Shaped(Counter(values)))
    assert [each["as"] for each in found] == formats
    assert all(each["ambiguous"] and each["count"] == len(values) for each in found)


def test_how_often_a_value_occurs_counts() -> None:
    (found,) = seeming(Shaped({"1,5": 7, "2": 2, "x": 1}))
    assert found == {"as": number(decimal=","), "count": 9, "of": 10}


PIECES = [
    "1",
    "12",
    "0",
    "031",
    ",",
    ".",
    "'",
    " ",
    "/",
    "-",
    "%",
    "€",
    "(",
    ")",
    "2024",
    "Mar",
    "EUR",
    ":",
    "05",
    "pm",
]
values = st.lists(
    st.one_of(
        st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map("".join),
        st.dates().map(lambda day: f"{day.day:02}/{day.month:02}/{day.year:04}"),
        st.integers(0, 10**7).map(lambda value: f"{value:,}"),
    ),
    min_size=1,
    max_size=12,
)
EVERY = [format_of(number(**marks, **signs)) for marks in MARKS
         for signs in ({}, {"currency": True, "percent": True, "accounting": True})]  # fmt: skip
EVERY += [format_of(date(day)) for day in DAYS]


@given(values=values)
def test_counts_are_exact_and_nothing_fits_more(values: list[str]) -> None:
    found = seeming(Shaped(Counter(values)))
    for each in found:
        form = format_of(each["as"])
        assert form is not None
        fit = sum(form.parse(value) is not None for value in values)
        assert each["count"] <= fit
        assert each["count"] == fit or any("0" in value for value in values)  # groups on a zero are not counted
        load_steps([{"op": "sort", "by": [{"column": "v", "as": each["as"]}]}])
    most = max((each["count"] for each in found), default=0)
    plain = max(
        sum(form.parse(value) is not None for value in values) for form in map(format_of, ("number", "date")) if form
    )
    for form in EVERY:
        assert form is not None
        fitting = [value for value in values if form.parse(value) is not None]
        if form.kind == "number" and not any("0" in value for value in values):
            assert len(fitting) <= max(most, plain)
