"""What goes on as asked, though hardly as meant, is a warning: currencies, cells of spaces, separators, names alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from csvapi.csvio.dialect import Dialect
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

MONEY = {"number": {"currency": True, "decimal": ","}}
OF_MONEY: list[dict[str, Any]] = [
    {"op": "group", "by": ["k"], "aggregates": [{"aggregate": "sum", "column": "price", "as": MONEY}]},
    {"op": "pivot", "columns": ["k"], "values": "price", "aggregate": "mean", "as": MONEY},
    {"op": "sort", "by": [{"column": "price", "as": MONEY}]},
    {"op": "dedup", "columns": ["k"], "keep": {"max": "price", "as": MONEY}},
    {"op": "filter", "filters": [{"column": "price", "operator": ">", "value": 4, "as": MONEY}]},
]


def told(code: str, folder: Path, text: str, step: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    _, receipt = table(folder, text, [step], **options)
    return [each for each in receipt["warnings"] if each["code"] == code]


def money(*prices: str) -> str:
    return csv_text([("k", "price"), *(("a", price) for price in prices)])


@pytest.mark.parametrize("step", OF_MONEY, ids=lambda step: step["op"])
def test_amounts_in_several_currencies(tmp_path: Path, step: dict[str, Any]) -> None:
    text = money("8", "n/a", "", "$5", "-3 $", "7,5 €", "EUR 7", "€", "9 EUR", "2 NOK")
    for options in ({}, {"native": False, "block_size": 8}, PARALLEL):
        (found,) = told("mixed_currencies", tmp_path, text, step, **options)
        assert (found["count"], found["row"], found["line"], found["value"], found["column"]) == (
            3,
            4,
            5,
            "$5",
            "price",
        )
        assert found["detail"].endswith(": '$5' in row 4, '7,5 €' in row 6, '2 NOK' in row 10")
    assert not told("mixed_currencies", tmp_path, money("8", "$5", "3 $", "x y", "n$"), step)


@pytest.mark.parametrize("options", [*FAST_WAYS.values(), PARALLEL])
def test_values_of_spaces_count_as_filled(tmp_path: Path, options: dict[str, Any]) -> None:
    text = "a,b,c\n1,x,k\n ,y,k\n,\u00a0 ,k\n\t,,m\n"
    derive = {"op": "derive", "column": "best", "first_filled": ["a", "b"]}
    (found,) = told("blank_cells", tmp_path, text, derive, **options)
    assert (found["count"], found["of"], found["row"], found["line"], found["value"]) == (3, 4, 2, 3, " ")
    assert found["hint"] == 'a set step with "trim" before this one makes such cells empty'
    fullest = {"op": "dedup", "columns": ["c"], "keep": "fullest"}
    (found,) = told("blank_cells", tmp_path, text, fullest, **options)
    assert (found["count"], found["of"], found["row"], found["line"], found["value"]) == (3, 12, 2, 3, " ")
    assert not told("blank_cells", tmp_path, "a,b,c\n,x y,k\n z,,k\n", derive, **options)


@pytest.mark.parametrize("options", [*FAST_WAYS.values(), PARALLEL])
def test_a_separator_that_is_in_no_cell(tmp_path: Path, options: dict[str, Any]) -> None:
    text = csv_text([("id", "tags"), ("1", ""), ("2", "a;b"), ("3", "c,d"), ("4", "")])
    explode = {"op": "explode", "column": "tags", "separator": "|"}
    (found,) = told("separator_not_found", tmp_path, text, explode, **options)
    assert (found["count"], found["of"], found["row"], found["line"], found["value"]) == (2, 2, 2, 3, "a;b")
    assert found["detail"] == "none of 2 filled cells of 'tags' has the separator '|'"
    assert found["hint"] == "they have ';' and ','"
    assert not told("separator_not_found", tmp_path, text, {**explode, "separator": ","}, **options)
    split = {"op": "split_column", "column": "tags", "into": ["x", "y"], "separator": "|"}
    (found,) = told("fewer_parts", tmp_path, text, split, **options)
    assert found["hint"] == "the separator '|' is not in the first cells; they have ';' and ','"
    (found,) = told("fewer_parts", tmp_path, text, {**split, "separator": ";"}, **options)
    assert found["hint"].startswith("look at the first one")


def test_columns_of_files_with_names_that_are_alike(tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.write_text("name ,ID,x\n1,2,3\n")
    text, step = "id,Name,NAME\n1,2,3\n", {"op": "concat", "files": [2]}
    for more, pairs in (
        ({}, "'name ' and 'Name', 'ID' and 'id'"),
        ({"ignore": ["space"]}, "'name ' and 'Name', 'ID' and 'id'"),
    ):
        (found,) = told("near_columns", tmp_path, text, {**step, **more}, files={2: (second, Dialect())})
        assert (found["count"], found["column"]) == (2, "name ")
        assert found["detail"].endswith(f" but for case or spaces: {pairs}")
    text = "id,Name\n1,2\n"
    assert not told(
        "near_columns", tmp_path, text, {**step, "ignore": ["case", "space"]}, files={2: (second, Dialect())}
    )
