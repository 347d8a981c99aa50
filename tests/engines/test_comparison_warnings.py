"""Cells that could not be compared are warnings, the same on every way of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from csvapi import engines
from csvapi.csvio import Dialect
from tests.engines.running import WAYS
from tests.engines.test_warnings import place, warnings_of

if TYPE_CHECKING:
    from pathlib import Path

SORT = {"op": "sort", "by": [{"column": "v", "as": "number"}]}
GROUP, PERCENT, DAYS = '{"number": {"group": ","}}', '{"number": {"percent": true}}', '{"date": "%d/%m/%Y"}'


def told(folder: Path, cells: list[str], step: dict[str, Any], way: str) -> list[tuple[Any, ...]]:
    data = "v,k\n" + "".join(f'"{cell}","x\ny"\n' for cell in cells)
    found = warnings_of(folder, data.encode(), step, **WAYS[way])
    return [(each["code"], each["column"], place(each), each["value"], each["hint"]) for each in found]


def where(cells: list[str], row: int) -> tuple[int, int, int]:
    """Row, line and byte of the record with that row in the file of `told`."""
    return row, 2 * row, 4 + sum(len(cell.encode()) + 9 for cell in cells[: row - 1])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("cells", "operator", "value", "count", "row", "hint"),
    [
        (["7", "1,234.50", "$5", ""], ">", 5, 3, 2, f'give "as": {GROUP}'),
        (["7", "", "n/a", "5%"] * 9, "<", 5, 27, 2, f'give "as": {PERCENT}'),
        (["x", "y"], "==", 5, 2, 1, None),
        (["7", "x", "2024-01-01", "1,5", ""], "in", [1, "2024-01-01"], 3, 2, None),
        (["2024-01-02 10:00 UTC", "", "007", "5%"], "not_in", ["2024-01-01", "5", 7], 2, 2, None),
        (["2", "1,5"], "in", [1, 2], 1, 2, 'give "as": {"number": {"decimal": ","}}'),
        (["03/04/2021"], ">=", "2021-01-01", 1, 1, f'give "as": {DAYS} or {{"date": "%m/%d/%Y"}}'),
        (["7"] * 40 + ["(300.00)"], "!=", 5, 1, 41, 'give "as": {"number": {"accounting": true}}'),
    ],
)
def test_filters_tell_which_cells_are_no_number_or_date(
    tmp_path: Path, way: str, cells: list[str], operator: str, value: Any, count: int, row: int, hint: str | None
) -> None:
    step = {"op": "filter", "filters": [{"column": "v", "operator": operator, "value": value}]}
    expected = ("not_comparable", "v", (count, len(cells), *where(cells, row)), cells[row - 1], hint)
    assert told(tmp_path, cells, step, way) == [expected]


@pytest.mark.parametrize("way", WAYS)
def test_a_condition_counts_what_the_ones_before_it_leave_open(tmp_path: Path, way: str) -> None:
    data = b"a,b\n1,x\n9,y\n9,5\nz,7\n9,9\n"
    leaves = [{"column": "a", "operator": ">", "value": 5}, {"column": {"index": 2}, "operator": ">", "value": 6}]
    found = warnings_of(tmp_path, data, {"op": "filter", "filters": leaves}, **WAYS[way])
    assert [(each["column"], place(each), each["detail"]) for each in found] == [
        ("a", (1, 5, 4, 5, 16), "1 of 5 cells of 'a' is no number"),
        ("b", (1, 3, 2, 3, 8), "1 of 3 cells of 'b' is no number"),
    ]


@pytest.mark.parametrize("way", WAYS)
def test_sorts_tell_it_of_each_typed_column(tmp_path: Path, way: str) -> None:
    """An empty cell is no number, but has its place."""
    cells = ["7", "", "5%", "x"]
    step = {"op": "sort", "by": [{"column": "v", "as": "number"}, "k"]}
    expected = ("not_comparable", "v", (2, 3, *where(cells, 3)), "5%", f'give "as": {PERCENT}')
    assert told(tmp_path, cells, step, way) == [expected]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("05.01.2020", 'give "as": {"date": "%d.%m.%Y"}'),
        ("03/15/2021", 'give "as": {"date": "%m/%d/%Y"}'),
        ("1.234,50", 'give "as": {"number": {"decimal": ",", "group": "."}}'),
    ],
)
def test_a_text_that_looks_like_a_date_is_in_doubt(tmp_path: Path, way: str, value: str, hint: str) -> None:
    cells, leaf = ["a", "b"], {"column": "v", "operator": ">=", "value": value}
    expected = ("text_comparison", "v", (2, 2, *where(cells, 1)), "a", hint)
    assert told(tmp_path, cells, {"op": "filter", "filters": [leaf]}, way) == [expected]


@pytest.mark.parametrize("leaf", [{"operator": "=="}, {"operator": "contains"}, {"operator": ">", "as": "text"}])
def test_a_text_that_is_meant_as_one_is_not(tmp_path: Path, leaf: dict[str, Any]) -> None:
    step = {"op": "filter", "filters": [{"column": "v", "value": "05.01.2020", **leaf}]}
    assert told(tmp_path, ["a"], step, "plain") == []


@pytest.mark.parametrize("values", [[1, "open"], [1, "open", "2024-01-01"], ["open", "2024-01-01"]])
@pytest.mark.parametrize("operator", ["in", "not_in"])
def test_every_cell_is_comparable_with_a_text_among_the_values(
    tmp_path: Path, operator: str, values: list[Any]
) -> None:
    step = {"op": "filter", "filters": [{"column": "v", "operator": operator, "value": values}]}
    assert told(tmp_path, ["a", "", "7"], step, "plain") == []


def test_unknown_properties_of_a_schema_are_told_once_each(tmp_path: Path) -> None:
    fields = [{"name": "v", "unit": "kg", "title": "V"}, {"name": "k", "unit": "m"}]
    step = {"op": "validate", "schema": {"fields": fields, "license": "CC0"}}
    found = warnings_of(tmp_path, b"v,k\n1,2\n", step)
    assert [(each["code"], each["step"], each["detail"]) for each in found] == [
        ("unknown_property", 1, "the schema's property 'license' (at /license) is not known and was not used"),
        ("unknown_property", 1,
         "the schema's property 'unit' (at /fields/0/unit and 1 more) is not known and was not used"),
    ]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("step", [{"op": "filter", "filters": [{"column": "v", "operator": ">", "value": 2}]}, SORT])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16-le"])
def test_a_long_cell_may_be_cut_within_a_character(
    tmp_path: Path, way: str, step: dict[str, Any], encoding: str
) -> None:
    """Of a cell only the first bytes are kept for its warning; in most encodings they are those of UTF-8."""
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_bytes(f"v,k\n{'x' * 499}é,1\n".encode(encoding))
    options = engines.Options(**WAYS[way])
    receipt = engines.run(path, Dialect(encoding=encoding), [step], out, options=options, workspace=tmp_path)
    assert all("Ã" not in str(each.value) for each in receipt.warnings)
    assert out.exists()


@pytest.mark.parametrize("step", [{"op": "normalise"}, {"op": "convert", "format": "ndjson"}])
def test_above_no_record_nothing_is_written_anew(tmp_path: Path, step: dict[str, Any]) -> None:
    """What stands above the records is no text of the output's encoding, perhaps."""
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_bytes(b"Liste \xfcber\n")
    receipt = engines.run(path, Dialect(encoding="latin-1", preamble=11), [step], out, workspace=tmp_path)
    assert out.read_bytes() == b""
    assert "empty_file" in [each.code for each in receipt.warnings]
