"""filter: two columns of a record against each other, cells of spaces, and records with nothing in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.commands.where import condition, tree
from csvapi.csvio.dialect import Dialect
from csvapi.errors import InvalidInput, UnknownColumn
from csvapi.operations import check_columns, load_steps
from tests.engines import model
from tests.engines.running import WAYS, cases, execute, expect, reused
from tests.engines.test_warnings import place, warnings_of
from tests.operations.naive import SPACES, date, number
from tests.operations.tables import csv_text

if TYPE_CHECKING:
    from pathlib import Path

CELLS = ["", "a", "A", "ab", "7", "007", "7.0", "-1", "1e400", "1,5", "2024-01-02", "2024-01-02T00:00Z", "2023-12-31"]
COMPARE = {"==": "__eq__", ">": "__gt__", ">=": "__ge__", "<": "__lt__", "<=": "__le__", "contains": "__contains__",
           "starts_with": "startswith", "ends_with": "endswith"}  # fmt: skip
NEGATIVE = {"!=": "==", "not_contains": "contains"}


def holds(first: str | None, second: str | None, name: str, as_: str, *, fold: bool) -> bool:
    if name in NEGATIVE:
        return not holds(first, second, NEGATIVE[name], as_, fold=fold)
    if first is None or second is None:
        return False
    parses: dict[str, list[Any]] = {"auto": [number, date], "number": [number], "date": [date], "text": []}
    text = name not in ("==", ">", ">=", "<", "<=")
    for parse in () if text else parses[as_]:
        mine, other = parse(first), parse(second)
        zeros = [each.strip(SPACES).lstrip("+-") for each in (first, second)]
        codes = (
            as_ == "auto" and parse is number and name == "==" and any(z[:1] == "0" and z[1:2].isdigit() for z in zeros)
        )
        if mine is not None and other is not None and not codes:
            return bool(getattr(mine, COMPARE[name])(other))
    if not text and as_ != "text" and not (as_ == "auto" and name == "=="):
        return False
    shape: Any = str.casefold if fold and (text or as_ == "text") else str
    return bool(getattr(shape(first), COMPARE[name])(shape(second)))


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=30)
@given(
    rows=st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(CELLS), st.just("x"))),
    name=st.sampled_from([*COMPARE, *NEGATIVE]),
    as_=st.sampled_from(["auto", "number", "date", "text"]),
    fold=st.booleans(),
)
def test_two_columns_are_compared(
    tmp_path: Path, way: str, rows: list[tuple[str, ...]], name: str, as_: str, fold: bool
) -> None:
    as_ = as_ if name in ("==", "!=", ">", ">=", "<", "<=") else "auto"
    text = csv_text([("a", "b", "c"), *rows]) + "short\n"
    leaf = {"column": "a", "operator": name, "value": {"column": {"index": 2}}, "as": as_}
    leaf |= {"ignore": ["case"]} if fold else {}
    output, _, _ = execute(tmp_path, text, Dialect(), [{"op": "filter", "filters": [leaf]}], **WAYS[way])
    parsed = model.parse(text, Dialect())
    stays = [holds(row[0], model.cell(row, 1), name, as_, fold=fold) for row in parsed.rows]
    assert output == expect(parsed, stays)[0]


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=25)
@given(case=cases(), spaces=st.booleans(), name=st.sampled_from(["is_empty", "not_empty"]), whole=st.booleans())
def test_cells_and_records_with_nothing_in_them(
    tmp_path: Path, way: str, case: tuple[Dialect, str], spaces: bool, name: str, whole: bool
) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    if not parsed.header:
        return
    leaf: dict[str, Any] = {"operator": name, "spaces": spaces} | ({} if whole else {"column": {"index": 1}})
    output, dropped, _ = execute(tmp_path, text, dialect, [{"op": "filter", "where": leaf}], **WAYS[way])
    cells = [row if whole else row[:1] for row in parsed.rows]
    empty = [not any(cell.strip() if spaces else cell for cell in row) for row in cells]
    assert (output, dropped) == expect(parsed, [each == (name == "is_empty") for each in empty])


@pytest.mark.parametrize("way", WAYS)
def test_blank_records_and_cells(tmp_path: Path, way: str) -> None:
    text = "a,b,c\n1,2,\n, ,\u00a0\n,,\n\t,,,\n,,,x\n"
    for spaces, kept in ((False, ",,\n"), (True, ", ,\u00a0\n,,\n\t,,,\n")):
        step = {"op": "filter", "where": {"operator": "is_empty", "spaces": spaces}}
        output, _, (_, why) = execute(tmp_path, text, Dialect(), [step], **WAYS[way])
        assert output == "a,b,c\n" + kept
        assert {reason for *_, reason, _ in why} == {"not (record is_empty)"}
        for name in ("out", "dropped", "why"):
            (tmp_path / name).unlink()


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=30)
@given(
    rows=st.lists(st.lists(st.sampled_from(["", " ", "\t", "\u00a0", "a", "\u2003"]), min_size=1, max_size=3)),
    value=st.sampled_from([None, "a", ""]),
)
def test_blank_records_are_dropped(tmp_path: Path, way: str, rows: list[list[str]], value: str | None) -> None:
    text = csv_text([("x", "y"), *rows])
    parsed = model.parse(text, Dialect())
    step: dict[str, Any] = {"op": "filter", "drop_blank_records": True}
    if value is not None:
        step["filters"] = [{"column": "x", "operator": "==", "value": value}]
    blank = [not "".join(row).strip() for row in parsed.rows]
    stays = [not bad and value in (None, row[0]) for bad, row in zip(blank, parsed.rows, strict=True)]
    output, dropped, (_, why) = execute(tmp_path, text, Dialect(), [step], **WAYS[way])
    assert (output, dropped) == expect(parsed, stays)
    reasons = ["all its fields are blank" if bad else f'not (x == "{value}")' for bad in blank]
    assert [reason for *_, reason, _ in why] == [
        reason for reason, stay in zip(reasons, stays, strict=True) if not stay
    ]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("leaf", "hint"),
    [
        ({"operator": "is_empty"}, '"spaces": true counts them as empty'),
        ({"operator": "not_empty"}, '"spaces": true counts them as empty'),
        ({"operator": "==", "value": ""}, 'is_empty with "spaces": true counts them as empty'),
        ({"operator": "!=", "value": ""}, 'not_empty with "spaces": true counts them as empty'),
    ],
)
def test_cells_that_only_look_empty_are_a_warning(tmp_path: Path, way: str, leaf: dict[str, Any], hint: str) -> None:
    data = "a,b\n1,x\n ,y\n,z\n\t,\n\u00a0 ,\n x,\n".encode()
    step = {"op": "filter", "filters": [{"column": "a", **leaf}]}
    (found,) = warnings_of(tmp_path, data, step, **WAYS[way])
    assert (found["code"], found["column"], place(found), found["value"]) == ("blank_cells", "a", (3, 6, 2, 3, 8), " ")
    assert found["detail"] == "3 of 6 cells of 'a' hold nothing but white space and count as not empty"
    assert found["hint"] == hint
    if "value" not in leaf:
        step["filters"][0]["spaces"] = True
        assert warnings_of(tmp_path, data, step, **WAYS[way]) == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("leaf", "said"),
    [
        ({"operator": "==", "value": "b"}, ", and == holds for none"),
        ({"operator": "!=", "value": "b"}, ", and == holds for none"),
        ({"operator": "not_contains", "value": "b"}, ", and contains holds for none"),
        ({"operator": "<", "value": "b"}, ""),
        ({"operator": "==", "value": "x y"}, None),  # there is such a text
        ({"operator": "==", "value": "a"}, None),
        ({"operator": "==", "value": "7"}, None),  # as a number
        ({"operator": "==", "value": {"column": "b"}}, None),
        ({"operator": "in", "value": ["b", "c"]}, None),  # which takes no column
    ],
)
def test_a_value_that_is_a_columns_name_is_a_warning(
    tmp_path: Path, way: str, leaf: dict[str, Any], said: str | None
) -> None:
    data = b"a,b,x y,7\n1,1\n2,3\nx y,4\n"
    found = warnings_of(tmp_path, data, {"op": "filter", "filters": [{"column": "a", **leaf}]}, **WAYS[way])
    found = [each for each in found if each["code"] == "value_is_a_column"]
    assert [(each["column"], *place(each)) for each in found] == [("a", 3, 3, 1, 2, 10)] * (said is not None)
    for each in found:
        assert each["detail"] == f"3 cells of 'a' were compared with the text 'b', the name of another column{said}"
        assert each["hint"] == 'the value {"column": "b"} compares with the cells of that column'


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=30)
@given(cells=st.lists(st.sampled_from(["", " ", "  ", "\t", "\u00a0", "\u202f", "x", " x", "\u00e9"])))
def test_every_such_cell_is_counted_once(tmp_path: Path, way: str, cells: list[str]) -> None:
    data = ("a,b\n" + "".join(f"{cell},1\n" for cell in cells)).encode()
    step = {"op": "filter", "filters": [{"column": "a", "operator": "is_empty"}]}
    blank = [number for number, cell in enumerate(cells, start=1) if cell and not cell.strip()]
    found = warnings_of(tmp_path, data, step, **WAYS[way])
    assert [(each["count"], each["row"]) for each in found] == ([(len(blank), blank[0])] if blank else [])


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=30)
@given(rows=st.lists(st.lists(st.sampled_from(["", " ", "\t", "x", "\u00a0"]), min_size=1, max_size=3)))
def test_records_that_only_look_empty_are_a_warning(tmp_path: Path, way: str, rows: list[list[str]]) -> None:
    data = csv_text([("a", "b"), *rows])
    blank = [
        number
        for number, row in enumerate(model.parse(data, Dialect()).rows, start=1)
        if any(row) and not "".join(row).strip()
    ]
    for name in ("is_empty", "not_empty"):
        step = {"op": "filter", "filters": [{"operator": name}]}
        found = warnings_of(tmp_path, data.encode(), step, **WAYS[way])
        found = [each for each in found if each["code"] == "blank_cells"]
        assert [(each["count"], each["row"]) for each in found] == ([(len(blank), blank[0])] if blank else [])
        assert all("records" in each["detail"] for each in found)


@pytest.mark.parametrize("step", [{}, {"drop_blank_records": False}, {"filters": [], "where": {}}])
def test_a_filter_says_what_it_drops(step: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "filter", **step}])
    assert caught.value.pointer.startswith("/steps/0/filters")


@pytest.mark.parametrize("way", WAYS)
def test_pairs_that_look_like_dates_come_with_their_format(tmp_path: Path, way: str) -> None:
    data = b"a,b\n,1\n31.12.2023,01.01.2024\n02.01.2024,01.01.2024\n"
    leaf: dict[str, Any] = {"column": "a", "operator": ">", "value": {"column": "b"}}
    (found,) = warnings_of(tmp_path, data, {"op": "filter", "filters": [leaf]}, **WAYS[way])
    assert found["hint"] == 'give "as": {"date": "%d.%m.%Y"}'
    leaf["as"] = {"date": "%d.%m.%Y"}
    (found,) = warnings_of(tmp_path, data, {"op": "filter", "filters": [leaf]}, **WAYS[way])
    assert (found["count"], found["hint"]) == (1, None)


@pytest.mark.parametrize("way", WAYS)
def test_pairs_that_have_no_order_are_a_warning(tmp_path: Path, way: str) -> None:
    data = b"a,b\n1,2\nx,2\n2024-01-02,2024-01-01\n1,\n"
    leaf = {"column": "a", "operator": ">", "value": {"column": "b"}}
    (found,) = warnings_of(tmp_path, data, {"op": "filter", "filters": [leaf]}, **WAYS[way])
    assert (found["code"], found["column"], place(found), found["value"]) == (
        "not_comparable",
        "a",
        (2, 4, 2, 3, 8),
        "x",
    )
    assert found["detail"] == "2 of 4 pairs of cells of 'a' and 'b' are not two numbers or two dates"
    leaf = {**leaf, "as": {"number": {"decimal": ","}}}
    (found,) = warnings_of(tmp_path, data, {"op": "filter", "filters": [leaf]}, **WAYS[way])
    assert found["detail"] == "3 of 4 pairs of cells of 'a' and 'b' are not two numbers"
    assert not warnings_of(tmp_path, data, {"op": "filter", "filters": [{**leaf, "as": "text"}]}, **WAYS[way])


@pytest.mark.parametrize(
    ("leaf", "pointer"),
    [
        ({"operator": "=="}, "/column"),
        ({"operator": "==", "value": 1}, "/column"),
        ({"column": "a", "operator": "==", "value": 1, "spaces": True}, "/spaces"),
        ({"column": "a", "operator": "matches", "value": {"column": "b"}}, "/value"),
        ({"column": "a", "operator": "in", "value": {"column": "b"}}, "/value"),
        ({"column": "a", "operator": ">", "value": {"column": 1}}, "/value/column"),
        ({"column": "a", "operator": ">", "value": {"name": "b"}}, "/value"),
        ({"column": "a", "operator": "contains", "value": {"column": "b"}, "as": "number"}, "/as"),
        ({"column": "a", "operator": "is_empty", "value": {"column": "b"}}, "/value"),
    ],
)
def test_bad_conditions_are_refused(leaf: dict[str, Any], pointer: str) -> None:
    for step, at in (({"filters": [leaf]}, "/filters/0"), ({"where": {"not": leaf}}, "/where/not")):
        with pytest.raises(InvalidInput) as caught:
            load_steps([{"op": "filter", **step}])
        assert caught.value.pointer == f"/steps/0{at}{pointer}"


def test_the_second_column_must_be_there() -> None:
    steps = load_steps([{"op": "filter", "filters": [{"column": "a", "operator": ">", "value": {"column": "c"}}]}])
    with pytest.raises(UnknownColumn) as caught:
        check_columns(steps, ["a", "b"], header=True)
    assert caught.value.pointer == "/steps/0/filters/0/value/column"


def test_they_can_be_typed() -> None:
    pair = {"column": "a", "operator": ">=", "value": {"column": "b c"}}
    assert condition('a >= {"column": "b c"}') == pair
    assert condition('a >= {"column": {"index": 2}} as number') == pair | {
        "value": {"column": {"index": 2}},
        "as": "number",
    }
    assert condition("a is_empty spaces") == {"column": "a", "operator": "is_empty", "spaces": True}
    assert tree([" not_empty "]) == {"filters": [{"operator": "not_empty"}]}
    assert tree(["is_empty spaces"]) == {"filters": [{"operator": "is_empty", "spaces": True}]}
    assert condition('a == {"column"') == {"column": "a", "operator": "==", "value": '{"column"'}
