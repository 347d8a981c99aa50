"""split_column against str.split and the re module."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.reading import parsers_of, read_batches
from csvapi.csvio.source import Source
from csvapi.errors import CsvapiError, InvalidInput, TooLarge, UnknownColumn
from csvapi.operations import check_columns, load_steps
from csvapi.operations.split_column import SplitColumn
from csvapi.steps.step import Context
from tests.engines import model
from tests.engines.running import cases, reused
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

WAYS = {**FAST_WAYS, "parallel": PARALLEL}
INTO = ["p", "q", "r"]
HOW: list[dict[str, Any]] = [
    {"separator": "a"}, {"separator": ","}, {"separator": "ab"}, {"separator": "é"}, {"separator": "\n"},
    {"pattern": "([a-z])([^a-z]*)(.?)"}, {"pattern": "(a)|(b)|(1)"}, {"pattern": "((a)(.*))"},
]  # fmt: skip


def parts(cell: str, how: dict[str, Any]) -> list[str]:
    if "separator" in how:
        return cell.split(how["separator"], len(INTO) - 1)
    match = None if re.search("[\ud800-\udfff]", cell) else re.search(how["pattern"], cell)
    return [group or "" for group in match.groups()] if match else []


def placed(row: list[str], at: int, made: list[str], *, keep: bool) -> list[str]:
    before = row[: at + keep]
    return [*before, *[""] * (at + keep - len(before)), *made, *[""] * (len(INTO) - len(made)), *row[at + 1 :]]


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=40)
@given(case=cases(), how=st.sampled_from(HOW), keep=st.booleans(), data=st.data())
def test_any_column_of_any_file(
    tmp_path: Path, way: str, case: tuple[Dialect, str], how: dict[str, Any], keep: bool, data: st.DataObject
) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    if not parsed.header:
        return
    at = data.draw(st.integers(0, len(parsed.header) - 1))
    names = [f"new {name}" for name in INTO]
    step = {"op": "split_column", "column": {"index": at + 1}, "into": names, "keep": keep, **how}
    try:
        found, receipt = table(tmp_path, text, [step], dialect, **WAYS[way])
    except InvalidInput as error:
        assert "no way to quote" in error.detail or "does not exist in" in error.detail  # noqa: PT017  not all can be said
        return
    cells = [model.cell(row, at) or "" for row in parsed.rows]
    made = [parts(cell, how) for cell in cells]
    assert found.rows == [placed(row, at, each, keep=keep) for row, each in zip(parsed.rows, made, strict=True)]
    if parsed.header_raw:
        assert found.header == placed(parsed.header, at, names, keep=keep)
    fewer = [number for number, each in enumerate(made) if cells[number] and len(each) < len(INTO)]
    warnings = [each for each in receipt["warnings"] if each["code"] == "fewer_parts"]
    expected = [(len(fewer), sum(map(bool, cells)), fewer[0] + 1, cells[fewer[0]])] if fewer else []
    assert [(each["count"], each["of"], each["row"], each["value"]) for each in warnings] == expected
    filled = sum(max(0, at + keep - len(row)) for row in parsed.rows)
    assert receipt["dropped_by_step"][0]["filled"] == filled


CELLS = [
    "",
    "a",
    "a;b",
    "a;b;c;d",
    ";",
    ";;;",
    "é;ü",
    "ソ;ソ",
    "x\ny;z",
    '"q";',
    ";,",
    "z" * 60 + ";" + "y" * 60,
    "\udcff;",
]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "shift_jis", "gb18030"])
@pytest.mark.parametrize("how", [{"separator": ";"}, {"pattern": "([^;]*);?(.*)"}, {"pattern": "((ソ)?.*)"}])
@pytest.mark.parametrize("keep", [False, True])
def test_the_kernel_writes_as_python_does(tmp_path: Path, encoding: str, how: dict[str, Any], keep: bool) -> None:
    random = Random(4)
    known = [cell for cell in CELLS if cell.encode(encoding, "ignore").decode(encoding) == cell]
    rows = [random.choices(known, k=3) for _ in range(500)]
    text = csv_text([["x", "y", "z"], *rows[:250]]) + 'a"b,1\n' + csv_text(rows[250:])
    step = {"op": "split_column", "column": "y", "into": ["p", "q"], "keep": keep, **how}
    for options in ({}, {"block_size": 100}, {"max_record": 150}):
        outcomes = [
            outcome(tmp_path, text, step, Dialect(encoding=encoding), native=native, **options)
            for native in (True, False)
        ]
        assert outcomes[0] == outcomes[1]


def outcome(folder: Path, text: str, step: dict[str, Any], dialect: Dialect, **options: Any) -> Any:
    try:
        found, receipt = table(folder, text, [step], dialect, **options)
    except CsvapiError as error:
        return error.detail
    return found.raw, receipt["dropped_by_step"], receipt["warnings"]


def test_a_separator_is_not_found_within_a_character(tmp_path: Path) -> None:
    step = {"op": "split_column", "column": "n", "into": ["p", "q"], "separator": "|"}
    found, _ = table(tmp_path, "n\nポ|ポ\n", [step], Dialect(encoding="shift_jis"))  # whose second byte is that of |
    assert found.rows == [["ポ|ポ", "ポ", "ポ"]]


def test_the_kernel_writes_a_batch(tmp_path: Path) -> None:
    text = "x,y\na-b,1\n,c\nd,2\n"
    (tmp_path / "in").write_text(text)
    source = Source.open(tmp_path / "in", Dialect())
    context = Context(["x", "y"], header=True, byte_dialect=source.byte_dialect)
    step = SplitColumn({"column": "x", "into": ["p", "q"], "separator": "-", "keep": False}, context, "")
    pieces = read_batches(source, 4, len(text), parsers_of(source, 2, 1 << 20, native=1 << 10))
    del step.split  # which would cut the cells one by one
    done = step.map(next(iter(pieces)).batch)
    assert isinstance(done, IndexedBatch)
    assert bytes(done.index.text) == b"a,b,1\n,,c\nd,,2\n"
    seen = step.remarks[0].seen
    assert (seen.count, seen.of, seen.spots[0].row, seen.spots[0].value) == (1, 2, 2, b"d")


def test_the_name_may_go_on_and_later_steps_meet_the_new_columns(tmp_path: Path) -> None:
    steps = [
        {"op": "split_column", "column": "name", "into": ["name", "rest"], "separator": " ", "keep": False},
        {"op": "filter", "filters": [{"column": "rest", "operator": "==", "value": "b c"}]},
    ]
    found, receipt = table(tmp_path, "name,n\na b c,1\nd,2\n", steps, **PARALLEL)
    assert (found.header, found.rows) == (["name", "rest", "n"], [["a", "b c", "1"]])
    (warning,) = receipt["warnings"]
    assert warning["detail"] == "1 of 2 filled cells of 'name' has fewer than 2 parts; missing parts are empty"
    assert (warning["row"], warning["line"], warning["byte"], warning["value"]) == (2, 3, 15, "d")


@pytest.mark.parametrize(
    ("step", "pointer", "says"),
    [
        ({"into": ["p"]}, "/steps/0/separator", "either separator or pattern"),
        ({"into": ["p"], "separator": ",", "pattern": "(x)"}, "/steps/0/separator", "either separator or pattern"),
        ({"into": ["p"], "separator": ""}, "/steps/0/separator", "must not be empty"),
        ({"into": [], "separator": ","}, "/steps/0/into", "at least one column"),
        ({"into": ["p", "q", "p"], "separator": ","}, "/steps/0/into", "'p' twice"),
        ({"into": ["p"], "pattern": "(?=x)"}, "/steps/0/pattern", "not a pattern RE2 understands"),
    ],
)
def test_bad_parameters_are_refused_where_they_stand(step: dict[str, Any], pointer: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "split_column", "column": "a", **step}])
    assert caught.value.pointer == pointer
    assert says in caught.value.detail


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"column": "c", "into": ["p"]}, "/steps/0/column"),
        ({"column": "a", "into": ["p", "a"]}, "/steps/0/into/1"),
        ({"column": "a", "into": ["b", "p"], "keep": False}, "/steps/0/into/0"),
        ({"column": "a", "into": ["p", "q"], "pattern": "(x)"}, "/steps/0/pattern"),
    ],
)
def test_columns_that_do_not_fit_are_refused(step: dict[str, Any], pointer: str) -> None:
    steps = load_steps([{"op": "split_column", **({} if "pattern" in step else {"separator": ","}), **step}])
    with pytest.raises((UnknownColumn, InvalidInput)) as caught:
        check_columns(steps, ["a", "b"], header=True)
    assert caught.value.pointer == pointer


@pytest.mark.parametrize("native", [True, False])
def test_groups_that_hold_each_other_are_measured_first(tmp_path: Path, native: bool) -> None:
    step = {"op": "split_column", "column": "a", "into": ["p", "q"], "pattern": "((x+))"}
    with pytest.raises(TooLarge) as caught:
        table(tmp_path, "a\nx\n" + "x" * 600 + "\n", [step], native=native, max_record=1_000)
    assert caught.value.detail.startswith("Row 2, column 'a': step 1 would make a record of 1200 bytes")


def test_what_a_mapper_reports_is_counted_once_whatever_follows(tmp_path: Path) -> None:
    steps = [
        {"op": "split_column", "column": "name", "into": ["first", "last"], "separator": " "},
        {"op": "dedup"},
        {"op": "dedup", "columns": ["first"]},
    ]
    for options in ({}, {"native": False}, PARALLEL):
        _, receipt = table(tmp_path, "name\nAda Lovelace\nPlato\nKant\n", steps, **options)
        (found,) = [each for each in receipt["warnings"] if each["code"] == "fewer_parts"]
        assert (found["count"], found["of"], found["row"], found["line"]) == (2, 3, 2, 3)
