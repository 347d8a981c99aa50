"""unpivot against two loops, over random files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.errors import InvalidInput, TooLarge
from csvapi.operations import load_steps
from csvapi.operations.unpivot import OPERATION
from tests.engines import model
from tests.engines.running import WAYS, cases, reused
from tests.operations.groups import cell
from tests.operations.tables import indexed, table

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=25)
@given(case=cases(), split=st.integers(0, 3), drop=st.booleans())
def test_records_are_the_models(tmp_path: Path, way: str, case: tuple[Dialect, str], split: int, drop: bool) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    width = len(parsed.header)
    split = min(split, width - 1)
    if not parsed.header or not dialect.quote or not dialect.double_quote:
        return
    index, values = range(split), range(split, width)
    new = {"names_to": "new name", "values_to": "new value"}
    step: dict[str, Any] = {"op": "unpivot", "values": [{"index": at + 1} for at in values], "drop_empty": drop, **new}
    found, receipt = table(tmp_path, text, [step], dialect, **WAYS[way])
    expected = [
        [*(cell(row, at) for at in index), parsed.header[place], cell(row, place)]
        for row in parsed.rows
        for place in values
        if cell(row, place) or not drop
    ]
    assert found.header == [*parsed.header[:split], "new name", "new value"]
    assert found.rows == expected
    assert receipt["dropped_by_step"][0]["out"] == len(expected)


def test_what_is_not_named_is_the_other(tmp_path: Path) -> None:
    text = "id,a,b\n1,x,\n2,,y,more\n3\n"
    every = [["1", "a", "x"], ["1", "b", ""], ["2", "a", ""], ["2", "b", "y"], ["3", "a", ""], ["3", "b", ""]]
    found, receipt = table(tmp_path, text, [{"op": "unpivot", "index": ["id"]}])
    assert (found.header, found.rows) == (["id", "name", "value"], every)
    assert receipt["dropped_by_step"][0]["beyond_header"] == 1
    found, _ = table(tmp_path, text, [{"op": "unpivot", "index": ["id"], "values": ["b"]}])
    assert found.rows == every[1::2]
    found, _ = table(tmp_path, text, [{"op": "unpivot", "values": ["b", "a", "id"], "drop_empty": True}])
    assert found.rows == [["a", "x"], ["id", "1"], ["b", "y"], ["id", "2"], ["id", "3"]]


def test_a_column_may_be_repeated(tmp_path: Path) -> None:
    step = {"op": "unpivot", "index": ["id", "id"], "values": ["a"]}
    found, _ = table(tmp_path, "id,a\n1,x\n2,y\n", [step])
    assert (found.header, found.rows) == (["id", "id", "name", "value"], [["1", "1", "a", "x"], ["2", "2", "a", "y"]])


def test_a_table_is_a_file_for_the_next_step(tmp_path: Path) -> None:
    steps = [{"op": "unpivot", "index": ["id"]}, {"op": "unique", "column": "name"}]
    found, _ = table(tmp_path, "id,a,b\n1,x,y\n2,z,w\n", steps)
    assert found.rows == [["1", "a", "x"], ["1", "b", "y"]]


@pytest.mark.parametrize("way", ["plain", "csv", "parallel"])
def test_a_record_that_becomes_too_long_is_refused(tmp_path: Path, way: str) -> None:
    text = f"{'i' * 60},{'n' * 60}\n" + "a,b\n" * 9 + f"{'x' * 60},{'y' * 60}\n"
    step = {"op": "unpivot", "index": [{"index": 1}]}
    with pytest.raises(TooLarge, match="Row 10: step 1"):
        table(tmp_path, text, [step], max_record=150, **WAYS[way])


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({}, "/values"),
        ({"index": []}, "/index"),
        ({"index": ["a"], "names_to": ""}, "/names_to"),
        ({"index": ["a"], "values": [1]}, "/values/0"),
    ],
)
def test_bad_parameters_are_refused(step: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "unpivot", **step}])
    assert caught.value.pointer == "/steps/0" + pointer


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"index": ["a", "b"]}, "/index"),
        ({"index": ["a"], "values_to": "a"}, "/values_to"),
        ({"index": ["a"], "names_to": "x", "values_to": "x"}, "/values_to"),
    ],
)
def test_what_the_columns_do_not_allow_is_refused(tmp_path: Path, step: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        table(tmp_path, "a,b\n1,2\n", [{"op": "unpivot", **step}])
    assert caught.value.pointer == "/steps/0" + pointer


def test_the_kernel_makes_the_records(tmp_path: Path) -> None:
    batch, step = indexed(tmp_path, 'id,b\n1,x\n2,"y,z"\n', OPERATION, {"index": ["id"]})
    assert b"".join(bytes(part.text) for part in step.expand(batch)) == b'1,b,x\n2,b,"y,z"\n'
    assert "parsed" not in vars(batch), "no record became an object"
