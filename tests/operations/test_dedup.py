"""dedup that decides: by a value, by how full a record is, and by numbers and dates, against a few lines of Python."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio import Dialect
from csvapi.errors import InvalidInput, UnknownColumn
from csvapi.operations import check_columns, load_steps
from tests.engines import model
from tests.engines.peak import peak
from tests.engines.running import WAYS, cases, execute, expect, reused
from tests.operations.naive import date, number
from tests.operations.tables import PARALLEL, csv_text, processes_of_shares, table

if TYPE_CHECKING:
    from pathlib import Path

CELLS = ["", "a", "A", "1", "01", "1.0", "-2", "x,y", '"', "é", " ", "2024-01-02", "2024-01-02T00:00Z", "line\nend"]
VALUES: dict[str, Any] = {"number": number, "date": date, "text": str}
keeps = st.one_of(
    st.sampled_from(["first", "last", "none", "fullest"]),
    st.builds(
        lambda by, kind: by | ({"as": kind} if kind else {}),
        st.sampled_from([{"max": "y"}, {"min": "y"}, {"max": {"index": 1}}]),
        st.sampled_from([*VALUES, None]),
    ),
)


def compared(cell: str | None, kind: str, ignore: list[str]) -> Any:
    """What a cell is to a key."""
    if cell and kind != "text" and VALUES[kind](cell) is not None:
        return VALUES[kind](cell)
    folded = cell.casefold() if cell and "case" in ignore else cell
    return " ".join(folded.split()) if folded and "space" in ignore else folded


def best(rows: list[model.Row], group: list[int], keep: Any) -> int:
    """The record of the group that stays, by its row."""
    if keep == "fullest":
        return max(group, key=lambda row: (sum(map(bool, rows[row])), -row))
    column = keep.get("max", keep.get("min"))
    at = 0 if column == {"index": 1} else "xyz".index(column)
    value = VALUES[keep.get("as", "text")]
    there = [row for row in group if model.cell(rows[row], at) and value(rows[row][at]) is not None]
    if not there:
        return group[0]
    extreme = (max if "max" in keep else min)(value(rows[row][at]) for row in there)
    return next(row for row in there if value(rows[row][at]) == extreme)


def decide(rows: list[model.Row], keys: list[Any], keep: Any) -> list[int | None]:
    """For each record the one that it repeats, by its row; None if it stays."""
    groups: dict[Any, list[int]] = {}
    for row, key in enumerate(keys):
        groups.setdefault(key, []).append(row)
    stays = {row: best(rows, group, keep) for group in groups.values() for row in group}
    return [None if stays[row] == row else stays[row] for row in range(len(rows))]


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=20)
@given(
    rows=st.lists(st.tuples(*[st.sampled_from(CELLS)] * 3), max_size=25),
    keep=keeps,
    kind=st.sampled_from([*VALUES]),
    ignore=st.sampled_from([[], ["case"], ["case", "space"]]),
    empty=st.sampled_from(["compare", "keep"]),
)
def test_the_records_that_stay_are_the_models(
    tmp_path: Path, way: str, rows: list[Any], keep: Any, kind: str, ignore: list[str], empty: str
) -> None:
    columns: list[Any] = ["x", {"column": "z", "as": kind}]
    step = {"op": "dedup", "columns": columns, "keep": keep, "ignore": ignore, "empty": empty}
    text = csv_text([("x", "y", "z"), *rows])
    keys: list[Any] = [(compared(row[0], "text", ignore), compared(row[2], kind, ignore)) for row in rows]
    if empty == "keep":
        keys = [key if any(each != "" for each in key) else row for row, key in enumerate(keys)]
    if isinstance(keep, str) and keep != "fullest":
        goes = [not stay for stay in model.dedup(keys, keep)]
        leaders = None
    else:
        leaders = decide([list(row) for row in rows], keys, keep)
        goes = [leader is not None for leader in leaders]
    output, dropped, (receipt, why) = execute(tmp_path, text, Dialect(), [step], **WAYS[way])
    assert (output, dropped) == expect(model.parse(text, Dialect()), [not each for each in goes])
    if leaders is not None:
        assert [(row, kept) for row, _, _, _, kept in why] == [
            (str(row + 1), str(leader + 1)) for row, leader in enumerate(leaders) if leader is not None
        ]
    if kind != "text":
        bad = sum(bool(row[2]) and VALUES[kind](row[2]) is None for row in rows)
        assert receipt["dropped_by_step"][0]["not_comparable"]["/columns/1"] == bad


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=15)
@given(case=cases(), keep=st.sampled_from(["fullest", {"max": {"index": 2}}, {"min": {"index": 1}, "as": "number"}]))
def test_any_file_keeps_its_bytes(tmp_path: Path, way: str, case: tuple[Dialect, str], keep: Any) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    if len(parsed.header) < 2:
        return
    named: Any = keep
    if isinstance(keep, dict):
        named = {name: "xy"[each["index"] - 1] if isinstance(each, dict) else each for name, each in keep.items()}
    leaders = decide(parsed.rows, model.keys(parsed.rows, [0]), named)
    step = {"op": "dedup", "columns": [{"index": 1}], "keep": keep}
    output, dropped, _ = execute(tmp_path, text, dialect, [step], **WAYS[way])
    assert (output, dropped) == expect(parsed, [leader is None for leader in leaders])


def test_what_could_not_be_compared_is_a_warning(tmp_path: Path) -> None:
    text = "k,u\na,05.01.2024\na,\na,07.12.2023\nb,1\n"
    step = {"op": "dedup", "columns": ["k"], "keep": {"max": "u", "as": "date"}}
    output, _, (receipt, _) = execute(tmp_path, text, Dialect(), [step])
    assert output == "k,u\na,05.01.2024\nb,1\n"
    (warning,) = receipt["warnings"]
    assert (warning["code"], warning["count"], warning["of"], warning["row"]) == ("not_comparable", 3, 3, 1)
    assert warning["hint"] == 'give "as": {"date": "%d.%m.%Y"}'
    step["keep"] = {"max": "u", "as": {"date": "%d.%m.%Y"}}
    _, _, (receipt, why) = execute(tmp_path, text, Dialect(), [step])
    assert [(row, kept) for row, _, _, _, kept in why] == [("2", "1"), ("3", "1")]


@pytest.mark.parametrize(
    ("cells", "hint"),
    [
        (["9", "10"], 'give "as": "number"'),
        (["05.01.2024", "13.12.2023"], 'give "as": {"date": "%d.%m.%Y"}'),
        (["2024-01-02", "2023-12-31"], None),
        (["2024/01/02", "2023/12/31"], None),
        (["9", "ten"], None),
    ],
)
def test_numbers_that_are_compared_as_text_are_a_warning(tmp_path: Path, cells: list[str], hint: str | None) -> None:
    text = "k,u\n" + "".join(f"a,{cell}\n" for cell in cells)
    _, _, (receipt, _) = execute(tmp_path, text, Dialect(), [{"op": "dedup", "columns": ["k"], "keep": {"max": "u"}}])
    assert [each["hint"] for each in receipt["warnings"]] == ([hint] if hint else [])
    if hint:
        assert receipt["warnings"][0]["code"] == "text_comparison"
    asked = {"op": "dedup", "columns": ["k"], "keep": {"max": "u", "as": "text"}}
    assert execute(tmp_path, text, Dialect(), [asked])[2][0]["warnings"] == []


def test_the_first_empty_key_that_goes_is_named(tmp_path: Path) -> None:
    step = {"op": "dedup", "columns": ["k"], "keep": {"max": "n", "as": "number"}}
    _, _, (receipt, _) = execute(tmp_path, "k,n\n,1\n,3\n,2\n", Dialect(), [step])
    (warning,) = receipt["warnings"]
    assert (warning["code"], warning["count"], warning["row"]) == ("empty_keys", 2, 1)
    _, _, (receipt, _) = execute(tmp_path, "k,n\n,3\n,1\n,2\n", Dialect(), [step])
    assert receipt["warnings"][0]["row"] == 2


def test_steps_before_and_after_see_what_is_left(tmp_path: Path) -> None:
    steps = [
        {"op": "filter", "filters": [{"column": "n", "operator": "<", "value": 9}]},
        {"op": "dedup", "columns": ["k"], "keep": {"max": "n", "as": "number"}},
        {"op": "dedup", "columns": ["k"]},
        {"op": "slice", "tail": 1},
    ]
    output, _, (receipt, _) = execute(tmp_path, "k,n\na,1\nb,5\na,9\na,3\nb,4\n", Dialect(), steps)
    assert output == "k,n\na,3\n"
    assert [each["kept"] for each in receipt["dropped_by_step"]] == [4, 2, 2, 1]


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"keep": "some"}, "/keep"),
        ({"keep": {"max": "a", "min": "b"}}, "/keep"),
        ({"keep": {"as": "number"}}, "/keep"),
        ({"keep": {"max": 3}}, "/keep/max"),
        ({"keep": {"max": "a", "as": "colour"}}, "/keep/as"),
        ({"keep": {"max": "a", "as": {"date": "%Q"}}}, "/keep/as/date"),
        ({"columns": [{"column": "a", "as": {"date": "%Q"}}]}, "/columns/0/as/date"),
        ({"columns": [{"column": "a"}]}, "/columns/0"),
        ({"columns": [{"column": {"index": 0}, "as": "date"}]}, "/columns/0"),
        ({"columns": []}, "/columns"),
    ],
)
def test_what_is_wrong_is_refused_where_it_stands(step: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "dedup", **step}])
    assert caught.value.pointer == "/steps/0" + pointer


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"keep": {"max": "c"}}, "/keep/max"),
        ({"columns": [{"column": "c", "as": "number"}]}, "/columns/0/column"),
    ],
)
def test_columns_that_there_are_not_are_refused(step: dict[str, Any], pointer: str) -> None:
    with pytest.raises(UnknownColumn) as caught:
        check_columns(load_steps([{"op": "dedup", **step}]), ["a", "b"], header=True)
    assert caught.value.pointer == "/steps/0" + pointer


def test_a_column_may_be_compared_in_two_ways(tmp_path: Path) -> None:
    both = [{"column": "n", "as": "number"}, {"index": 1}, "n"]
    output, _, _ = execute(tmp_path, "n\n1\n1.0\n1\n", Dialect(), [{"op": "dedup", "columns": both}])
    assert output == "n\n1\n1.0\n"


def test_records_that_go_by_rank_are_found_in_shares_by_several_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = processes_of_shares(monkeypatch, "csvapi.engines.local.keyed_pass")
    records = [(f"k{number * 7 % 300}", str(number * 11 % 900)) for number in range(900)]
    text, step = (
        csv_text([("k", "n"), *records]),
        {"op": "dedup", "columns": ["k"], "keep": {"max": "n", "as": "number"}},
    )
    alone, _ = table(tmp_path, text, [step], memory=10_000)
    assert processes == [os.getpid()]
    found, receipt = table(tmp_path, text, [step], **{**PARALLEL, "memory": 10_000})
    assert len({*processes}) == len(processes) == 3
    assert found == alone
    largest: dict[str, int] = {}
    for key, value in records:
        largest[key] = max(int(value), largest.get(key, 0))
    assert dict(found.rows) == {key: str(value) for key, value in largest.items()}
    assert receipt["records"]["kept"] == 300


@pytest.mark.parametrize("native", [True, False])
def test_ranks_take_no_more_than_the_budget(tmp_path: Path, *, native: bool) -> None:
    path, tiny = tmp_path / "many", tmp_path / "tiny"
    rng = random.Random(1)
    path.write_text("k,n,t\n" + "".join(f"{rng.randrange(40_000)},{rng.random()},{'x' * 40}\n" for _ in range(120_000)))
    tiny.write_text("k,n,t\na,1,x\n")
    step = {"op": "dedup", "columns": ["k"], "keep": {"max": "n", "as": "number"}}
    grown = peak(tmp_path, path, [step], path, memory=4 << 20, native=native) - peak(tmp_path, tiny, [step], tiny)
    assert grown <= (4 + 8) << 20
