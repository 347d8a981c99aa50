"""The warning near_duplicates of dedup and unique: against a set of folded keys, over every way through the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from tests.engines.running import reused
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

WAYS = {**FAST_WAYS, "parallel": PARALLEL}
CELLS = ["a", "A", " a", "a ", "b", "B  b", "b b", "é", "É", "", " ", "x,y", "X,y"]
STEPS: list[dict[str, Any]] = [
    {"op": "dedup"},
    {"op": "dedup", "columns": ["y"]},
    {"op": "dedup", "columns": ["y", "x"], "keep": "last"},
    {"op": "dedup", "columns": ["y"], "keep": "none", "ignore": ["case"]},
    {"op": "dedup", "columns": ["y"], "keep": "fullest", "empty": "keep"},
    {"op": "unique", "column": "y"},
    {"op": "unique", "columns": ["x", "y"], "ignore": ["space"]},
]


def near(receipt: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in receipt["warnings"] if each["code"] == "near_duplicates"]


def folded(row: list[str], step: dict[str, Any]) -> tuple[str, ...]:
    names = step.get("columns") or ([step["column"]] if "column" in step else ["x", "y"])
    return tuple(" ".join(row["xy".index(name)].casefold().split()) for name in names)


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=25)
@given(
    rows=st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(CELLS)), max_size=20),
    step=st.sampled_from(STEPS),
    follows=st.booleans(),
)
def test_what_stays_is_compared_as_the_model_does(
    tmp_path: Path, way: str, rows: list[tuple[str, str]], step: dict[str, Any], follows: bool
) -> None:
    text = csv_text([("x", "y", "n"), *((x, y, str(n)) for n, (x, y) in enumerate(rows))])
    if step == STEPS[0]:
        text = csv_text([("x", "y"), *rows])
    kept, receipt = table(tmp_path, text, [step], **WAYS[way])
    stayed = [(row, folded(row, step)) for row in kept.rows]
    again = [row for at, (row, key) in enumerate(stayed) if any(key) and key in [other for _, other in stayed[:at]]]
    more = [{"op": "filter", "filters": [{"column": "x", "operator": "!=", "value": "b"}]}] if follows else []
    _, receipt = table(tmp_path, text, [step, *more], **WAYS[way])
    found = near(receipt)
    assert [(each["count"], each["of"]) for each in found] == [(len(again), len(stayed))] * bool(again)
    for each in found:
        assert list(rows[each["row"] - 1]) == again[0][:2]


@pytest.mark.parametrize(
    "options", [{}, {"native": False}, {"processes": 2, "smallest_range": 1}, {"block_size": 4096}]
)
def test_the_first_records_that_stay_are_compared(tmp_path: Path, options: dict[str, Any]) -> None:
    rows = [(f"k{n}",) for n in range(3000)]
    rows[1500:1500] = [("k7",), ("K7",), (" k8",), ("k9",)]  # one of them goes at once
    rows += [("K1",), ("K2",)]  # which come after the first 2,000
    _, receipt = table(tmp_path, csv_text([("k",), *rows]), [{"op": "unique", "column": "k"}], **options)
    (found,) = near(receipt)
    assert (found["count"], found["of"], found["row"]) == (2, 2000, 1502)
    assert found["detail"] == "2 of the first 2000 records that stay equal an earlier one but for case or spaces"


def test_in_other_encodings(tmp_path: Path) -> None:
    for encoding in ("cp1252", "utf-16", "shift_jis"):
        text = csv_text([("k",), ("Ann",), ("ann ",)])
        _, receipt = table(tmp_path, text, [{"op": "dedup"}], Dialect(encoding=encoding))
        assert near(receipt)[0]["count"] == 1


@pytest.mark.parametrize(
    "step",
    [
        {"op": "dedup", "columns": ["k"], "ignore": ["case", "space"]},
        {"op": "dedup", "columns": [{"column": "k", "as": "number"}]},
        {"op": "unique", "column": "k", "ignore": ["space", "case"]},
    ],
)
def test_where_nothing_can_be_near_nothing_is_said(tmp_path: Path, step: dict[str, Any]) -> None:
    _, receipt = table(tmp_path, csv_text([("k",), ("A",), ("a",)]), [step])
    assert near(receipt) == []
