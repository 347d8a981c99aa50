"""frequency against a Counter, over random files."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.errors import InvalidInput
from csvapi.operations import load_steps
from tests.engines import model
from tests.engines.running import cases, reused
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect


@pytest.mark.parametrize("way", [*FAST_WAYS.values(), PARALLEL])
@settings(reused, max_examples=25)
@given(case=cases(), top=st.sampled_from([None, 1, 2]))
def test_counts_are_the_models(tmp_path: Path, way: dict[str, int], case: tuple[Dialect, str], top: int | None) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    if not parsed.header or (not dialect.double_quote and not dialect.escape):
        return
    counted = Counter(row[0] for row in parsed.rows)
    expected = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0].encode("utf-8")))
    if dialect.encoding not in ("utf-8", "latin-1"):
        expected = [pair for pair in expected if pair[0].isascii()]
        if len(expected) < len(counted):
            return
    step = {"op": "frequency", "column": {"index": 1}} | ({"top": top} if top else {})
    found, receipt = table(tmp_path, text, [step], dialect, **way)
    total = len(parsed.rows)
    assert found.rows == [[value, str(count), f"{count / total:.6f}"] for value, count in expected[:top]]
    assert receipt["dropped_by_step"][0]["distinct"] == len(counted)


@pytest.mark.parametrize("way", [*FAST_WAYS.values(), PARALLEL])
@settings(reused, max_examples=25)
@given(
    rows=st.lists(st.tuples(*[st.sampled_from(["", "a", "a,", "a\n", "\0", "\0\0", "b", "é"])] * 2, st.just("x"))),
    top=st.sampled_from([None, 1, 2]),
)
def test_values_of_several_columns_are_counted_together(
    tmp_path: Path, way: dict[str, Any], rows: list[tuple[str, str, str]], top: int | None
) -> None:
    step = {"op": "frequency", "columns": ["a", {"index": 2}]} | ({"top": top} if top else {})
    found, receipt = table(tmp_path, csv_text([("a", "b", "c"), *rows]), [step], **way)
    counted = Counter(row[:2] for row in rows)
    expected = sorted(counted.items(), key=lambda pair: (-pair[1], *(cell.encode() for cell in pair[0])))
    assert found.header == ["a", "b", "count", "share"]
    assert found.rows == [[*key, str(count), f"{count / len(rows):.6f}"] for key, count in expected[:top]]
    assert receipt["dropped_by_step"][0]["distinct"] == len(counted)


def test_absent_fields_are_empty_ones(tmp_path: Path) -> None:
    found, _ = table(tmp_path, "a,b\nx\nx,\ny,1\n", [{"op": "frequency", "columns": ["b", "a"]}])
    assert found.rows == [["", "x", "2", "0.666667"], ["1", "y", "1", "0.333333"]]


def test_a_column_called_as_one_of_the_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="rename"):
        table(tmp_path, "a,count\nx,1\n", [{"op": "frequency", "columns": ["a", "count"]}])


def test_a_table_is_a_file_for_the_next_step(tmp_path: Path) -> None:
    steps = [
        {"op": "frequency", "column": "a"},
        {"op": "filter", "filters": [{"column": "count", "operator": ">", "value": 1}]},
    ]
    found, receipt = table(tmp_path, "a\nx\ny\nx\n", steps)
    assert (found.header, found.rows) == (["value", "count", "share"], [["x", "2", "0.666667"]])
    assert receipt["records"] == {"in": 3, "kept": 1, "dropped": 1}


def test_bad_parameters_are_refused() -> None:
    both = {"column": "a", "columns": ["a"]}
    many = {"columns": ["a"] * 101}
    for step, pointer in (({}, "/column"), ({"column": "a", "top": 0}, "/top"), (both, "/column"), (many, "/columns")):
        with pytest.raises(InvalidInput) as caught:
            load_steps([{"op": "frequency", **step}])
        assert caught.value.pointer == "/steps/0" + pointer
