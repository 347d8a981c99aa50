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
        (
            'when >= 05.01.2020 as {"date": "%d.%m.%Y"} ignore case',
            leaf("when", ">=", "05.01.2020", **{"as": {"date": "%d.%m.%Y"}}, ignore=["case"]),
        ),
        ('v > 1000 as {"number": {"group": ","}}', leaf("v", ">", "1000", **{"as": {"number": {"group": ","}}})),
        ('{"index": 3} > 5', leaf({"index": 3}, ">", "5")),
        ("price-€ > -1.5", leaf("price-€", ">", "-1.5")),
        ('a == "null"', leaf("a", "==", "null")),
        ("a contains null", leaf("a", "contains", "null")),
        ("a == nullable", leaf("a", "==", "nullable")),
        ("a == 'x && y'", leaf("a", "==", "x && y")),
        ("a in '||', b", leaf("a", "in", ["||", "b"])),
        ("url == http://x/?a=1&b=2", leaf("url", "==", "http://x/?a=1&b=2")),
        ("code matches ^a|b$", leaf("code", "matches", "^a|b$")),
        ("not == and", leaf("not", "==", "and")),
        ("a == android", leaf("a", "==", "android")),
    ],
)
def test_a_condition_reads_as_it_is_written(text: str, expected: dict[str, Any]) -> None:
    assert condition(text) == expected
    load_steps([{"op": "filter", "filters": [expected]}])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "after its end there should be a column"),
        ("age", "after its end there should be one of =="),
        ("age = 18", "at '= 18' there should be one of =="),
        ("age has 18", "at 'has 18'"),
        ("age >=", "after its end there should be a value"),
        ("city == New York", "at 'York' there should be the end; a value with spaces stands in quotes"),
        ("country in DE,", "after its end there should be a value"),
        ("a > 1 as {", "at '{' there should be a format as JSON"),
        ("a > 1 as money", "at 'as money' there should be the end"),
        ("{index: 3} > 5", "there should be a column, or its position"),
    ],
)
def test_a_condition_that_is_none_says_where(text: str, place: str) -> None:
    with pytest.raises(InvalidInput, match=r"condition ") as raised:
        condition(text)
    assert place in raised.value.detail


LEAVES = ["a > 1", "a>1", "n in x, y", "n contains 'x y'", "e is_empty", "a > 1 as number ignore case"]


@pytest.mark.parametrize("first", LEAVES)
@pytest.mark.parametrize("word", ["and", "AND", "&&", "or", "Or", "||"])
def test_two_conditions_in_one_text_get_a_hint(first: str, word: str) -> None:
    """Whatever the first one is; without spaces, too, where the word can be told from the value."""
    glued = [f"{first}{word}b == 2"] if word in ("&&", "||") else []
    for text in (f"{first} {word} b == 2", *glued):
        with pytest.raises(InvalidInput) as raised:
            condition(text)
        if word.lower() in ("and", "&&"):
            assert "a second --where: --where 'b == 2'" in raised.value.detail
        else:
            shown = json.dumps({"any": [condition(first)]})[:-2]
            assert f"--where '{shown}, …]}}'" in raised.value.detail


@pytest.mark.parametrize(
    "text",
    ["a != null", "a == NULL", "a>Null", "a in null", "a in x, null", "a is null", "a is not null", "a IS NOT NULL"],
)
def test_null_gets_a_hint(text: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        condition(text)
    assert "COLUMN is_empty takes empty cells, COLUMN not_empty the others" in raised.value.detail


def test_other_words_of_logic_get_a_hint() -> None:
    for text, hint in (
        ("not a > 1", '{"not": {"column": …}}'),
        ('{"any": [', "a tree of conditions as JSON: Expecting"),
    ):
        with pytest.raises(InvalidInput) as raised:
            condition(text)
        assert hint in raised.value.detail


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
