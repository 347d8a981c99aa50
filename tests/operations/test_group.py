"""group against a dictionary of lists, over random files and over numbers, dates and texts."""

from __future__ import annotations

import os
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.errors import InvalidInput, TooLarge
from csvapi.operations import load_steps
from tests.engines import model
from tests.engines.peak import peak
from tests.engines.running import WAYS, cases, reused
from tests.engines.test_warnings import place, warnings_of
from tests.operations.groups import FUNCTIONS, figure, groups, same
from tests.operations.groups import cell as cell_of
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, processes_of_shares, table

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect

CELLS = ["", "a", "b", "7", "007", "7.0", "-1.25", "1e400", ".5", " 3 ", "2024-01-02", "2023-12-31T23:59:59Z", "a,b",
         "x\ny", "é", "\0", "9007199254740993", "0.1", "nan"]  # fmt: skip
EVERY = [*FAST_WAYS.values(), PARALLEL, {**PARALLEL, "native": False}]
AS = {"number": ("sum", "mean", "min", "max"), "date": ("min", "max"), "text": ("min", "max")}
TYPED = [(function, as_) for as_, functions in AS.items() for function in functions]


@pytest.mark.parametrize("way", EVERY)
@settings(reused, max_examples=25)
@given(case=cases(), width=st.integers(0, 2))
def test_any_file_has_groups(tmp_path: Path, way: dict[str, Any], case: tuple[Dialect, str], width: int) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    width = min(width, len(parsed.header))
    if not parsed.header or (not dialect.double_quote and not dialect.escape):
        return
    functions = ["count", "count_distinct", "first", "last"]
    made = [{"aggregate": each, "column": {"index": 1}, "name": f"{each} of it"} for each in functions]
    step: dict[str, Any] = {"op": "group", "aggregates": ["count", *made]}
    step |= {"by": [{"index": number} for number in range(1, width + 1)]} if width else {}
    found, _ = table(tmp_path, text, [step], dialect, **way)
    expected = [
        [*key, str(len(rows)), *(figure(each, [cell_of(row, 0) for row in rows]) for each in functions)]
        for key, rows in groups(parsed.rows, list(range(width))).items()
    ]
    assert found.rows == expected


@pytest.mark.parametrize("way", EVERY)
@settings(reused, max_examples=40)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["x", "y", "", "z,"]), st.sampled_from(["1", "\n2"]), st.sampled_from(CELLS))
    )
)
def test_figures_are_the_models(tmp_path: Path, way: dict[str, Any], rows: list[tuple[str, str, str]]) -> None:
    given = [(each, "text") for each in FUNCTIONS if each not in AS["number"]] + TYPED
    aggregates = [
        {"aggregate": each, "column": "v", "name": str(number)} | ({"as": as_} if each in AS["number"] else {})
        for number, (each, as_) in enumerate(given)
    ]
    text = csv_text([("a", "b", "v"), *rows])
    found, receipt = table(tmp_path, text, [{"op": "group", "by": ["a", "b"], "aggregates": aggregates}], **way)
    expected = groups([list(row) for row in rows], [0, 1])
    assert [tuple(row[:2]) for row in found.rows] == list(expected)
    for row, records in zip(found.rows, expected.values(), strict=True):
        for cell, (function, as_) in zip(row[2:], given, strict=True):
            wanted = figure(function, [record[2] for record in records], as_)
            assert same(cell, wanted), (function, as_)
            if function == "sum" and wanted != "":
                assert Fraction(Decimal(cell)) == wanted
    assert receipt["dropped_by_step"][0]["out"] == len(expected)


def test_sums_are_exact_and_written_out(tmp_path: Path) -> None:
    cells = ["0.1", "0.2", "1e20", "-1e20", "9007199254740993", "1.10"]
    step = {"op": "group", "aggregates": ["sum:v", "mean:v", "count"]}
    found, _ = table(tmp_path, csv_text([("v",), *((cell,) for cell in cells)]), [step])
    assert found.header == ["v_sum", "v_mean", "count"]
    assert found.rows == [["9007199254740994.40", "1.50119987579017e+15", "6"]]


@pytest.mark.parametrize("way", [{}, {"native": False}, PARALLEL])
def test_many_groups_and_values_are_beyond_the_memory(tmp_path: Path, way: dict[str, Any]) -> None:
    rows = [[f"g{number * 7919 % 600}", f"v{number * 31 % 700}", str(number)] for number in range(6_000)]
    aggregates = ["count", "count_distinct:v", "sum:n", "first:n", "last:n", "max:n", "join:v"]
    step = {"op": "group", "by": ["k"], "aggregates": aggregates}
    found, _ = table(tmp_path, csv_text([["k", "v", "n"], *rows]), [step], **{**way, "memory": 20_000})
    expected = []
    for key, records in groups(rows, [0]).items():
        values, numbers = [record[1] for record in records], [int(record[2]) for record in records]
        figures = [
            len(records),
            len(set(values)),
            sum(numbers),
            numbers[0],
            numbers[-1],
            max(numbers),
            ", ".join(values),
        ]
        expected.append([*key, *map(str, figures)])
    assert found.rows == expected


@pytest.mark.parametrize("way", WAYS)
def test_what_is_left_out_is_a_warning(tmp_path: Path, way: str) -> None:
    data = b'k,v,d\na,"1,000.5",2020-01-01\nb,,x\na,5,\n'
    aggregates = ["sum:v", "mean:v", "count:v", {"aggregate": "min", "column": "d"}]
    found = warnings_of(tmp_path, data, {"op": "group", "by": ["k"], "aggregates": aggregates}, **WAYS[way])
    parts = ("code", "column", "value", "hint", "detail")
    assert [(place(each), *(each[part] for part in parts)) for each in found] == [
        ((2, 3, 1, 2, 6), "not_comparable", "v", "1,000.5", 'give "as": {"number": {"group": ","}}',
         "2 of 3 cells of 'v' are no number, and left out"),
        ((3, 3, 1, 2, 6), "not_comparable", "d", "2020-01-01", 'give "as": "date"',
         "3 of 3 cells of 'd' are no number, and left out"),
    ]  # fmt: skip


def test_a_format_is_read_and_plain_numbers_are_written(tmp_path: Path) -> None:
    money = {"number": {"group": ".", "decimal": ",", "currency": True}}
    aggregates = [{"aggregate": each, "column": "v", "as": money} for each in ("sum", "mean", "max")]
    found, _ = table(tmp_path, csv_text([("v",), ("1.234,50 €",), ("7",)]), [{"op": "group", "aggregates": aggregates}])
    assert found.rows == [["1241.50", "620.75", "1.234,50 €"]]


@pytest.mark.parametrize("way", [{}, {"native": False}, PARALLEL])
@pytest.mark.parametrize("aggregate", ["join:v", "first:v"])
def test_a_record_that_becomes_too_long_is_refused(tmp_path: Path, way: dict[str, Any], aggregate: str) -> None:
    text = "k,v\n" + "".join(f"a,{'x' * 90}\n" for _ in range(20))
    step = {"op": "group", "by": ["k"] * 3, "aggregates": [aggregate, {"aggregate": "last", "column": "v"}]}
    if aggregate == "first:v":
        step["aggregates"] += [{"aggregate": "first", "column": "v", "name": str(number)} for number in range(9)]
    with pytest.raises(TooLarge, match=r"limit for a record is 900 bytes"):
        table(tmp_path, text, [step], max_record=900, **way)


def test_a_table_is_a_file_for_the_next_step(tmp_path: Path) -> None:
    steps = [
        {"op": "group", "by": ["a"]},
        {"op": "filter", "filters": [{"column": "count", "operator": ">", "value": 1}]},
    ]
    found, receipt = table(tmp_path, "a\nx\ny\nx\n", steps)
    assert (found.header, found.rows) == (["a", "count"], [["x", "2"]])
    assert receipt["records"] == {"in": 3, "kept": 1, "dropped": 1}


@pytest.mark.parametrize(
    ("aggregates", "pointer"),
    [
        ([], "/aggregates"),
        (["total:v"], "/aggregates/0/aggregate"),
        (["sum"], "/aggregates/0/column"),
        ([{"aggregate": "sum", "column": "v", "as": "date"}], "/aggregates/0/as"),
        ([{"aggregate": "first", "column": "v", "as": "number"}], "/aggregates/0/as"),
        ([{"aggregate": "sum", "column": "v", "separator": ";"}], "/aggregates/0/separator"),
        ([{"aggregate": "sum", "column": "v", "name": ""}], "/aggregates/0/name"),
        ([{"aggregate": "sum", "column": "v", "to": "x"}], "/aggregates/0/to"),
    ],
)
def test_bad_parameters_are_refused(aggregates: Any, pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "group", "by": ["k"], "aggregates": aggregates}])
    assert caught.value.pointer == "/steps/0" + pointer


@pytest.mark.parametrize(
    "aggregates", [["count", "count"], ["sum:v", {"aggregate": "min", "column": "v", "name": "k"}]]
)
def test_two_columns_of_one_name_are_refused(tmp_path: Path, aggregates: list[Any]) -> None:
    with pytest.raises(InvalidInput, match="another name"):
        table(tmp_path, "k,v\na,1\n", [{"op": "group", "by": ["k"], "aggregates": aggregates}])


@pytest.mark.parametrize("way", [{}, {"processes": 2, "smallest_range": 1}])
def test_many_groups_take_no_more_than_the_budget(tmp_path: Path, way: dict[str, Any]) -> None:
    path, tiny = tmp_path / "many", tmp_path / "tiny"
    rows = (f"k{number * 7919 % 150_003},{number},{'x' * 60}\n" for number in range(200_000))
    path.write_text("k,n,t\n" + "".join(rows))
    tiny.write_text("k,n,t\n1,2,x\n")
    steps = [{"op": "group", "by": ["k"], "aggregates": ["count", "mean:n", "min:n", "last:t"]}]
    most = peak(tmp_path, path, steps, path, memory=8 << 20, **way)
    assert most - peak(tmp_path, tiny, steps, tiny) <= (8 + 8) << 20


def test_the_order_of_records_decides_whoever_folds_them(tmp_path: Path) -> None:
    """Python takes the records with an exponent or a key that needs quotes, the kernel the others."""
    rows = [
        ["a", "1e1", "x"],
        ["a", "10", "y"],
        ["b", "3", ""],
        ["b", "3e0", "z"],
        ["c,d", "1", "u"],
        ["a", "10.0", "v"],
    ]
    aggregates = ["first:t", "last:t", "min:n", "max:n", "sum:n", "count:t"]
    step = {"op": "group", "by": ["k"], "aggregates": aggregates}
    for order in (rows, rows[::-1]):
        found, _ = table(tmp_path, csv_text([["k", "n", "t"], *order]), [step])
        expected = []
        for key, each in groups(order, [0]).items():
            texts = [row[2] for row in each]
            numbers = [row[1] for row in each]
            figures = [figure("first", texts), figure("last", texts), figure("min", numbers), figure("max", numbers)]
            total = sum(map(Decimal, numbers))
            expected.append([*key, *figures, f"{total:f}", figure("count", texts)])
        assert found.rows == expected


@pytest.mark.parametrize("aggregates", [["count", "sum:n", "first:t"], ["count_distinct:t"]])
def test_two_processes_finish_the_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aggregates: list[str]
) -> None:
    """A half each, whether the kernel makes the aggregates or Python."""
    rows = [[f"k{number * 7919 % 600}", "1e1" if number % 9 else "2", f"t{number % 7}"] for number in range(2_000)]
    text, steps = csv_text([["k", "n", "t"], *rows]), [{"op": "group", "by": ["k"], "aggregates": aggregates}]
    processes = processes_of_shares(monkeypatch, "csvapi.operations.group")
    alone, _ = table(tmp_path, text, steps, memory=10_000)
    assert processes == [os.getpid()]
    found, receipt = table(tmp_path, text, steps, **{**PARALLEL, "memory": 10_000})
    assert len({*processes}) == len(processes) == 3
    assert found == alone
    assert receipt["dropped_by_step"][0]["out"] == 600


@pytest.mark.parametrize("options", [{}, {"native": False}, {"memory": 2_000}, PARALLEL])
def test_groups_of_one_record_are_a_warning(tmp_path: Path, options: dict[str, Any]) -> None:
    single = "a,b\n" + "".join(f"{n % 50},{n}\n" for n in range(200))
    for by, text, count in (
        (["b"], single, 200),
        (["a", "b"], single, 200),
        (["a"], single, 0),
        (["a"], single + "x,y\n", 0),
        (["b"], single + "x,199\n", 0),
        (["b"], "a,b\n1,2\n", 0),
        (["b"], "a,b\n", 0),
        ([], single, 0),
    ):
        _, receipt = table(tmp_path, text, [{"op": "group", "by": by} if by else {"op": "group"}], **options)
        found = [each for each in receipt["warnings"] if each["code"] == "groups_of_one"]
        assert [(each["count"], each["of"], each["row"], each["line"], each["byte"]) for each in found] == [
            (count, count, 1, 2, 4)
        ] * bool(count)
        assert [each["column"] for each in found] == [by[0] if len(by) == 1 else None] * bool(count)


def test_a_preview_says_nothing_of_groups_of_one(tmp_path: Path) -> None:
    _, receipt = table(tmp_path, "a\n1\n2\n", [{"op": "group", "by": ["a"]}], partial=True)
    assert receipt["warnings"] == []
