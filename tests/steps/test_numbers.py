"""One grammar of numbers: what is one, in which format, and that every operation and every way of the engine agrees."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.steps.numbers import NumberFormat, floats, number, numbers_of
from tests.engines.running import WAYS, execute, reused
from tests.operations import naive
from tests.operations.tables import csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = [
    "9" * 1000, "9" * 1001, "0" * 1500 + "7", "0." + "0" * 1500 + "7", "1." + "0" * 999, "1." + "0" * 1000,
    "1e400", "1e401", "1e-400", "1e-401", "1e+0000400", "1e999999", "1e" + "0" * 5000 + "1", "1e" + "9" * 5000,
]  # fmt: skip
OTHERS = [
    "nan", "NaN", "inf", "-INF", "Infinity", "1_000", "0x1F", "٣", "１", "½", "1\n", "\n1", "1\u20282", "1 2",
    "+ 1", "--1", ".", "-", "e5", "1e", "1e+", "1.2.3", "1,5", "(5)", "5%", "$5", "\u30007", "\ufeff7",
]  # fmt: skip
SHORT = ["1e400", "1e401", "-1e-400", "1e999999", "007", "-00.5", "+7", "0", "-0"]
pattern = r"[ \t\u00a0]?[+-]?([0-9]{1,4}(\.[0-9]{0,3})?|\.[0-9]{1,3})([eE][+-]?[0-9]{1,4})?\u202f?"
cells_as_text = st.one_of(
    st.text("0123456789.+-eE \t\u00a0\u202fx", max_size=12),
    st.from_regex(pattern, fullmatch=True),
    st.sampled_from(SHORT + OTHERS),
)
texts = st.one_of(cells_as_text, st.sampled_from(LIMITS))
SOME_WAYS = {name: WAYS[name] for name in ("plain", "small blocks", "csv", "csv, parallel")}


@settings(max_examples=500)
@given(text=texts)
@example(text="")
def test_numbers_are_the_models(text: str) -> None:
    assert number(text) == naive.number(text)
    assert NumberFormat(accounting=True).parse(text) == (-5 if text == "(5)" else naive.number(text))


@pytest.mark.parametrize("text", LIMITS)
def test_limits_are_the_models(text: str) -> None:
    assert number(text) == naive.number(text)


@given(cells=st.lists(texts, max_size=5))
def test_quick_ways_are_exact(cells: list[str]) -> None:
    raw = [cell.encode() for cell in cells]
    expected = {cell.encode(): value for cell in cells if (value := naive.number(cell)) is not None}
    assert numbers_of(set(raw), bytes.decode) == expected
    quick = floats(raw)
    assert quick is None or quick == [float(expected[cell]) for cell in raw]


@pytest.mark.parametrize("way", SOME_WAYS)
@settings(reused, max_examples=8)
@given(
    cells=st.lists(cells_as_text, min_size=10, max_size=60),
    encoding=st.sampled_from(["utf-8", "latin-1", "gb18030", "utf-16-le"]),
)
def test_operations_agree_on_which_cells_are_numbers(tmp_path: Path, way: str, cells: list[str], encoding: str) -> None:
    """filter, sort, validate and profile, in each way of the engine."""
    cells = [cell for cell in cells if cell.encode(encoding, "replace").decode(encoding) == cell]
    rows = [("k", "v"), *(("x", cell) for cell in cells)]  # at a record's start a mark would be no part of the cell
    dialect, text, options = Dialect(encoding=encoding), csv_text(rows), WAYS[way]
    numbers = [cell for cell in cells if naive.number(cell) is not None]
    is_number = {"any": [{"column": "v", "operator": name, "value": 0, "as": "number"} for name in (">=", "<")]}
    for step in ({"op": "filter", "where": is_number}, _validate({"type": "number"})):
        found, _ = table(tmp_path, text, [step], dialect, **options)
        assert [row[1] for row in found.rows] == numbers
    found, receipt = table(
        tmp_path, text, [{"op": "sort", "by": [{"column": "v", "as": "number"}]}], dialect, **options
    )
    assert [row[1] for row in found.rows][: len(numbers)] == sorted(numbers, key=naive.number)
    bad = [cell for cell in cells if cell and cell not in numbers]
    assert receipt["dropped_by_step"][0]["not_comparable"] == {"/by/0": len(bad)}
    if 20 * len(bad) <= len([cell for cell in cells if cell]) and numbers:
        found, _ = table(tmp_path, text, [{"op": "profile", "columns": ["v"]}], dialect, **options)
        assert found.rows[0][1] in ("integer", "number")


def _validate(field: dict[str, Any], **more: Any) -> dict[str, Any]:
    field = {"name": "v", "constraints": {"required": True}, **field}
    return {"op": "validate", "keep": "valid", "schema": {"fields": [field], **more}}


@pytest.mark.parametrize("way", SOME_WAYS)
@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-8", "mac-roman", "gb18030", "utf-16-le", "cp037"])
def test_spaces_are_those_of_the_encoding(tmp_path: Path, way: str, encoding: str) -> None:
    text = "v\n\u00a01500\u00a0\n 1600\t\n1\u00a0700\n"
    step = {"op": "filter", "filters": [{"column": "v", "operator": ">", "value": 1000}]}
    output, _, _ = execute(tmp_path, text, Dialect(encoding=encoding), [step], **WAYS[way])
    assert output == "v\n\u00a01500\u00a0\n 1600\t\n"


def test_a_byte_that_is_no_space_in_the_encoding_is_none(tmp_path: Path) -> None:
    text = b"v\n\xa01500\n1600\n".decode("utf-8", "surrogateescape")
    found, _ = table(tmp_path, text, [{"op": "filter", "filters": [{"column": "v", "operator": ">", "value": 1000}]}])
    assert found.rows == [["1600"]]


@pytest.mark.parametrize(
    ("options", "good", "bad"),
    [
        ({"decimal": ","}, {"97100,7": "97100.7", ",5": "0.5", "5,": "5", "-1,5e3": "-1500"}, ["1.5", "1.234,5"]),
        ({"decimal": ",", "group": "."}, {"1.234,5": "1234.5", "1234,5": "1234.5", "-1.234.567": "-1234567"},
         ["1.5", "12.34", "1.2345", "1..234", ".234", "1.234.56"]),
        ({"group": ","}, {"1,234.50": "1234.5", "12,345,678": "12345678", "0,001": "1", "1500": "1500"},
         ["1,23", "1,2345", ",123", "1234,567", "1,234,56", "1.5,5"]),
        ({"group": " "}, {"1 234": "1234", "1\u00a0234\u202f567.5": "1234567.5", " 7 ": "7"}, ["1  234", "1 23"]),
        ({"group": "'"}, {"1'234.5": "1234.5"}, ["1’234"]),
        ({"group": "indian"}, {"12,34,567.5": "1234567.5", "1,234": "1234"}, ["123,456", "1,23"]),
        ({"currency": True},
         {"$20": "20", "€ 5": "5", "5€": "5", "EUR 5": "5", "5EUR": "5", "-$5": "-5", "$-5": "-5", "1e3 USD": "1e3"},
         ["$5€", "#5", "usd 5", "US 5", "-$-5", "$", "%5", "½ 5"]),
        ({"percent": True}, {"5%": "0.05", "-5 %": "-0.05", "0.5%": "0.005", "1e2%": "1"}, ["%5", "5%%", "%"]),
        ({"accounting": True}, {"(300.00)": "-300", "( 5 )": "-5", "-5": "-5"},
         ["(5", "5)", "(-5)", "-(5)", "((5))", "()"]),
        ({"accounting": True, "currency": True, "group": ",", "percent": True},
         {"($1,300)": "-1300", "$(5)": "-5", "(5) EUR": "-5", "(5%)": "-0.05"}, ["$(5)$"]),
    ],
)  # fmt: skip
def test_formats_are_exact_and_know_no_other_way(options: dict[str, Any], good: dict[str, str], bad: list[str]) -> None:
    form = NumberFormat(**options)
    assert {cell: form.parse(cell) for cell in good} == {cell: Decimal(value) for cell, value in good.items()}
    assert [form.parse(cell) for cell in [*bad, *OTHERS[:13], *LIMITS[1::10]]] == [None] * (len(bad) + 15)


@given(value=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=3))
def test_written_with_groups_a_number_is_itself(value: Decimal) -> None:
    swiss = f"{value:,}".replace(",", "'")
    german = f"{value:,}".translate(str.maketrans(",.", ".,"))
    assert NumberFormat(group="'").parse(swiss) == NumberFormat(decimal=",", group=".").parse(german) == value
    assert NumberFormat(percent=True).parse(f"{value}%") == value / 100
    assert NumberFormat(accounting=True).parse(f"({abs(value)})") == -abs(value)


def test_a_long_number_is_not_rounded_by_a_percent_sign() -> None:
    assert NumberFormat(percent=True).parse("1" * 60 + "%") == Decimal("1" * 58 + ".11")


@pytest.mark.parametrize("way", SOME_WAYS)
def test_few_bytes_are_never_a_million_digits(tmp_path: Path, way: str) -> None:
    text = "v\n" + "1\n" * 30 + "1e999999\n"
    found, _ = table(tmp_path, text, [{"op": "profile"}], **WAYS[way])
    told = dict(zip(found.header, found.rows[0], strict=True))
    assert (told["mean"], told["max"], told["bad"], told["first_bad_value"]) == ("1", "1", "1", "1e999999")


@pytest.mark.parametrize(
    ("cells", "mean"),
    [
        (["1e400", "1", "-1e-400"], "3.33333333333333e+399"),
        (["9" * 1000, "1e-400"], "5e+999"),
        (["1e-400", "-3e-400"], "-1e-400"),
        (["1234567890123456789"], "1.23456789012346e+18"),
        (["0.0001", "0.0002"], "0.00015"),
        (["100000000000000"], "100000000000000"),
    ],
)
def test_a_mean_has_15_digits(tmp_path: Path, cells: list[str], mean: str) -> None:
    for options in ({}, {"memory": 1_000}):
        found, _ = table(tmp_path, csv_text([("v",), *((cell,) for cell in cells)]), [{"op": "profile"}], **options)
        assert found.rows[0][found.header.index("mean")] == mean


def test_sums_are_exact(tmp_path: Path) -> None:
    """Numbers 800 powers of ten apart, of which floats, or decimals of any fixed precision, lose the small one."""
    cells = ["1e400", "1e-400", "-1e400", "-1e-400", "3e-300", "3"]
    found, _ = table(tmp_path, csv_text([("v",), *((cell,) for cell in cells)]), [{"op": "profile"}])
    assert found.rows[0][found.header.index("mean")] == "0.5"
