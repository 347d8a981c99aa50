"""Why a record goes is said in the same words by every way of the engine, and truly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from tests.engines.running import WAYS, execute, reused
from tests.operations import naive
from tests.operations.tables import csv_text

if TYPE_CHECKING:
    from pathlib import Path

CELLS = ["1", "12", "9999999999", "007", " 8 ", "", "x", "1,5", "-3", "5.", "1e3", "2024-01-02", "2024-01-02 10:00 UTC"]
SOME_WAYS = {name: WAYS[name] for name in ("plain", "small blocks", "parallel", "csv", "csv, parallel")}
FILTERS = [
    ({"column": "a", "operator": ">", "value": 5}, lambda cell: (n := naive.number(cell)) is not None and n > 5),
    ({"column": "a", "operator": "in", "value": [1, 12.0]}, lambda cell: naive.number(cell) in (1, 12)),
    ({"column": "b", "operator": "<=", "value": "2024-01-02"},
     lambda cell: (d := naive.date(cell)) is not None and d <= naive.date("2024-01-02")),
    ({"column": "b", "operator": "!=", "value": 12}, lambda cell: naive.number(cell) != 12),
    ({"column": "b", "operator": "contains", "value": "2"}, lambda cell: "2" in cell),
    ({"column": "b", "operator": "in", "value": [12, "2024-01-02"]},
     lambda cell: naive.number(cell) == 12 or naive.date(cell) == naive.date("2024-01-02")),
]  # fmt: skip
TEXTS = ["not (a > 5)", "not (a in [1, 12.0])", 'not (b <= "2024-01-02")', "not (b != 12)", 'not (b contains "2")',
         'not (b in [12, "2024-01-02"])']  # fmt: skip


def either(cell: str) -> Any:
    return naive.date(cell) if (found := naive.number(cell)) is None else found


PARSE = {0: naive.number, 1: naive.number, 2: naive.date, 3: naive.number, 5: either}
NONE = {0: "a is no number", 1: "a is no number", 2: "b is no date", 5: "b is no number or date"}


def expected(rows: list[tuple[str, str]], chosen: list[int]) -> list[list[str]]:
    found = []
    for number, row in enumerate(rows, 1):
        for each in chosen:
            leaf, holds = FILTERS[each]
            cell = row["ab".index(leaf["column"])]
            if not holds(cell):
                is_none = each in NONE and PARSE[each](cell) is None
                found.append([str(number), "1", "filter", NONE[each] if is_none else TEXTS[each], ""])
                break
    return found


@pytest.mark.parametrize("way", SOME_WAYS)
@settings(reused, max_examples=15)
@given(
    rows=st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(CELLS)), min_size=5, max_size=40),
    chosen=st.permutations(range(len(FILTERS))).map(lambda order: order[:3]),
)
def test_reasons_of_filters_are_the_models(
    tmp_path: Path, way: str, rows: list[tuple[str, str]], chosen: list[int]
) -> None:
    steps: list[dict[str, Any]] = [{"op": "filter", "filters": [FILTERS[each][0] for each in chosen]}]
    _, _, (receipt, why) = execute(tmp_path, csv_text([("a", "b"), *rows]), Dialect(), steps, **SOME_WAYS[way])
    assert why == expected(rows, chosen)
    asked = rows
    for at, each in enumerate(chosen):  # a condition is asked of what those before it leave open
        leaf, holds = FILTERS[each]
        cells = [row["ab".index(leaf["column"])] for row in asked]
        if parse := PARSE.get(each):
            counted = receipt["dropped_by_step"][0]["not_comparable"][f"/steps/0/filters/{at}"]
            assert counted == sum(parse(cell) is None for cell in cells)
        asked = [row for row, cell in zip(asked, cells, strict=True) if holds(cell)]


@pytest.mark.parametrize("way", SOME_WAYS)
def test_an_absent_field_is_no_number(tmp_path: Path, way: str) -> None:
    step = {"op": "filter", "filters": [{"column": "b", "operator": ">", "value": 5}]}
    _, _, (receipt, why) = execute(tmp_path, "a,b\n1\n2,7\n3,x\n", Dialect(), [step], **SOME_WAYS[way])
    assert [each[3] for each in why] == ["b is no number"] * 2
    assert receipt["dropped_by_step"][0]["not_comparable"] == {"/steps/0/filters/0": 1}


@pytest.mark.parametrize("way", SOME_WAYS)
def test_more_conditions_than_codes_have_one_reason_a_step(tmp_path: Path, way: str) -> None:
    leaves = [{"column": "a", "operator": "!=" if at % 2 else ">", "value": at} for at in range(100)]
    steps = [{"op": "filter", "filters": leaves}] * 2
    _, _, (_, why) = execute(tmp_path, "a\nx\n200\n", Dialect(), steps, **SOME_WAYS[way])
    assert why == [["1", "1", "filter", "the conditions do not hold", ""]]


@pytest.mark.parametrize("way", ["plain", "small blocks", "parallel"])
def test_reasons_of_validate_name_column_and_rule(tmp_path: Path, way: str) -> None:
    text = "id,v\n1,5\n,5\n1,5\n2,x\n3,99\n4\n5,7\n"
    fields = [
        {"name": "id", "constraints": {"required": True, "unique": True}},
        {"name": "v", "type": "number", "constraints": {"maximum": 10}},
    ]
    step = {"op": "validate", "keep": "valid", "schema": {"fields": fields}}
    output, _, (_, why) = execute(tmp_path, text, Dialect(), [step], **SOME_WAYS[way])
    assert output == "id,v\n1,5\n5,7\n"
    assert [each[3] for each in why] == ["id: required", "id: unique", "v: type", "v: maximum", "fields"]
    _, _, (_, why) = execute(tmp_path, text, Dialect(), [{**step, "keep": "invalid"}], **SOME_WAYS[way])
    assert [each[3] for each in why] == ["valid", "valid"]


def test_a_schema_of_more_rules_than_codes_has_one_reason(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(300)]
    step = {
        "op": "validate",
        "keep": "valid",
        "schema": {"fields": [{"name": name, "type": "integer"} for name in names]},
    }
    rows = [["1"] * 300, ["1"] * 299 + ["x"]]
    _, _, (_, why) = execute(tmp_path, csv_text([names, *rows]), Dialect(), [step])
    assert [each[:4] for each in why] == [["2", "1", "validate", "invalid"]]
