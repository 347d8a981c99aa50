"""filter against a model that asks each record, one condition after another."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.errors import InvalidInput
from csvapi.operations import load_steps
from tests.engines import model
from tests.engines.running import WAYS, cases, execute, expect, reused
from tests.operations.naive import SPACES, date, number

if TYPE_CHECKING:
    from pathlib import Path

ZEROS = re.compile(rf"[{SPACES}]*[+-]?0[0-9]")
OPERATORS = ["==", "!=", ">", ">=", "<", "<=", "contains", "not_contains", "starts_with", "ends_with", "matches"]
CELLS = ["", "a", "A", "b", "é", "007", "7", "7.0", "7e0", "-1", ".5", "5.", "1_0", "nan", " 7", "7\t", "\u00a07\u00a0",
         "07.0", "-007", "1e999999", "1e-400",
         "7\n", "9007199254740993",
         "9007199254740992", "0.1", "0.10", "1e400", "2024-01-02", "2024-01-02T00:00", "2024-02-30",
         "2024-01-01T23:00:00-01:00", "2024-01-02 00:00:00 UTC",
         "2024-01-02 00:00:00.00000001Z", "a,b", 'say "a"', "line\nbreak", "ß", "SS"]  # fmt: skip


def typed(value: object, kind: str) -> Any:
    text = str(value)
    code = kind == "auto" and ZEROS.match(text)
    if kind in ("auto", "number") and number(text) is not None and not code:
        return number
    if kind in ("auto", "date") and date(text) is not None:
        return date
    return str


def holds(cell: str | None, leaf: dict[str, Any]) -> bool:
    name, value = leaf["operator"], str(leaf.get("value", ""))
    if name.startswith("not_") or name == "!=":
        return not holds(cell, {**leaf, "operator": {"!=": "==", "not_empty": "is_empty"}.get(name, name[4:])})
    if name == "is_empty":
        return not cell
    if cell is None:
        return False
    if name == "in":
        return any(holds(cell, {**leaf, "operator": "==", "value": each}) for each in leaf["value"])
    if name == "matches":
        return re.search(value, cell) is not None
    text_only = name in ("contains", "starts_with", "ends_with")
    parse = str if text_only else typed(leaf["value"], leaf.get("as", "auto"))
    mine, other = parse(cell), parse(value)
    if mine is None:
        return False
    if parse is number and name == "==" and leaf.get("as", "auto") == "auto" and ZEROS.match(cell):
        return False
    if parse is str and leaf.get("ignore"):
        mine, other = mine.casefold(), other.casefold()
    compare = {"==": "__eq__", ">": "__gt__", ">=": "__ge__", "<": "__lt__", "<=": "__le__", "contains": "__contains__",
               "starts_with": "startswith", "ends_with": "endswith"}  # fmt: skip
    return bool(getattr(mine, compare[name])(other))


def tree_holds(row: list[str], node: dict[str, Any]) -> bool:
    if "all" in node:
        return all(tree_holds(row, part) for part in node["all"])
    if "any" in node:
        return any(tree_holds(row, part) for part in node["any"])
    if "not" in node:
        return not tree_holds(row, node["not"])
    return holds(model.cell(row, node["column"]["index"] - 1), node)


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from([*OPERATORS, "in", "not_in", "is_empty", "not_empty"]))
    leaf: dict[str, Any] = {"column": {"index": draw(st.integers(1, 2))}, "operator": name}
    values = st.one_of(st.sampled_from(CELLS), st.sampled_from([7, 7.5, 9007199254740993, -1]))
    if name == "matches":
        leaf["value"] = draw(st.sampled_from(["^a", "a$", "[0-9]+", "é"]))
    elif name in ("in", "not_in"):
        leaf["value"] = draw(st.lists(values, min_size=1, max_size=12))
    elif name not in ("is_empty", "not_empty"):
        leaf["value"] = draw(values)
        if name in OPERATORS[:6]:
            kinds = [
                kind for kind in ("number", "date", "text") if kind == "text" or typed(leaf["value"], kind) is not str
            ]
            leaf["as"] = draw(st.sampled_from(["auto", *kinds]))
    if name in OPERATORS[:10]:
        leaf["ignore"] = draw(st.sampled_from([[], ["case"]]))
    return leaf


trees = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=5,
)
tables = st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(CELLS)), max_size=30)


def text_of(rows: list[tuple[str, str]]) -> str:
    quoted = (
        ",".join('"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n') else cell for cell in row)
        for row in rows
    )
    return "".join(f"{line}\n" for line in ["x,y", *quoted])


@reused
@given(rows=tables, tree=trees, encoding=st.sampled_from(["utf-8", "cp1252", "utf-16-le"]))
def test_trees_are_the_models(tmp_path: Path, rows: list[tuple[str, str]], tree: dict[str, Any], encoding: str) -> None:
    text, dialect = text_of(rows), Dialect(encoding=encoding)
    parsed = model.parse(text, dialect)
    stays = [tree_holds(row, tree) for row in parsed.rows]
    output, dropped, _ = execute(tmp_path, text, dialect, [{"op": "filter", "where": tree}])
    assert (output, dropped) == expect(parsed, stays)


@pytest.mark.parametrize("way", WAYS)
@reused
@given(case=cases(), filters=st.lists(leaves(), min_size=1, max_size=3))
def test_any_file_is_the_models(
    tmp_path: Path, way: str, case: tuple[Dialect, str], filters: list[dict[str, Any]]
) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    width = max(1, len(parsed.header))
    filters = [{**leaf, "column": {"index": min(leaf["column"]["index"], width)}} for leaf in filters]
    if not parsed.header:
        return
    stays = [tree_holds(row, {"all": filters}) for row in parsed.rows]
    output, dropped, (receipt, why) = execute(
        tmp_path, text, dialect, [{"op": "filter", "filters": filters}], **WAYS[way]
    )
    assert (output, dropped) == expect(parsed, stays)
    assert [int(each[0]) for each in why] == [row for row, stay in enumerate(stays, 1) if not stay]
    assert all(each[3].startswith("not (") or " is no " in each[3] for each in why)
    assert receipt["records"]["kept"] == sum(stays)


def test_cells_that_cannot_be_compared_are_counted(tmp_path: Path) -> None:
    text = "n,t\n1,a\nx,a\n,b\n007,b\n5,b\n"
    filters = [{"column": "t", "operator": "==", "value": "b"}, {"column": "n", "operator": ">", "value": 2}]
    output, _, (receipt, why) = execute(tmp_path, text, Dialect(), [{"op": "filter", "filters": filters}])
    assert output == "n,t\n007,b\n5,b\n"
    assert receipt["dropped_by_step"][0]["not_comparable"] == {"/steps/0/filters/1": 1}
    assert why[0] == ["1", "1", "filter", 'not (t == "b")', ""]
    assert why[2] == ["3", "1", "filter", "n is no number", ""]


@pytest.mark.parametrize(
    ("leaf", "pointer"),
    [
        ({"column": "a", "operator": "=~", "value": 1}, "/steps/0/filters/0/operator"),
        ({"column": "a", "operator": "=="}, "/steps/0/filters/0/value"),
        ({"column": "a", "operator": "is_empty", "value": 1}, "/steps/0/filters/0/value"),
        ({"column": "a", "operator": "in", "value": "a"}, "/steps/0/filters/0/value"),
        ({"column": "a", "operator": "matches", "value": "(?!a)"}, "/steps/0/filters/0/value"),
        ({"column": "a", "operator": ">", "value": "x", "as": "number"}, "/steps/0/filters/0/value"),
        ({"column": "a", "operator": "==", "value": None}, "/steps/0/filters/0/value"),
        ({"column": "a", "operator": "==", "value": {}}, "/steps/0/filters/0/value"),
        ({"column": {"index": 0}, "operator": "==", "value": 1}, "/steps/0/filters/0/column"),
        ({"operator": "==", "value": 1}, "/steps/0/filters/0/column"),
        ({"column": "a", "operator": "==", "value": 1, "x": 1}, "/steps/0/filters/0/x"),
        ({"column": "a", "operator": "==", "value": float("nan")}, "/steps/0/filters/0/value"),
        ({"column": "a", "operator": "==", "value": "\ud800"}, "/steps/0/filters/0/value"),
    ],
)
def test_bad_conditions_are_refused_where_they_stand(leaf: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "filter", "filters": [leaf]}])
    assert caught.value.pointer == pointer


@pytest.mark.parametrize(
    ("where", "pointer"),
    [
        ({"all": []}, "/where/all"),
        ({"any": [{"column": "a", "operator": "=="}]}, "/where/any/0/value"),
        ({"not": {"not": 3}}, "/where/not/not"),
        ([], "/where"),
    ],
)
def test_bad_trees_are_refused_where_they_break(where: Any, pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "filter", "where": where}])
    assert caught.value.pointer == "/steps/0" + pointer


@pytest.mark.parametrize("operator", ["==", "!=", ">", "contains", "matches", "in", "not_in"])
def test_null_is_refused_with_the_operators_for_empty_cells(operator: str) -> None:
    values = [[None], ["a", None]] if operator in ("in", "not_in") else [None]
    for value in values:
        leaf = {"column": "a", "operator": operator, "value": value}
        for step in ({"filters": [leaf]}, {"where": {"not": {"any": [leaf]}}}):
            with pytest.raises(InvalidInput, match="use the operator is_empty or not_empty") as caught:
                load_steps([{"op": "filter", **step}])
            assert caught.value.pointer.endswith("/value")


@pytest.mark.parametrize("way", ["plain", "csv"])
@pytest.mark.parametrize("values", [[f"v{i}" for i in range(10_000)], [i / 4 for i in range(10_000)]])
def test_a_cell_is_looked_up_among_many_values(tmp_path: Path, way: str, values: list[Any]) -> None:
    """10,000 values against 40,000 records: one after the other that would be 400 million comparisons."""
    text = "x\n" + "".join(f"{value}\n" for value in values for _ in range(4)) + "none\n"
    began = time.process_time()
    step = {"op": "filter", "filters": [{"column": "x", "operator": "in", "value": values}]}
    output, _, _ = execute(tmp_path, text, Dialect(), [step], **WAYS[way])
    assert output == text.removesuffix("none\n")
    assert time.process_time() - began < 8


@pytest.mark.parametrize("name", ["in", "not_in"])
def test_too_many_values_are_refused_before_they_are_looked_at(name: str) -> None:
    leaf = {"column": "a", "operator": name, "value": [f"2024-01-31T10:00:00.{i}" for i in range(140_000)]}
    for step in ({"op": "filter", "filters": [leaf]}, {"op": "filter", "where": {"any": [leaf]}}):
        began = time.process_time()
        with pytest.raises(InvalidInput, match="140000 values, at most 10000 are allowed") as refusal:
            load_steps([step])
        assert time.process_time() - began < 0.5
        assert refusal.value.pointer.endswith("/value")


def test_a_reason_shows_the_beginning_of_a_long_condition(tmp_path: Path) -> None:
    step = {"op": "filter", "filters": [{"column": "x", "operator": "==", "value": "a" * 100_000}]}
    _, _, (_, reasons) = execute(tmp_path, "x\nb\n", Dialect(), [step])
    assert 100 < len(",".join(reasons[0])) < 400, reasons
