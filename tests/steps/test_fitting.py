"""The format that would fit a cell is one that `as` takes, and in which the cell is a number or a date."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.operations import load_steps
from csvapi.steps.fitting import fitting
from csvapi.steps.numbers import number
from csvapi.steps.values import format_of


@pytest.mark.parametrize(
    ("cell", "formats"),
    [
        ("1,234.50", [{"group": ","}]),
        ("97100,7", [{"decimal": ","}]),
        ("1.234,5", [{"decimal": ",", "group": "."}]),
        ("1 234,5", [{"decimal": ",", "group": " "}]),
        ("1\u202f234\u202f567", [{"group": " "}]),
        ("1'234.5", [{"group": "'"}]),
        ("12,34,567", [{"group": "indian"}]),
        ("1,234", [{"group": ","}, {"decimal": ","}]),
        ("(300.00)", [{"accounting": True}]),
        ("$2000", [{"currency": True}]),
        ("-1.234,00 €", [{"decimal": ",", "group": ".", "currency": True}]),
        ("EUR 5", [{"currency": True}]),
        ("5%", [{"percent": True}]),
        ("($1,300)", [{"group": ",", "currency": True, "accounting": True}]),
        ("5", []),
        ("", []),
        ("n/a", []),
        ("A4", []),
        ("SKU12", []),
        ("12-34", []),
        ("1" * 101, []),
    ],
)
def test_numbers(cell: str, formats: list[dict[str, Any]]) -> None:
    found = [each["number"] for each in fitting("number", cell)]
    assert found[: len(formats)] == formats
    assert bool(found) == bool(formats)


@pytest.mark.parametrize(
    ("cell", "patterns"),
    [
        ("05.01.2020", ["%d.%m.%Y"]),
        ("03/15/2021", ["%m/%d/%Y"]),
        ("15/03/2021", ["%d/%m/%Y"]),
        ("03/04/2021", ["%d/%m/%Y", "%m/%d/%Y"]),
        ("3/4/21 5:06 PM", ["%d/%m/%y %I:%M %p", "%m/%d/%y %I:%M %p"]),
        ("2020/01/05", ["%Y/%m/%d"]),
        ("20200105", ["%Y%m%d"]),
        ("5 May 2020", ["%d %b %Y"]),
        ("June 5, 2020", ["%B %d, %Y"]),
        ("05.01.2020 10:00:01.25 +02:00", ["%d.%m.%Y %H:%M:%S.%f %z"]),
        ("2020", []),
        ("1.2.3.4", []),
        ("someday", []),
    ],
)
def test_dates(cell: str, patterns: list[str]) -> None:
    assert [each["date"] for each in fitting("date", cell)] == patterns


@given(kind=st.sampled_from(["number", "date"]), cell=st.text("0123456789.,/-:' €$%()+ADEJPRUVamn", max_size=16))
def test_what_fits_can_be_given(kind: str, cell: str) -> None:
    for as_ in fitting(kind, cell):
        load_steps([{"op": "sort", "by": [{"column": "a", "as": as_}]}])
        form = format_of(as_)
        assert form is not None
        assert form.parse(cell) is not None
        assert kind == "date" or number(cell) is None
