"""select against indexing, over random files and dialects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.errors import InvalidInput, UnknownColumn
from tests.engines import model
from tests.engines.running import cases, reused
from tests.operations.tables import FAST_WAYS, PARALLEL, table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("way", FAST_WAYS)
@settings(reused, max_examples=25)
@given(case=cases(), data=st.data())
def test_any_columns_of_any_file(tmp_path: Path, way: str, case: tuple[Dialect, str], data: st.DataObject) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    if not parsed.header:
        return
    chosen = data.draw(st.lists(st.integers(0, len(parsed.header) - 1), min_size=1, max_size=3))
    step = {"op": "select", "columns": [{"index": position + 1} for position in chosen]}
    try:
        found, _ = table(tmp_path, text, [step], dialect, **FAST_WAYS[way])
    except InvalidInput as error:
        assert "no way to quote" in error.detail  # noqa: PT017  not every dialect can say everything
        assert not dialect.quote or not dialect.double_quote
        return
    assert found.rows == [[model.cell(row, position) or "" for position in chosen] for row in parsed.rows]
    if parsed.header_raw:
        assert found.header == [parsed.header[position] for position in chosen]


def test_drop_keeps_what_is_beyond_the_header(tmp_path: Path) -> None:
    found, receipt = table(tmp_path, "a,b,c\n1,2,3,4\n5\n", [{"op": "select", "drop": ["b"]}])
    assert (found.header, found.rows) == (["a", "c"], [["1", "3", "4"], ["5", ""]])
    assert receipt["dropped_by_step"][0]["filled"] == 1


def test_rename_alone_keeps_every_byte_of_the_records(tmp_path: Path) -> None:
    text = 'a,b\r\n"1",2\n\n3\n'
    found, _ = table(tmp_path, text, [{"op": "select", "rename": {"b": "B, too"}}])
    assert found.header == ["a", "B, too"]
    assert found.raw == ['"1",2\n', "3\n"]


@pytest.mark.parametrize("options", [{}, PARALLEL])
def test_later_steps_meet_the_new_columns(tmp_path: Path, options: dict[str, Any]) -> None:
    steps = [
        {"op": "select", "columns": ["b", "a"], "rename": {"b": "x"}},
        {"op": "unique", "column": "x"},
        {"op": "filter", "filters": [{"column": "a", "operator": "!=", "value": "3"}]},
    ]
    found, _ = table(tmp_path, "a,b\n1,z\n2,z\n3,y\n4,q\n", steps, **options)
    assert found.rows == [["z", "1"], ["q", "4"]]
    with pytest.raises(UnknownColumn) as caught:
        table(tmp_path, "a,b\n1,2\n", [steps[0], {"op": "unique", "column": "b"}])
    assert caught.value.pointer == "/steps/1/column"


@pytest.mark.parametrize(
    ("step", "pointer", "dialect"),
    [
        ({}, "/steps/0/columns", Dialect()),
        ({"columns": ["a"], "drop": ["b"]}, "/steps/0/drop", Dialect()),
        ({"drop": ["a", "b"]}, "/steps/0/drop", Dialect()),
        ({"rename": {"q": "z"}}, "/steps/0/rename/q", Dialect()),
        ({"rename": {"column_1": "z"}}, "/steps/0/rename", Dialect(header=False)),
        ({"columns": ["a"], "rename": {"a": "€"}}, "/steps/0/rename", Dialect(encoding="latin-1")),
        ({"drop_empty": False}, "/steps/0/columns", Dialect()),
        ({"rename": {}}, "/steps/0/rename", Dialect()),
        ({"rename": "a=b"}, "/steps/0/rename", Dialect()),
        ({"rename": {"a": 1}}, "/steps/0/rename/a", Dialect()),
        ({"rename": [{"column": "a", "name": "x"}]}, "/steps/0/rename/0", Dialect()),
        ({"rename": [{"column": "a", "to": 1}]}, "/steps/0/rename/0/to", Dialect()),
        ({"rename": [{"column": 1, "to": "x"}]}, "/steps/0/rename/0/column", Dialect()),
        ({"rename": [{"column": "q", "to": "x"}]}, "/steps/0/rename/0/column", Dialect()),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path: Path, step: dict[str, Any], pointer: str, dialect: Dialect) -> None:
    with pytest.raises(InvalidInput) as caught:
        table(tmp_path, "a,b\n1,2\n", [{"op": "select", **step}], dialect)
    assert caught.value.pointer == pointer


@pytest.mark.parametrize("way", [*FAST_WAYS.values(), PARALLEL])
@settings(reused, max_examples=25)
@given(case=cases(), whole=st.booleans())
def test_empty_columns_go(tmp_path: Path, way: dict[str, Any], case: tuple[Dialect, str], whole: bool) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    width = len(parsed.header)
    if not parsed.header or not dialect.quote or not dialect.double_quote:
        return
    every = range(width) if whole else range(width)[::-1]
    filled = [at for at in every if not parsed.rows or any(model.cell(row, at) for row in parsed.rows)]
    step = {"op": "select", "drop_empty": True} | ({} if whole else {"columns": [{"index": at + 1} for at in every]})
    if not filled:
        with pytest.raises(InvalidInput, match="at least one must stay") as caught:
            table(tmp_path, text, [step], dialect, **way)
        assert caught.value.pointer == "/steps/0/drop_empty"
        for left in (tmp_path / "work").iterdir():
            left.unlink()
        return
    found, receipt = table(tmp_path, text, [step], dialect, **way)
    beyond = [row[width:] if whole else [] for row in parsed.rows]
    if whole and len(filled) == width:
        assert [[cell for cell in row if cell] for row in found.rows] == [
            [cell for cell in row if cell] for row in parsed.rows
        ]
    else:
        rows = [[model.cell(row, at) or "" for at in filled] for row in parsed.rows]
        assert found.rows == [[*row, *more] for row, more in zip(rows, beyond, strict=True)]
    if dialect.header:
        assert receipt["output"]["columns"] == [parsed.header[at] for at in filled]
    assert receipt["dropped_by_step"][0]["empty_columns"] == width - len(filled)


def test_steps_after_know_which_columns_are_left(tmp_path: Path) -> None:
    empty = {"op": "select", "drop_empty": True}
    found, _ = table(tmp_path, "a,b,c\n1,,x\n2,,y\n", [empty, {"op": "unique", "column": {"index": 2}}])
    assert (found.header, found.rows) == (["a", "c"], [["1", "x"], ["2", "y"]])
    with pytest.raises(UnknownColumn) as caught:
        table(tmp_path, "a,b\n1,\n", [empty, {"op": "unique", "column": "b"}])
    assert caught.value.pointer == "/steps/1/column"


@pytest.mark.parametrize("options", [{}, PARALLEL])
def test_names_become_tidy_and_records_keep_their_bytes(tmp_path: Path, options: dict[str, Any]) -> None:
    text = ' id ,,name,"name\u00a0", ,\ufeffid\u200b,column_2\n"1",2,3,4,5,6,7\n'
    steps = [{"op": "select", "trim_names": True}, {"op": "select", "unique_names": True}]
    found, _ = table(tmp_path, text, [steps[0]], **options)
    assert found.header == ["id", "", "name", "name", "", "id", "column_2"]
    found, _ = table(tmp_path, text, steps, **options)
    assert found.header == ["id", "column_2", "name", "name_2", "column_5", "id_2", "column_2_2"]
    assert found.raw == ['"1",2,3,4,5,6,7\n']
    found, _ = table(
        tmp_path, text, [{"op": "select", **steps[0], **steps[1], "columns": [{"index": 1}] * 2}], **options
    )
    assert (found.header, found.rows) == (["id", "id_2"], [["1", "1"]])


def test_columns_of_one_name_are_renamed_by_position(tmp_path: Path) -> None:
    rename = [{"column": {"index": 3}, "to": "b"}, {"column": "k", "to": "key"}]
    found, receipt = table(tmp_path, "a,k,a\n1,2,3\n", [{"op": "select", "rename": rename}])
    assert found.header == ["a", "key", "b"]
    assert receipt["steps"] == [{"op": "select", "rename": rename}]
