"""explode against str.split."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.disk import Limits
from csvapi.errors import CsvapiError, InvalidInput, OutputLimit, UnknownColumn
from csvapi.operations import check_columns, load_steps
from csvapi.operations.explode import OPERATION
from tests.engines import model
from tests.engines.running import cases, reused
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, indexed, table

if TYPE_CHECKING:
    from pathlib import Path

WAYS = {**FAST_WAYS, "parallel": PARALLEL}


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=50)
@given(case=cases(), separator=st.sampled_from(["a", ",", "ab", "é", "\n", "1"]), data=st.data())
def test_any_list_of_any_file(
    tmp_path: Path, way: str, case: tuple[Dialect, str], separator: str, data: st.DataObject
) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    if not parsed.header:
        return
    at = data.draw(st.integers(0, len(parsed.header) - 1))
    step = {"op": "explode", "column": {"index": at + 1}, "separator": separator}
    try:
        found, receipt = table(tmp_path, text, [step], dialect, **WAYS[way])
    except InvalidInput as error:
        assert "no way to quote" in error.detail or "does not exist in" in error.detail  # noqa: PT017  not all can be said
        return
    items = [(model.cell(row, at) or "").split(separator) for row in parsed.rows]
    expected = [
        [*row[:at], item, *row[at + 1 :]] if len(row) > at else row
        for row, each in zip(parsed.rows, items, strict=True)
        for item in each
    ]
    assert found.rows == expected
    assert found.header == parsed.header or not parsed.header_raw
    if not dialect.skip_space:
        pieces = [*zip(parsed.raw, items, strict=True)][
            :-1
        ]  # the last one gets a line end, for which it is written anew
        whole = [raw.rstrip("\r\n") for raw, each in pieces if len(each) == 1]
        written = iter(raw.rstrip("\r\n") for raw in found.raw)
        assert all(raw in written for raw in whole), "in their order, with their bytes"
    count = receipt["dropped_by_step"][0]
    assert (count["in"], count["dropped"], count["out"]) == (len(parsed.rows), 0, len(expected))
    assert count["lists"] == sum(len(each) > 1 for each in items)


CELLS = ["", "a", "a;b", ";", ";;;", "é;ü", "ソ;ソ", "x\ny;z", '"q";', ";,", "z" * 60 + ";" + "y" * 60, "\udcff;"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "shift_jis", "gb18030"])
@pytest.mark.parametrize("column", ["x", "z"])
def test_the_kernel_makes_no_difference(tmp_path: Path, encoding: str, column: str) -> None:
    random = Random(5)
    known = [cell for cell in CELLS if cell.encode(encoding, "ignore").decode(encoding) == cell]
    rows = [random.choices(known, k=3) for _ in range(300)] + [["", "no", "list"]] * 300
    text = csv_text([["x", "y", "z"], *rows[:450]]) + 'a"b,1\n' + csv_text(rows[450:])
    step = {"op": "explode", "column": column, "separator": ";"}
    for options in ({}, {"block_size": 100}, {"max_record": 250}):
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


@pytest.mark.parametrize("way", WAYS)
def test_what_is_no_list_stays_byte_for_byte(tmp_path: Path, way: str) -> None:
    text = 'a,b\r\n"1",x;y\n\n"2","z"\r\n3\n"4",'
    found, _ = table(tmp_path, text, [{"op": "explode", "column": "b", "separator": ";"}], **WAYS[way])
    assert found.raw == ["1,x\n", "1,y\n", '"2","z"\r\n', "3\n", '"4",\n'], "only the last one gets a line end"


def test_an_empty_item_of_a_lone_column_is_a_record(tmp_path: Path) -> None:
    found, _ = table(tmp_path, "a\nx;;y\n", [{"op": "explode", "column": "a", "separator": ";"}])
    assert found.raw == ["x\n", '""\n', "y\n"]


@pytest.mark.parametrize("options", [{}, PARALLEL])
def test_later_steps_read_what_it_wrote(tmp_path: Path, options: dict[str, Any]) -> None:
    steps = [
        {"op": "explode", "column": "tags", "separator": "|"},
        {"op": "dedup", "columns": ["tags"]},
        {"op": "derive", "column": "row", "row_number": True},
    ]
    found, receipt = table(tmp_path, "id,tags\n1,a|b\n2,b|c\n3,\n", steps, **options)
    assert found.rows == [["1", "a", "1"], ["1", "b", "2"], ["2", "c", "4"], ["3", "", "5"]]
    assert [count["kept"] for count in receipt["dropped_by_step"]] == [3, 4, 4]


def test_what_it_writes_keeps_to_the_limit(tmp_path: Path) -> None:
    """A megabyte that would become a terabyte."""
    text = "a,b\n" + ";" * 1_000_000 + "," + "x" * 1_000_000 + "\n"
    with pytest.raises(OutputLimit) as caught:
        table(tmp_path, text, [{"op": "explode", "column": "a", "separator": ";"}], limits=Limits(output=50_000_000))
    assert caught.value.context["limit"] == 50_000_000


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"column": "a"}, "/steps/0/separator"),
        ({"column": "a", "separator": ""}, "/steps/0/separator"),
        ({"separator": ";"}, "/steps/0/column"),
        ({"column": "c", "separator": ";"}, "/steps/0/column"),
    ],
)
def test_bad_parameters_are_refused_where_they_stand(step: dict[str, Any], pointer: str) -> None:
    with pytest.raises((InvalidInput, UnknownColumn)) as caught:
        check_columns(load_steps([{"op": "explode", **step}]), ["a", "b"], header=True)
    assert caught.value.pointer == pointer


def test_a_separator_that_the_encoding_does_not_have_is_refused(tmp_path: Path) -> None:
    step = {"op": "explode", "column": "a", "separator": "€"}
    with pytest.raises(InvalidInput) as caught:
        table(tmp_path, "a\n1\n", [step], Dialect(encoding="latin-1"))
    assert caught.value.pointer == "/steps/0/separator"


def test_the_kernel_makes_the_records(tmp_path: Path) -> None:
    batch, step = indexed(tmp_path, "id,b\n1,x;y\n2,z\n3,\n", OPERATION, {"column": "b", "separator": ";"})
    assert b"".join(bytes(part.text) for part in step.expand(batch)) == b"1,x\n1,y\n2,z\n3,\n"
    assert "parsed" not in vars(batch), "no record became an object"
