"""Conditions as people type them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.commands.where import condition, tree
from csvapi.errors import InvalidInput
from csvapi.operations import load_steps


def leaf(column: Any, operator: str, *value: Any, **more: Any) -> dict[str, Any]:
    return {"column": column, "operator": operator, **({"value": value[0]} if value else {}), **more}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age >= 18", leaf("age", ">=", "18")),
        ("age>=18", leaf("age", ">=", "18")),
        ("  age  ==  007 ", leaf("age", "==", "007")),
        ('name contains "x"', leaf("name", "contains", "x")),
        ('"full name" == "Ada ""A"" L."', leaf("full name", "==", 'Ada "A" L.')),
        ("'full name' != 'it''s'", leaf("full name", "!=", "it's")),
        ('name == ""', leaf("name", "==", "")),
        ("email is_empty", leaf("email", "is_empty")),
        ("country in DE, FR,'New Zealand'", leaf("country", "in", ["DE", "FR", "New Zealand"])),
        (r"code matches ^\d+$", leaf("code", "matches", r"^\d+$")),
        ("when < 2024-01-01 as date", leaf("when", "<", "2024-01-01", **{"as": "date"})),
        ("name starts_with a as text ignore case", leaf("name", "starts_with", "a", **{"as": "text"}, ignore=["case"])),
        ('{"index": 3} > 5', leaf({"index": 3}, ">", "5")),
        ("price-€ > -1.5", leaf("price-€", ">", "-1.5")),
    ],
)
def test_a_condition_reads_as_it_is_written(text: str, expected: dict[str, Any]) -> None:
    assert condition(text) == expected
    load_steps([{"op": "filter", "filters": [expected]}])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "behind its end there should be a column"),
        ("age", "behind its end there should be one of =="),
        ("age = 18", "at '= 18' there should be one of =="),
        ("age has 18", "at 'has 18'"),
        ("age >=", "behind its end there should be a value"),
        ("city == New York", "at 'York' there should be the end; a value with spaces stands in quotes"),
        ("country in DE,", "behind its end there should be a value"),
        ("{index: 3} > 5", "there should be a column, or its position"),
    ],
)
def test_a_condition_that_is_none_says_where(text: str, place: str) -> None:
    with pytest.raises(InvalidInput, match=r"condition ") as raised:
        condition(text)
    assert place in raised.value.detail


def test_several_conditions_must_all_hold_and_trees_are_json() -> None:
    assert tree(["a > 1", "b < 2"]) == {"filters": [leaf("a", ">", "1"), leaf("b", "<", "2")]}
    either = {"any": [leaf("a", "==", "1"), leaf("b", "==", "2")]}
    assert tree([json.dumps(either)]) == {"where": either}
    assert tree([json.dumps(either), "c > 3"]) == {"where": {"all": [either, leaf("c", ">", "3")]}}


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from(["==", "contains", "<="]))
def test_quotes_can_hold_any_column_and_value(column: str, value: str, operator: str) -> None:
    quoted = [f'"{each.replace(chr(34), chr(34) * 2)}"' for each in (column, value)]
    assert condition(f"{quoted[0]} {operator} {quoted[1]}") == leaf(column, operator, value)


@given(st.text(max_size=40))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    with suppress(InvalidInput):
        assert isinstance(condition(text), dict)
