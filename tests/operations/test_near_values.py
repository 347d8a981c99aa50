"""The warning near_duplicates of group, frequency, pivot and join: against folded values, on every kind of parser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.steps.near_values import MOST
from tests.engines.running import reused
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

CELLS = ["a", "A", " a", "a ", "B  b", "b b", "é", "É", "", " ", "x,y", "X,y", '"', "#"]
TABLES: list[tuple[dict[str, Any], int]] = [  # how many of the first columns hold the values
    ({"op": "group", "by": ["x"]}, 1),
    ({"op": "group", "by": ["x", "y"], "aggregates": ["join:x"]}, 2),
    ({"op": "group"}, 0),
    ({"op": "frequency", "column": "y"}, 1),
    ({"op": "frequency", "column": "y", "top": 2}, 1),
    ({"op": "frequency", "columns": ["x", "y"]}, 2),
    ({"op": "pivot", "index": ["x"], "columns": ["n"], "aggregate": "count"}, 1),
]
HINT = 'a set step with "trim", "collapse" and "case" before this one makes them equal'


def near(receipt: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in receipt["warnings"] if each["code"] == "near_duplicates"]


def folded(cells: list[str]) -> list[str]:
    return [" ".join(cell.casefold().split()) for cell in cells]


@pytest.mark.parametrize("way", FAST_WAYS)
@settings(reused, max_examples=10)
@given(
    rows=st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(CELLS)), max_size=12), step=st.sampled_from(TABLES)
)
def test_values_that_are_apart_in_a_table(
    tmp_path: Path, way: str, rows: list[tuple[str, str]], step: tuple[dict[str, Any], int]
) -> None:
    text = csv_text([("x", "y", "n"), *((*row, "1") for row in rows)])
    written, receipt = table(tmp_path, text, [step[0]], **FAST_WAYS[way])
    values = [folded(row[: step[1]]) for row in written.rows]
    again = [at for at, value in enumerate(values) if value in values[:at]]
    assert [(each["count"], each["of"]) for each in near(receipt)] == [(len(again), len(values))] * bool(again)
    for each in near(receipt):
        pair = written.rows[again[0]], written.rows[values.index(values[again[0]])]
        said = [", ".join(map(repr, row[: step[1]])) for row in pair]
        assert each["detail"].endswith(f" but for case or spaces: {said[0]} and {said[1]}")
        assert each["hint"] == HINT


def test_the_columns_of_a_pivot_and_the_way_out(tmp_path: Path) -> None:
    step = {"op": "pivot", "columns": ["c"], "aggregate": "count"}
    _, receipt = table(tmp_path, csv_text([("c",), ("Oslo",), ("oslo ",)]), [step])
    (found,) = near(receipt)
    assert found["detail"] == "1 of 2 new columns equals an earlier one but for case or spaces: 'oslo ' and 'Oslo'"
    tidy = {"op": "set", "trim": True, "collapse": True, "case": "lower"}
    _, receipt = table(tmp_path, csv_text([("c",), ("Oslo",), ("oslo ",)]), [tidy, step])
    assert near(receipt) == []


@pytest.mark.parametrize("native", [True, False])
def test_only_the_first_ones_are_compared(tmp_path: Path, native: bool) -> None:
    rows = [("K5",), *((f"k{number}",) for number in range(MOST)), ("K6",)]
    _, receipt = table(tmp_path, csv_text([("k",), *rows]), [{"op": "group", "by": ["k"]}], native=native)
    (found,) = near(receipt)
    assert (found["count"], found["of"], found["column"]) == (1, MOST, "k")
    assert found["detail"].startswith(
        f"1 of the first {MOST} groups equals an earlier one but for case or spaces: 'k5'"
    )


def test_in_other_encodings_and_dialects(tmp_path: Path) -> None:
    dialects = [Dialect(encoding="utf-16"), Dialect(encoding="cp1252", comment="a"), Dialect(header=False)]
    for dialect in dialects:
        steps = [{"op": "group", "by": [{"index": 1}]}]
        _, receipt = table(tmp_path, csv_text([("Ünn",), ("Ann",), ("ünn ",), ("ÜNN",)]), steps, dialect)
        assert [each["count"] for each in near(receipt)] == [1 + (not dialect.header)]


JOINS: list[dict[str, Any]] = [{"how": how} for how in ("inner", "left", "full", "semi", "anti")]
JOINS += [{"how": "left", "ignore": ["case"]}, {"how": "semi", "ignore": ["space"]}, {"ignore": ["case", "space"]}]


@pytest.mark.parametrize("way", [*FAST_WAYS.values(), PARALLEL])
@settings(reused, max_examples=10)
@given(
    rows=st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(CELLS)), max_size=8),
    others=st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(CELLS)), max_size=8),
    join=st.sampled_from(JOINS),
    both=st.booleans(),
)
def test_keys_of_two_files_that_almost_match(
    tmp_path: Path,
    way: dict[str, Any],
    rows: list[tuple[str, str]],
    others: list[tuple[str, str]],
    join: dict[str, Any],
    both: bool,
) -> None:
    second, on = tmp_path / "second", ["x", "y"][: 1 + both]
    second.write_text(csv_text([("x", "y"), *others]), encoding="utf-16")
    step = {"op": "join", "file": 2, "on": on, **join}
    files = {2: (second, Dialect(encoding="utf-16"))}
    _, receipt = table(tmp_path, csv_text([("x", "y"), *rows]), [step], files=files, **way)

    def key(row: tuple[str, str], ignore: list[str]) -> list[str]:
        cells = [cell.casefold() if "case" in ignore else cell for cell in row[: 1 + both]]
        return [" ".join(cell.split()) if "space" in ignore else cell for cell in cells]

    ignore = join.get("ignore", [])
    exact = [key(row, ignore) for row in others if any(key(row, ignore))]
    like = [key(row, ["case", "space"]) for row in others if any(key(row, ["case", "space"]))]
    apart = [
        (number, row)
        for number, row in enumerate(rows, start=1)
        if any(row[: 1 + both]) and key(row, ignore) not in exact and key(row, ["case", "space"]) in like
    ]
    apart = apart if len(ignore) < 2 else []
    found = near(receipt)
    assert [(each["count"], each["row"]) for each in found] == [(len(apart), number) for number, _ in apart[:1]]
    assert all(each["hint"] == '"ignore": ["case", "space"] takes them for equal' for each in found)


def test_both_spellings_are_shown(tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.write_text("city\noslo \nBergen\n")
    text = csv_text([("city",), ("Oslo",), ("Bergen",), ("Rome",)])
    for options in ({}, PARALLEL):
        step = {"op": "join", "file": 2, "on": ["city"], "how": "anti"}
        _, receipt = table(tmp_path, text, [step], files={2: (second, Dialect())}, **options)
        (found,) = near(receipt)
        assert (found["row"], found["value"], found["column"]) == (1, "Oslo", "city")
        said = "1 record matches nothing, but would without regard to case and spaces, such as 'Oslo' and 'oslo '"
        assert found["detail"].endswith(said)
