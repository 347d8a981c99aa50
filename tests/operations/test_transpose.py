"""transpose against zip, over random files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from csvapi.errors import TooLarge
from csvapi.operations.transpose import MOST_CELLS, MOST_RECORDS
from tests.engines import model
from tests.engines.running import cases, reused
from tests.operations.groups import cell
from tests.operations.tables import FAST_WAYS, PARALLEL, table

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect

EVERY = [*FAST_WAYS.values(), PARALLEL, {**PARALLEL, "native": False}]


@pytest.mark.parametrize("way", EVERY)
@settings(reused, max_examples=30)
@given(case=cases())
def test_records_are_the_models(tmp_path: Path, way: dict[str, Any], case: tuple[Dialect, str]) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    width = len(parsed.header)
    if not parsed.header or not dialect.quote or not dialect.double_quote:
        return
    found, receipt = table(tmp_path, text, [{"op": "transpose"}], dialect, **way)
    rows = [[cell(row, at) for at in range(width)] for row in parsed.rows]
    expected = [list(column) for column in zip(parsed.header, *rows, strict=True)]
    if dialect.header:
        assert [found.header, *found.rows] == expected
    else:
        assert found.rows == [column[1:] for column in expected]
    beyond = sum(len(row) > width for row in parsed.rows)
    assert receipt["dropped_by_step"][0].get("beyond_header", 0) == beyond
    assert receipt["output"]["columns"] == (expected[0] if dialect.header else found.header)


@pytest.mark.parametrize("way", EVERY)
def test_done_twice_the_values_are_the_files(tmp_path: Path, way: dict[str, Any]) -> None:
    rows = [[f"r{number}", str(number % 7), "a,b" if number % 5 else "", "\n"] for number in range(300)]
    text = "id,n,,n\n" + "".join(f'{a},{b},"{c}","{d}"\n' for a, b, c, d in rows)
    found, _ = table(tmp_path, text, [{"op": "transpose"}, {"op": "transpose"}], **{**way, "memory": 20_000})
    assert (found.header, found.rows) == (["id", "n", "", "n"], rows)


def test_the_steps_after_it_know_its_columns(tmp_path: Path) -> None:
    steps = [{"op": "transpose"}, {"op": "select", "columns": ["y", "k"]}]
    found, _ = table(tmp_path, "k,v\nx,1\ny,2\n", steps)
    assert (found.header, found.rows) == (["y", "k"], [["2", "v"]])


def test_without_records_there_are_names(tmp_path: Path) -> None:
    found, _ = table(tmp_path, "a,b,c\n", [{"op": "transpose"}])
    assert (found.header, found.rows) == (["a"], [["b"], ["c"]])


def test_too_many_records_are_refused(tmp_path: Path) -> None:
    for width, limit in ((1, MOST_RECORDS), (400, MOST_CELLS // 400)):
        text = ",".join(f"c{number}" for number in range(width)) + "\n" + "x\n" * (limit + 1)
        with pytest.raises(TooLarge, match=f"of a file with {width} columns at most {limit} records"):
            table(tmp_path, text, [{"op": "transpose"}])


@pytest.mark.parametrize("way", EVERY)
def test_a_record_that_becomes_too_long_is_refused(tmp_path: Path, way: dict[str, Any]) -> None:
    text = "a,b\n" + "x,yyyyyyyyyy\n" * 30
    with pytest.raises(TooLarge, match="limit for a record is 200"):
        table(tmp_path, text, [{"op": "transpose"}], max_record=200, **way)
