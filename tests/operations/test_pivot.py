"""pivot against dictionaries, over random records; the columns it makes are known to the steps after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio import Dialect
from csvapi.errors import InvalidInput, TooLarge, UnknownColumn
from csvapi.operations import check_columns, load_steps
from csvapi.operations.pivot import MOST, Pivot
from csvapi.steps import native_groups
from tests.engines import model
from tests.engines.running import cases, reused
from tests.engines.test_warnings import warnings_of
from tests.operations.groups import FUNCTIONS, cell, figure, groups, same
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, table

if TYPE_CHECKING:
    from pathlib import Path


EVERY = [*FAST_WAYS.values(), PARALLEL, {**PARALLEL, "native": False}]
KEYS = st.sampled_from(["x", "y", "", "a,", "\n", "\0", "y_2"])
SALES = "city,year,n\nRome,2020,1.10\nOslo,2021,2\nRome,2021,3.25\nOslo,2021,5\nRome,,5\n"


def pivoted(rows: list[list[str]], index: list[int], across: list[int], function: str) -> list[list[str]]:
    """Every cell of the result below its names, with "" for a combination that there is not."""
    names = groups(rows, across)
    found = []
    for key, of_key in groups(rows, index).items():
        cells = groups(of_key, across)
        found.append(
            [*key, *(figure(function, [row[-1] for row in cells[name]]) if name in cells else "" for name in names)]
        )
    return found


@pytest.mark.parametrize("way", EVERY)
@settings(reused, max_examples=30)
@given(
    rows=st.lists(st.tuples(KEYS, KEYS, KEYS, st.sampled_from(["", "1", "2.5", "007", "v", "-1e3"]))),
    index=st.sampled_from([[], [0], [0, 1]]),
    across=st.sampled_from([[2], [1, 2]]),
    function=st.sampled_from(FUNCTIONS),
)
def test_cells_are_the_models(
    tmp_path: Path, way: dict[str, Any], rows: list[tuple[str, ...]], index: list[int], across: list[int], function: str
) -> None:
    text = csv_text([("a", "b", "c", "v"), *rows])
    named = {"index": index, "columns": across}
    step = {"op": "pivot", "values": "v", "aggregate": function} | {
        of: [{"index": at + 1} for at in places] for of, places in named.items() if places
    }
    if not index and not rows:
        return  # there is nothing to name
    found, receipt = table(tmp_path, text, [step], **way)
    expected = pivoted([list(row) for row in rows], index, across, function)
    assert len(found.rows) == len(expected)
    for row, wanted in zip(found.rows, expected, strict=True):
        assert all(map(same, row, wanted)), (row, wanted)
        assert len(row) == len(wanted)
    names = ["abc"[at] for at in index] + ["_".join(key) for key in groups([list(row) for row in rows], across)]
    assert len(set(found.header)) == len(found.header)
    assert [name for name in found.header if name in names] == list(dict.fromkeys(names))
    assert receipt["output"]["columns"] == found.header


@pytest.mark.parametrize("way", EVERY)
@settings(reused, max_examples=20)
@given(case=cases())
def test_any_file_has_a_pivot(tmp_path: Path, way: dict[str, Any], case: tuple[Dialect, str]) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    if not parsed.header or not parsed.rows or not dialect.quote or not dialect.double_quote:
        return
    step = {"op": "pivot", "index": [{"index": len(parsed.header)}], "columns": [{"index": 1}], "aggregate": "count"}
    found, _ = table(tmp_path, text, [step], dialect, **way)
    last, names = len(parsed.header) - 1, groups(parsed.rows, [0])
    expected = []
    for key, rows in groups(parsed.rows, [last]).items():
        counts = [sum(cell(row, 0) == name for row in rows) for (name,) in names]
        expected.append([*key, *(str(count or "") for count in counts)])
    assert found.rows == expected


def test_the_kernel_finishes_the_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_python, finished = [], native_groups._finished
    monkeypatch.setattr(native_groups, "_finished", lambda *given: by_python.append(given) or finished(*given))
    rows = [(f"r{at % 90}", f"c{at % 7}", str(at)) for at in range(2_000)]
    step = {"op": "pivot", "index": ["a"], "columns": ["b"], "values": "n", "aggregate": "sum"}
    found, _ = table(tmp_path, csv_text([("a", "b", "n"), *rows]), [step], processes=1)
    assert not by_python
    sums: dict[tuple[str, str], int] = {}
    for a, b, n in rows:
        sums[a, b] = sums.get((a, b), 0) + int(n)
    assert {
        (row[0], name): int(n) for row in found.rows for name, n in zip(found.header[1:], row[1:], strict=True)
    } == sums


@pytest.mark.parametrize("quote", ['"', ""])
def test_the_kernel_writes_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quote: str) -> None:
    by_python, lines = [], Pivot._lines
    monkeypatch.setattr(Pivot, "_lines", lambda *given: by_python.extend(given[1]) or lines(*given))
    rows = [("r\0" if at % 90 == 7 else f"r{at % 90}", f"c{at % 7}", f"{at}") for at in range(2_000)]
    step = {"op": "pivot", "index": ["a"], "columns": ["b"], "values": "n", "aggregate": "first"}
    found, _ = table(tmp_path, csv_text([("a", "b", "n"), *rows]), [step], Dialect(quote=quote), processes=1)
    assert found.header == ["a", *dict.fromkeys(b for _, b, _ in rows)]
    firsts: dict[tuple[str, str], str] = {}
    for a, b, n in rows:
        firsts.setdefault((a, b), n)
    expected = [[a, *(firsts.get((a, b), "") for b in found.header[1:])] for a in dict.fromkeys(a for a, _, _ in rows)]
    assert found.rows == expected
    assert [row.index for row in by_python] == [b"r\0"], "a key with a NUL"


def test_the_steps_after_it_know_its_columns(tmp_path: Path) -> None:
    pivot = {"op": "pivot", "index": ["city"], "columns": ["year"], "values": "n", "aggregate": "sum"}
    after = [
        {"op": "select", "columns": ["2021", "city"]},
        {"op": "filter", "filters": [{"column": "2021", "operator": ">", "value": 4}]},
    ]
    found, receipt = table(tmp_path, SALES, [pivot, *after], output={"line_end": "crlf"})
    assert (found.header, found.rows) == (["2021", "city"], [["7", "Oslo"]])
    assert receipt["output"]["columns"] == ["2021", "city"]
    check_columns(load_steps([pivot, *after]), ["city", "year", "n"], header=True)
    with pytest.raises(UnknownColumn, match="'2020', 3 '2021'") as caught:
        table(tmp_path, SALES, [pivot, {"op": "unique", "column": "2022"}])
    assert caught.value.pointer == "/steps/1/column"
    with pytest.raises(UnknownColumn) as caught:
        check_columns(load_steps([{**pivot, "values": "m"}, *after]), ["city", "year", "n"], header=True)
    assert caught.value.pointer == "/steps/0/values"


def test_what_is_left_out_is_a_warning(tmp_path: Path) -> None:
    step = {"op": "pivot", "index": ["city"], "columns": ["year"], "values": "n", "aggregate": "sum"}
    found = warnings_of(tmp_path, b"city,year,n\nRome,2020,x\nRome,2020,1\n", step)
    assert [(each["code"], each["column"], each["row"], each["count"], each["of"]) for each in found] == [
        ("not_comparable", "n", 1, 1, 2)
    ]


@pytest.mark.parametrize("way", [{}, {"native": False}])
def test_too_many_columns_are_refused(tmp_path: Path, way: dict[str, Any]) -> None:
    step = {"op": "pivot", "columns": ["k"], "aggregate": "count"}
    text = "k\n" + "".join(f"{number}\n" for number in range(MOST))
    found, _ = table(tmp_path, text, [step], **way)
    assert (len(found.header), found.rows) == (MOST, [["1"] * MOST])
    with pytest.raises(TooLarge, match="more than 10000 different values") as caught:
        table(tmp_path, text + "more\n", [step], **way)
    assert caught.value.pointer == "/steps/0/columns"


@pytest.mark.parametrize("way", [{}, {"native": False}, PARALLEL])
def test_a_record_that_becomes_too_long_is_refused(tmp_path: Path, way: dict[str, Any]) -> None:
    text = "i,k,v\n" + "".join(f"{number // 9},{number % 9},{'v' * 30}\n" for number in range(18))
    step = {"op": "pivot", "index": ["i"], "columns": ["k"], "values": "v", "aggregate": "last"}
    with pytest.raises(TooLarge, match="limit for a record is 200"):
        table(tmp_path, text, [step], max_record=200, **way)


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"columns": ["a"]}, "/aggregate"),
        ({"aggregate": "count"}, "/columns"),
        ({"columns": ["a"], "aggregate": "sum"}, "/values"),
        ({"columns": ["a"], "aggregate": "sum", "values": "v", "as": "date"}, "/as"),
        ({"columns": ["a"], "aggregate": "count", "index": []}, "/index"),
    ],
)
def test_bad_parameters_are_refused(step: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "pivot", **step}])
    assert caught.value.pointer == "/steps/0" + pointer
