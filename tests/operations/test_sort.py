"""sort against Python's sorted, with keys of exact values."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi import engines
from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.dialect import Dialect
from csvapi.errors import InvalidInput, UnknownColumn
from csvapi.operations import load_steps
from csvapi.operations.sort import Sort
from csvapi.steps.sort_keys import number_key, text_key
from csvapi.steps.step import Context
from tests.engines import model
from tests.engines.running import cases, reused
from tests.operations.naive import date, number
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

CELLS = ["f2", "f10", "f010", "f10b", "f", "f!", "10f", "2f", "E", "e", "E\u0301", "\u00c9", "\u00f8", "f00",
         "9" * 30, "", "a", "A", "ab", "é", "z", "\U0001f600", "\uffff", "7", "07", "-7", "7.0", "70", "0", "-0.5",
         "1e3", "0.1", "9007199254740993", "9007199254740992", "-1e-5", "2024-01-02", "2024-01-02T00:00",
         "2024-01-01T23:00:00-02:00", "a\0b", "a\0", " 8 ", "\u00a08", ".5", "5.", "1e401",
         "2024-01-02 00:00:00.00000001 UTC", "2024-01-02T00:00:00.0000001Z"]  # fmt: skip
WAYS = {**FAST_WAYS, "parallel": PARALLEL}
OF_TEXT = {"natural": False, "ignore_accents": False}
columns = st.fixed_dictionaries(
    {"column": st.sampled_from(["x", "y"])},
    optional={
        "as": st.sampled_from(["text", "number", "date"]),
        "order": st.sampled_from(["asc", "desc"]),
        "empty": st.sampled_from(["first", "last"]),
        "ignore_case": st.booleans(),
        "ignore_accents": st.booleans(),
        "natural": st.booleans(),
    },
).map(lambda by: by if by.get("as", "text") == "text" else by | OF_TEXT)
finite = st.decimals(allow_nan=False, allow_infinity=False).map(str).filter(lambda text: "E" not in text)


def value(cell: str, by: dict[str, Any]) -> Any:
    if by.get("as") == "number":
        return number(cell)
    if by.get("as") == "date":
        return date(cell)
    text = cell.casefold() if by.get("ignore_case") else cell
    if by.get("ignore_accents"):
        text = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", text))
    if not by.get("natural"):
        return text
    parts = re.findall("[0-9]+|[^0-9]", text)  # a number is where its digits are among the characters
    return [("0", int(part)) if part.isdecimal() and part.isascii() else (part, 0) for part in parts]


def in_order(rows: list[tuple[str, ...]], by: list[dict[str, Any]]) -> list[list[str]]:
    """From the least important column to the most, since Python's sort is stable."""
    found = list(rows)
    for part in reversed(by):
        at = "xyn".index(part["column"])
        there = [row for row in found if row[at] and value(row[at], part) is not None]
        empty = [row for row in found if row not in there]
        there = sorted(there, key=lambda row: value(row[at], part), reverse=part.get("order") == "desc")
        found = empty + there if part.get("empty") == "first" else there + empty
    return [list(row) for row in found]


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=25)
@given(
    cells=st.lists(st.tuples(*[st.sampled_from(CELLS)] * 2), max_size=30), by=st.lists(columns, min_size=1, max_size=2)
)
def test_orders_are_the_models(
    tmp_path: Path, way: str, cells: list[tuple[str, str]], by: list[dict[str, Any]]
) -> None:
    rows = [(x, y, str(number)) for number, (x, y) in enumerate(cells)]
    found, receipt = table(tmp_path, csv_text([("x", "y", "n"), *rows]), [{"op": "sort", "by": by}], **WAYS[way])
    assert found.rows == in_order(rows, by)
    assert receipt["records"]["kept"] == len(rows)


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=25)
@given(case=cases(), order=st.sampled_from(["asc", "desc"]))
def test_any_file_keeps_its_records(tmp_path: Path, way: str, case: tuple[Dialect, str], order: str) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    if not parsed.header or any(set("".join(row)) == {"\0"} for row in parsed.rows):
        return  # a record of NULs alone, which may come last, is trailing bytes to whoever reads the output
    steps = [{"op": "sort", "by": [{"column": {"index": 1}, "order": order, "empty": "first"}]}]
    try:
        found, _ = table(tmp_path, text, steps, dialect, **WAYS[way])
    except InvalidInput as error:
        assert "no way to quote" in error.detail  # noqa: PT017  the last record ended with the file
        return
    rows = parsed.rows
    empty = [row for row in rows if not row[0]]
    assert found.rows == empty + sorted(
        (row for row in rows if row[0]), key=lambda row: row[0], reverse=order == "desc"
    )


@given(first=finite, second=finite)
def test_number_keys_order_as_numbers(first: str, second: str) -> None:
    keys, values = [number_key(Decimal(each)) for each in (first, second)], [Fraction(first), Fraction(second)]
    assert (keys[0] < keys[1], keys[0] == keys[1]) == (values[0] < values[1], values[0] == values[1])


@given(first=st.binary(max_size=4), second=st.binary(max_size=4))
def test_text_keys_order_and_none_begins_another(first: bytes, second: bytes) -> None:
    keys = text_key(first), text_key(second)
    assert (keys[0] < keys[1]) == (first < second)
    assert first == second or not keys[1].startswith(keys[0])


@pytest.mark.parametrize("way", WAYS)
def test_steps_behind_a_sort_meet_its_order(tmp_path: Path, way: str) -> None:
    text = "k,v\n" + "".join(f"{number % 7},{number}\n" for number in range(50))
    steps = [
        {"op": "filter", "filters": [{"column": "v", "operator": "<", "value": 40}]},
        {"op": "sort", "by": [{"column": "v", "as": "number", "order": "desc"}]},
        {"op": "unique", "column": "k"},
        {"op": "sort", "by": ["k"]},
        {"op": "slice", "head": 3},
    ]
    found, receipt = table(tmp_path, text, steps, **WAYS[way])
    assert found.rows == [["0", "35"], ["1", "36"], ["2", "37"]]
    assert [(count["in"], count["kept"]) for count in receipt["dropped_by_step"]] == [
        (50, 40), (40, 40), (40, 7), (7, 7), (7, 3)
    ]  # fmt: skip
    assert receipt["records"] == {"in": 50, "kept": 3, "dropped": 47}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_no_number_is_counted(tmp_path: Path, way: str) -> None:
    step = {"op": "sort", "by": [{"column": "n", "as": "number"}]}
    text = "n,m\n" + "".join(f"{cell},\n" for cell in ("2", "x", "", "1", "1e2", "-", '"3"', "007"))
    _, receipt = table(tmp_path, text, [step], **WAYS[way])
    assert receipt["dropped_by_step"][0]["not_comparable"] == {"/by/0": 2}
    (warning,) = receipt["warnings"]
    assert (warning["count"], warning["of"]) == (2, 7)
    assert [warning[name] for name in ("row", "line", "byte", "value")] == [2, 3, 7, "x"]


@pytest.mark.parametrize(
    ("by", "kernel"),
    [
        ({"column": "a"}, True),
        ({"column": "a", "as": "number", "order": "desc"}, True),
        ({"column": "a", "as": "date"}, False),
        ({"column": "a", "as": {"number": {"group": ","}}}, False),
        ({"column": "a", "ignore_case": True}, False),
        ({"column": "a", "ignore_accents": True}, False),
        ({"column": "a", "natural": True}, False),
        ({"column": "a", "natural": False}, True),
    ],
)
def test_the_kernel_makes_the_keys_that_it_can(by: dict[str, Any], *, kernel: bool) -> None:
    (step,) = load_steps([{"op": "sort", "by": [by]}])
    sort = step.build(Context(["a"], True, ByteDialect(Dialect(), "utf-8")))
    assert isinstance(sort, Sort)
    assert bool(sort.key_columns) == kernel


def test_bad_parameters_are_refused(tmp_path: Path) -> None:
    for step, pointer in (({}, "/by"), ({"by": []}, "/by"), ({"by": [{"column": "a", "as": "x"}]}, "/by/0/as")):
        with pytest.raises(InvalidInput) as caught:
            load_steps([{"op": "sort", **step}])
        assert caught.value.pointer == "/steps/0" + pointer
    with pytest.raises(UnknownColumn) as unknown:
        table(
            tmp_path, "a\n1\n", [{"op": "slice", "head": 1}, {"op": "sort", "by": ["a"]}, {"op": "sort", "by": ["q"]}]
        )
    assert unknown.value.pointer == "/steps/2/by/0/column"


@pytest.mark.parametrize("name", ["natural", "ignore_accents"])
def test_what_is_for_text_is_refused_with_numbers(name: str) -> None:
    with pytest.raises(InvalidInput, match="is for text") as caught:
        load_steps([{"op": "sort", "by": [{"column": "a", "as": "number", name: True}]}])
    assert caught.value.pointer == f"/steps/0/by/0/{name}"
    load_steps([{"op": "sort", "by": [{"column": "a", "as": "number", name: False}]}])


@pytest.mark.parametrize("way", [{}, {"native": False}])
def test_the_last_record_keeps_its_quotes_when_others_follow_it(tmp_path: Path, way: dict[str, Any]) -> None:
    step = {"op": "sort", "by": [{"column": "k"}]}
    path, out = tmp_path / "in", tmp_path / "out"
    path.write_text('k,v\n"b","1"\n#\n"a","2"')
    engines.run(path, Dialect(comment="#"), [step], out, options=engines.Options(**way), workspace=tmp_path)
    assert out.read_bytes() == b'k,v\n"a","2"\n"b","1"\n'
