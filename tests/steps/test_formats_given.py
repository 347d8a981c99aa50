"""`as` with a format, in filter and sort; what may not be given is refused where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from csvapi.errors import InvalidInput
from csvapi.operations import load_steps
from tests.engines.running import WAYS
from tests.operations.tables import csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

SOME_WAYS = {name: WAYS[name] for name in ("plain", "small blocks", "csv", "parallel")}
MONEY = {"number": {"group": ",", "currency": True, "accounting": True}}
AMOUNTS = [("a", "1,234.50"), ("b", "(300.00)"), ("c", "$2000"), ("d", "7,5"), ("e", ""), ("f", "1700"), ("g", "x")]
DAYS = [("a", "05.01.2020"), ("b", "2020-01-06"), ("c", "1.2.2019"), ("d", ""), ("e", "31.12.2019 10:00")]


def kept(folder: Path, rows: list[tuple[str, str]], leaf: dict[str, Any], way: str) -> tuple[str, int]:
    text = csv_text([("n", "v"), *rows])
    found, receipt = table(folder, text, [{"op": "filter", "filters": [{"column": "v", **leaf}]}], **SOME_WAYS[way])
    return "".join(row[0] for row in found.rows), sum(receipt["dropped_by_step"][0]["not_comparable"].values())


@pytest.mark.parametrize("way", SOME_WAYS)
@pytest.mark.parametrize(
    ("operator", "value", "as_", "names"),
    [
        (">", 1000, MONEY, "acf"),
        (">", "1,000", MONEY, "acf"),
        ("<", 0, MONEY, "b"),
        ("==", "-300", MONEY, "b"),
        ("!=", 2000, MONEY, "abdefg"),
        ("in", [1700, "$2,000.00"], MONEY, "cf"),
        ("not_in", [1700, 2000], MONEY, "abdeg"),
        (">", "7", {"number": {"decimal": ","}}, "df"),
        ("==", 7.5, {"number": {"decimal": ","}}, "d"),
    ],
)
def test_numbers_of_a_format(tmp_path: Path, way: str, operator: str, value: Any, as_: Any, names: str) -> None:
    found, bad = kept(tmp_path, AMOUNTS, {"operator": operator, "value": value, "as": as_}, way)
    assert found == names
    assert bad == (3 if as_ == MONEY else 5)


@pytest.mark.parametrize("way", SOME_WAYS)
@pytest.mark.parametrize(
    ("operator", "value", "names"),
    [(">=", "05.01.2020", "a"), ("<", "05.01.2020", "c"),
     (">=", "2020-01-05", "a"), ("in", ["5.1.2020", "1.2.2019"], "ac")],
)  # fmt: skip
def test_dates_of_a_format(tmp_path: Path, way: str, operator: str, value: Any, names: str) -> None:
    leaf = {"operator": operator, "value": value, "as": {"date": "%d.%m.%Y"}}
    assert kept(tmp_path, DAYS, leaf, way) == (names, 3)


@pytest.mark.parametrize("way", [{}, {"processes": 2, "smallest_range": 1}])
def test_sort_by_formats(tmp_path: Path, way: dict[str, Any]) -> None:
    text = csv_text([("n", "v"), *AMOUNTS])
    found, receipt = table(tmp_path, text, [{"op": "sort", "by": [{"column": "v", "as": MONEY}]}], **way)
    assert "".join(row[0] for row in found.rows) == "bafcdeg"
    assert receipt["dropped_by_step"][0]["not_comparable"] == {"/by/0": 2}
    by = {"column": "v", "as": {"date": "%d.%m.%Y"}, "order": "desc", "empty": "first"}
    found, _ = table(tmp_path, csv_text([("n", "v"), *DAYS]), [{"op": "sort", "by": [by]}], **way)
    assert "".join(row[0] for row in found.rows) == "bdeac"


@pytest.mark.parametrize(
    ("as_", "at", "why"),
    [
        ("money", "", "or a format as"),
        (3, "", "or a format as"),
        ({}, "", "or a format as"),
        ({"number": {}, "date": "%Y"}, "", "or a format as"),
        ({"number": ","}, "/number", "must be an object"),
        ({"number": {"decimal": ",,"}}, "/number/decimal", "must be one character"),
        ({"number": {"decimal": "5"}}, "/number/decimal", "must be one character"),
        ({"number": {"decimal": ""}}, "/number/decimal", "must be one character"),
        ({"number": {"group": "dot"}}, "/number/group", '"indian"'),
        ({"number": {"group": "."}}, "/number/group", "cannot be before the fraction and between groups"),
        ({"number": {"decimal": ",", "group": "indian"}}, "/number/group", "cannot be before the fraction"),
        ({"number": {"currency": "$"}}, "/number/currency", "must be true or false"),
        ({"number": {"thousands": ","}}, "/number/thousands", "decimal, group, currency, percent and accounting"),
        ({"date": ""}, "/date", "%d.%m.%Y"),
        ({"date": 5}, "/date", "%d.%m.%Y"),
        ({"date": "%d.%m"}, "/date", "has a year"),
        ({"date": "%x"}, "/date", "%x is not known"),
    ],
)
def test_formats_are_refused_where_they_stand(as_: Any, at: str, why: str) -> None:
    steps = {
        "/steps/0/filters/0/as": {"op": "filter", "filters": [{"column": "v", "operator": ">", "value": 1, "as": as_}]},
        "/steps/0/by/0/as": {"op": "sort", "by": [{"column": "v", "as": as_}]},
    }
    for pointer, step in steps.items():
        with pytest.raises(InvalidInput) as caught:
            load_steps([step])
        assert caught.value.pointer == pointer + at
        assert why in caught.value.detail


@pytest.mark.parametrize(
    ("value", "as_", "why"),
    [
        ("1.5", {"number": {"decimal": ",", "group": "."}}, "'1.5' is not a number in the format"),
        ("x", {"date": "%d.%m.%Y"}, "'x' is not a date in the format '%d.%m.%Y'"),
        ("1e401", "number", "'1e401' is not a number"),
        (10**1000, "auto", "at most 1,000 digits and an exponent within ±400"),
        ([5, 10**1000], "auto", "at most 1,000 digits"),
        ("nan", "number", "'nan' is not a number"),
        (True, "number", "True is not a number"),
    ],
)
def test_given_values_are_of_the_format(value: Any, as_: Any, why: str) -> None:
    leaf = {"column": "v", "operator": "in" if isinstance(value, list) else ">", "value": value, "as": as_}
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "filter", "filters": [leaf]}])
    assert why in caught.value.detail
    assert caught.value.pointer == "/steps/0/filters/0/value"


@pytest.mark.parametrize(
    ("operator", "value", "as_", "names"),
    [
        ("==", 1234, "auto", "b"),
        ("==", "1234", "auto", "b"),
        ("!=", 1234, "auto", "acd"),
        ("in", [1234, "x"], "auto", "bd"),
        ("not_in", [1234], "auto", "acd"),
        ("==", "01234", "auto", "a"),
        ("in", ["01234", 1234.0], "auto", "ab"),
        ("==", 1234, "number", "abc"),
        ("==", "01234", "number", "abc"),
        ("in", [1234, 5], "number", "abc"),
        (">=", 1234, "auto", "abc"),
        ("<", 1235, "auto", "abc"),
        ("==", ".5e1", "auto", ""),
    ],
)
@pytest.mark.parametrize("way", SOME_WAYS)
def test_leading_zeros_make_a_code_of_what_must_be_equal(
    tmp_path: Path, way: str, operator: str, value: Any, as_: str, names: str
) -> None:
    rows = [("a", "01234"), ("b", "1234"), ("c", " 001234.0 "), ("d", "x")]
    text = csv_text([("n", "v"), *rows])
    step = {"op": "filter", "filters": [{"column": "v", "operator": operator, "value": value, "as": as_}]}
    found, _ = table(tmp_path, text, [step], **SOME_WAYS[way])
    assert "".join(row[0] for row in found.rows) == names
