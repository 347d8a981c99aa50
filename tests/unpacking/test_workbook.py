"""Workbooks: cells as text, sheets and ranges, what is lost, what is hostile."""

from __future__ import annotations

import csv
import io
import math
import struct
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from csvapi.errors import CsvapiError, InvalidInput, NoRecords, TooLarge
from csvapi.unpacking import Limits, Selection
from csvapi.unpacking.cell_range import CellRange, place, position
from csvapi.unpacking.cells import duration, number
from csvapi.unpacking.unpack import Unpacked, unpack
from tests.unpacking.files import ODS_TYPE, TEXTS, VALUES, cell, changed, every_kind, ods, row, sheet, workbook, zipped

MIB = 1 << 20
LIMITS = Limits(size=16 * MIB, ratio=200, parts=16 * MIB, columns=1000)


def read(
    folder: Path, content: bytes, limits: Limits = LIMITS, **chosen: str | int
) -> tuple[Unpacked, list[list[str]]]:
    source, target = folder / "source", folder / "target"
    source.write_bytes(content)
    found = unpack(source, target, Selection.of(chosen), limits)
    assert found
    return found, list(csv.reader(io.StringIO(target.read_text("utf-8"), newline="")))


def text_of(folder: Path) -> str:
    return (folder / "target").read_bytes().decode()


def refused(
    folder: Path, content: bytes, kind: type[CsvapiError] = InvalidInput, limits: Limits = LIMITS, **chosen: str | int
) -> CsvapiError:
    with pytest.raises(kind) as error:
        read(folder, content, limits, **chosen)
    return error.value


def codes(found: Unpacked) -> list[str]:
    return [each.code for each in found.warnings]


def test_every_type_of_cell_is_written_as_it_is_stored(tmp_path: Path) -> None:
    found, records = read(tmp_path, every_kind())
    assert records == [["kind", "value"], *([kind, text] for (kind, _), text in zip(VALUES, TEXTS, strict=True))]
    assert (found.format, found.sheet, found.range) == ("xlsx", "Types", f"B3:C{3 + len(VALUES)}")
    warned = {each.code: each for each in found.warnings}
    assert warned.keys() == {"cell_formats_not_applied", "cell_errors"}
    assert (warned["cell_errors"].count, warned["cell_errors"].value) == (1, "#DIV/0!")
    assert warned["cell_formats_not_applied"].count == len([1 for _, value in VALUES if type(value) in {int, float}])


def test_records_are_written_by_rfc_4180(tmp_path: Path) -> None:
    read(tmp_path, sheet(["a", "b,c"], ['say "hi"', "x\ny"], ["é", "\U0001f600"]))
    assert text_of(tmp_path) == 'a,"b,c"\r\n"say ""hi""","x\ny"\r\né,\U0001f600\r\n'


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_the_shortest_decimal_of_its_double(value: float) -> None:
    written = number(value)
    assert float(written) == value
    assert len(written.replace("-", "").replace(".", "").partition("e")[0].strip("0")) <= 17
    assert not written.endswith(".0")
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        assert written == str(int(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.0, "0"), (1e21, "1e+21"), (1e20, "100000000000000000000"), (1e-7, "1e-7"),
     (0.000001, "0.000001"), (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"), (-12.5, "-12.5"),
     (1e16, "10000000000000000")],
)  # fmt: skip
def test_numbers_in_the_notation_of_ecmascript(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (timedelta(), "PT0S"),
        (timedelta(hours=26, minutes=30), "PT26H30M"),
        (timedelta(seconds=-90), "-PT1M30S"),
        (timedelta(days=3, milliseconds=250), "PT72H0.25S"),
    ],
)
def test_durations(value: timedelta, text: str) -> None:
    assert duration(value) == text


def several(book: xlsxwriter.Workbook) -> None:
    for name, hidden in (("First", True), ("Second", False), ("2", False), ("Chart", False)):
        if name == "Chart":
            book.add_chartsheet(name)
            continue
        page = book.add_worksheet(name)
        page.write_row(0, 0, ["sheet", name])
        page.write_row(1, 0, ["x", "y"])
        if hidden:
            page.hide()
        if name == "Second":
            page.activate()
            page.set_first_sheet()


@pytest.mark.parametrize(
    ("chosen", "name"), [(None, "Second"), ("First", "First"), (1, "First"), ("2", "2"), (2, "Second"), ("3", "2")]
)
def test_a_sheet_by_name_or_position(tmp_path: Path, chosen: str | int | None, name: str) -> None:
    found, records = read(tmp_path, workbook(several), **({} if chosen is None else {"sheet": chosen}))
    assert (found.sheet, records[0]) == (name, ["sheet", name])
    (warning,) = found.warnings
    assert (warning.code, warning.count) == ("other_sheets", 3)
    assert sorted([name, *found.others]) == ["2", "Chart", "First", "Second"]


@pytest.mark.parametrize("chosen", ["Third", "0", "5", 9, "-1", "first"])
def test_a_sheet_that_is_not_there(tmp_path: Path, chosen: str | int) -> None:
    error = refused(tmp_path, workbook(several), sheet=chosen)
    assert error.pointer == "/sheet"
    assert "it has 'First', 'Second', '2', 'Chart'" in error.detail


def test_a_sheet_without_cells(tmp_path: Path) -> None:
    assert "no table" in refused(tmp_path, workbook(several), sheet="Chart").detail
    assert "is empty" in refused(tmp_path, sheet(), NoRecords).detail


TABLE = [[f"{letter}{number}" for letter in "ABCDE"] for number in range(1, 9)]


@pytest.mark.parametrize(
    ("cells", "read_as", "top", "bottom", "left", "right"),
    [
        ("B3:D5", "B3:D5", 2, 5, 1, 4),
        ("b3:$D$5", "B3:D5", 2, 5, 1, 4),
        ("B:C", "B1:C8", 0, 8, 1, 3),
        ("3:4", "A3:E4", 2, 4, 0, 5),
        ("D7:G99", "D7:G8", 6, 8, 3, 7),
        ("A1:A1", "A1:A1", 0, 1, 0, 1),
    ],
)
def test_a_range_of_cells(
    tmp_path: Path, cells: str, read_as: str, top: int, bottom: int, left: int, right: int
) -> None:
    found, records = read(tmp_path, sheet(*TABLE), range=cells)
    width = right - left
    assert records == [(line[left:right] + [""] * width)[:width] for line in TABLE[top:bottom]]
    assert found.range == read_as


@pytest.mark.parametrize(
    "cells",
    ["B3", "B3:", "3:B", "D5:B3", "5:3", "A0:B2", "B3:D5:E6", "Sheet1!A1:B2", "XFE1:XFE2", "1:1048577", ":", "A:5"],
)
def test_what_is_no_range(tmp_path: Path, cells: str) -> None:
    error = refused(tmp_path, sheet(*TABLE), range=cells)
    assert error.pointer == "/range"
    assert "B3:F200" in error.detail


@pytest.mark.parametrize("cells", ["F1:G8", "A9:E9"])
def test_a_range_without_cells(tmp_path: Path, cells: str) -> None:
    error = refused(tmp_path, sheet(*TABLE), range=cells)
    assert error.pointer == "/range"
    assert "A1:E8" in error.detail


@given(st.integers(0, 1_048_575), st.integers(0, 16_383))
def test_places_have_names(line: int, column: int) -> None:
    name = place(line, column)
    assert position(name) == (line, column)
    assert CellRange.parse(f"{name}:{name}") == CellRange(line, column, line, column)


def test_empty_rows_are_blank_lines_and_empty_edges_are_left_out(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        page = book.add_worksheet()
        page.write_row("C4", ["a", "b"])
        page.write_row("C7", ["1", ""])
        page.write_blank("H20", None, book.add_format({"bold": True}))

    found, _ = read(tmp_path, workbook(fill))
    assert text_of(tmp_path).startswith("a,b\r\n\r\n\r\n1,")
    assert found.range is not None
    assert found.range.startswith("C4:")


def test_merged_cells_are_told(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        page = book.add_worksheet()
        page.write_row(0, 0, ["a", "b", "c"])
        page.merge_range("A2:B3", "both")
        page.write("C2", "x")

    found, records = read(tmp_path, workbook(fill))
    assert records[:2] == [["a", "b", "c"], ["both", "", "x"]]
    assert codes(found) == ["merged_cells"]
    assert codes(read(tmp_path, workbook(fill), range="C1:C3")[0]) == []


def test_formulas_that_were_never_computed_are_told(tmp_path: Path) -> None:
    target = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["n", "twice"])
    for line in range(2, 5):
        book.active.append([f"x{line}", f"=A{line}*2"])
    book.save(target)
    found, records = read(tmp_path, target.getvalue())
    assert records == [["n", "twice"], ["x2", ""], ["x3", ""], ["x4", ""]]
    (warning,) = found.warnings
    assert (warning.code, warning.count) == ("formulas_without_values", 3)
    assert "B2" in warning.detail


@pytest.mark.parametrize(
    ("form", "warns"),
    [("General", False), ("@", False), ("00000", True), ("0.00%", True), ("dd/mm/yy", False), ('"day" 0', True)],
)
def test_formats_that_are_not_applied_are_told(tmp_path: Path, form: str, warns: bool) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        page = book.add_worksheet()
        page.write_row(0, 0, ["zip", "name"])
        page.write_number(1, 0, 1234, book.add_format({"num_format": form}))
        page.write_number(2, 0, 99)

    assert codes(read(tmp_path, workbook(fill))[0]) == ["cell_formats_not_applied"] * warns


def test_only_formats_of_numbers_that_are_read_are_told(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        plain, codes = book.add_worksheet("plain"), book.add_worksheet("codes")
        padded, day = book.add_format({"num_format": "00000"}), book.add_format({"num_format": "yyyy-mm-dd"})
        plain.write_row(0, 0, [1, 2])
        plain.write_datetime(0, 2, date(2026, 1, 31), day)
        plain.write_blank(0, 3, None, padded)
        plain.write_string(0, 4, "text", padded)
        codes.write_row(0, 0, ["id", "zip"])
        codes.write_row(1, 0, [3])
        codes.write_number(1, 1, 1234, padded)

    content = workbook(fill)
    assert codes(read(tmp_path, content)[0]) == ["other_sheets"]
    assert codes(read(tmp_path, content, sheet="codes", range="A:A")[0]) == ["other_sheets"]
    _, warning = read(tmp_path, content, sheet="codes")[0].warnings
    assert (warning.code, warning.count, warning.value) == ("cell_formats_not_applied", 2, "1234")
    assert warning.detail.endswith("the first is B2")


@pytest.mark.parametrize(
    ("shown", "value", "warns"),
    [
        ("7", "7", False),
        ("-0,5", "-0.5", False),
        ("0.3333333333", "0.333333333333333", False),
        ("1E+21", "1e21", False),
        ("007", "7", True),
        ("12.50", "12.5", True),
        ("3.14", "3.14159", True),
        ("1,234", "1234", True),
        ("50 %", "0.5", True),
        ("", "5", True),
    ],
)
def test_numbers_of_an_opendocument_spreadsheet_that_are_shown_otherwise(
    tmp_path: Path, shown: str, value: str, warns: bool
) -> None:
    number = cell(shown, "float", value=value)
    remark = "<office:annotation><text:p>007</text:p></office:annotation><text:p>7</text:p>"
    plain = cell("7", "float", value="7").replace("<text:p>7</text:p>", remark)
    plain = plain.replace(" office", ' table:number-columns-repeated="2" office', 1)
    rows = people(row(plain).replace("table-row>", 'table-row table:number-rows-repeated="2">', 1), row(plain, number))
    content = ods(("Other", people(row(cell("008", "float", value="8")))), ("Data", rows))
    found = read(tmp_path, content, sheet="Data")[0].warnings[1:]
    assert [(each.code, float(each.value or "")) for each in found] == [
        ("cell_formats_not_applied", float(value))
    ] * warns
    assert all(each.detail.endswith("the first is C4") for each in found)
    assert codes(read(tmp_path, content, sheet="Data", range="A:B")[0]) == ["other_sheets"]


def people(*more: str) -> str:
    return row(cell("id"), cell("name")) + "".join(more)


def test_an_opendocument_spreadsheet(tmp_path: Path) -> None:
    rows = people(
        row(cell("7", "float", value="7"), cell("Ada")),
        row(cell("50 %", "percentage", value="0.5"), cell("31.01.26", "date", date_value="2026-01-31")),
        row(cell("12:30", "date", date_value="2026-01-31T12:30:00"), cell("06:30", "time", time_value="PT06H30M00S")),
        row(cell("26:30", "time", time_value="PT26H30M00S"), cell("TRUE", "boolean", boolean_value="true")),
        row('<table:table-cell table:number-columns-repeated="2"/>'),
        row(cell("#N/A", "string"), cell("last")),
    )
    found, records = read(tmp_path, ods(("Data", rows), ("Other", people())))
    assert (found.format, found.sheet, found.others) == ("ods", "Data", ["Other"])
    assert records == [
        ["id", "name"],
        ["7", "Ada"],
        ["0.5", "2026-01-31"],
        ["2026-01-31T12:30:00", "06:30:00"],
        ["PT26H30M00S", "TRUE"],
        [],
        ["#N/A", "last"],
    ]
    assert codes(found) == ["other_sheets", "cell_formats_not_applied"]
    assert read(tmp_path, ods(("Data", rows), ("Other", people())), sheet="Other")[1] == [["id", "name"]]


def test_a_protected_opendocument_spreadsheet(tmp_path: Path) -> None:
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml" manifest:size="9">'
        '<manifest:encryption-data manifest:checksum-type="SHA1/1K" manifest:checksum="x"/></manifest:file-entry>'
        "</manifest:manifest>"
    )
    assert "password" in refused(tmp_path, ods(("A", people()), manifest=manifest.encode())).detail


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"mimetype": b"application/vnd.oasis.opendocument.text"}, "without sheets"),
        ({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}, "a Word document"),
        ({"[Content_Types].xml": b"<x/>", "xl/workbook.bin": b"x"}, "XLSB"),
        ({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x"}, "damaged"),
        ({"[Content_Types].xml": b"<x/>", "xl/other.xml": b"<x/>"}, "damaged"),
        ({"mimetype": ODS_TYPE.encode()}, "damaged"),
        ({"mimetype": ODS_TYPE.encode(), "content.xml": b"<a><b></a>"}, "damaged"),
    ],
)
def test_other_documents_and_damaged_ones_say_so(tmp_path: Path, members: dict[str, bytes], says: str) -> None:
    assert says in refused(tmp_path, zipped(members)).detail


PART = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (b"</row>", b"</rov>", "damaged"),
        (b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet', "document type"),
    ],
)
def test_a_part_that_is_damaged(tmp_path: Path, before: bytes, after: bytes, says: str) -> None:
    content = changed(every_kind(), PART, lambda xml: xml.replace(before, after, 1))
    assert says in refused(tmp_path, content).detail


def test_a_part_whose_bytes_are_damaged(tmp_path: Path) -> None:
    content = bytearray(every_kind())
    at = content.index(b"xl/worksheets/sheet1.xml") + 60
    content[at : at + 40] = bytes(40)
    assert "damaged" in refused(tmp_path, bytes(content)).detail


def test_parts_that_unpack_to_too_much_are_not_opened(tmp_path: Path) -> None:
    many = sheet(["a", "b"], *([f"value number {n}", n] for n in range(2000)))
    for part in ("xl/sharedStrings.xml", PART):
        large = changed(many, part, lambda xml: xml + b" " * (17 * MIB))
        error = refused(tmp_path, large, TooLarge, Limits(size=16 * MIB, parts=16 * MIB))
        assert "CSVAPI_UNPACK_MEMORY" in error.detail
        assert refused(tmp_path, large, TooLarge).context["limit"] == 200
    read(tmp_path, many)


def test_one_string_in_many_cells_is_bounded_by_the_ratio(tmp_path: Path) -> None:
    long = "x" * 32_000
    content = sheet(["a"], *([long] for _ in range(2000)))
    assert refused(tmp_path, content, TooLarge, Limits(ratio=200)).context["limit"] == 200
    assert (tmp_path / "target").stat().st_size <= 200 * len(content) + 2 * MIB


def test_too_many_columns(tmp_path: Path) -> None:
    error = refused(tmp_path, sheet(["x"] * 1001), TooLarge)
    assert error.context["limit"] == 1000
    read(tmp_path, sheet(["x"] * 1001), range="A1:ALL1")


def test_sizes_in_the_directory_may_lie(tmp_path: Path) -> None:
    """A sheet that says it is small: its checksum and length do not hold, which is damage."""
    content = bytearray(sheet(*([f"v{n}"] for n in range(3000))))
    entry = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02"))
    while content[entry + 46 : entry + 46 + len(PART)] != PART.encode():
        entry = content.index(b"PK\x01\x02", entry + 4)
    struct.pack_into("<L", content, entry + 24, 100)
    assert "damaged" in refused(tmp_path, bytes(content)).detail
