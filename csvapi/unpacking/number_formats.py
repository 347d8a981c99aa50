"""Whether numbers that are read are shown in another form than they are stored in, as `00000` or `0%`.

calamine tells of no formats. Of an XLSX file it is seen by the formats that its styles name: a pass over the bytes of
the sheet shows whether a cell may have one; if so, a slower one finds the first. Of an ODS file it is seen by the text
that is stored beside each number, in one pass over all sheets.
"""

from __future__ import annotations

import math
import re
from contextlib import closing
from typing import TYPE_CHECKING

from csvapi.unpacking.archive import read
from csvapi.unpacking.cell_range import place
from csvapi.unpacking.cells import number
from csvapi.unpacking.ods_cells import OdsCells
from csvapi.unpacking.sheet_xml import Cells, parse, parse_part

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from zipfile import ZipFile

    from csvapi.unpacking.area import Area

_AS_STORED = {0, 49, *range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
"""Number formats that are built in and change nothing here: General, text, and those of dates and times."""
_LITERAL = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_OF_TIME = re.compile(r"[ymdhs]", re.IGNORECASE)
_STYLE = re.compile(rb"[ \t\r\n]s=[\"']([0-9]{1,5})")
_OVERLAP = 12  # bytes of a style that the end of a piece may have cut
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:[.,][0-9]*[1-9])?(?:E[+-]?[0-9]+)?")
_SAME = {"rel_tol": 1e-14, "abs_tol": 5.1e-11}  # General shows fifteen digits, and ten of a fraction


class _FoundError(Exception):
    """Ends a pass: the first cell of the kind, and its number."""

    def __init__(self, row: int, column: int, value: str) -> None:
        self.place, self.value = place(row, column), value


def of_xlsx(archive: ZipFile, part: str, area: Area) -> tuple[str, str] | None:
    """The first number of the area that has such a format: its cell and its value. Raises NotCsv for damaged XML."""
    styles = _changing_styles(archive) if part else set()
    if not styles or ("0" not in styles and styles.isdisjoint(_used(read(archive, archive.getinfo(part))))):
        return None

    def look(cell: Cells) -> None:
        if cell.style in styles and cell.type in {"", "n"} and cell.text and area.holds(cell.row, cell.column):
            raise _FoundError(cell.row, cell.column, number(float("".join(cell.text))))

    cells = Cells(look)
    return _first(lambda: parse(read(archive, archive.getinfo(part)), cells.start, cells.end, cells.data))


def of_ods(archive: ZipFile, sheet: str, area: Area) -> tuple[str, str] | None:
    """The first number of the area that is not shown as it is stored, as `of_xlsx`."""

    def look(cell: OdsCells) -> None:
        if cell.number is None or _shown_as_stored("".join(cell.text), cell.number):
            return
        (top, left), _ = corners = cell.corners
        if area.overlaps(corners):
            raise _FoundError(max(top, area.top), max(left, area.left), number(cell.number))

    cells = OdsCells(sheet, look)
    content = archive.getinfo("content.xml")
    return _first(lambda: parse(read(archive, content), cells.start, cells.end, cells.data))


def _first(look: Callable[[], None]) -> tuple[str, str] | None:
    try:
        look()
    except _FoundError as found:
        return found.place, found.value
    return None


def _changing_styles(archive: ZipFile) -> set[str]:
    """The styles of cells, by their numbers, whose number format is neither General nor one of text or dates."""
    codes: dict[int, str] = {}
    used: list[int] = []
    inside = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        form = int(attributes["numFmtId"]) if attributes.get("numFmtId", "").isdecimal() else 0
        if name in {"cellXfs", "cellStyleXfs"}:
            inside = name
        elif name == "numFmt":
            codes[form] = attributes.get("formatCode", "")
        elif name == "xf" and inside == "cellXfs":
            used.append(form)

    parse_part(archive, "xl/styles.xml", start)
    return {str(style) for style, form in enumerate(used) if _changes(form, codes.get(form))}


def _changes(form: int, code: str | None) -> bool:
    if code is None:
        return form not in _AS_STORED
    return code.lower() not in {"general", "@"} and not _OF_TIME.search(_LITERAL.sub("", code))


def _used(pieces: Generator[bytes]) -> set[str]:
    """The numbers of the styles that a sheet's rows and cells have."""
    found: set[bytes] = set()
    last = b""
    with closing(pieces):
        for piece in pieces:
            found.update(_STYLE.findall(last + piece))
            last = piece[-_OVERLAP:]
    return {style.decode() for style in found}


def _shown_as_stored(shown: str, value: float) -> bool:
    """Whether a number is shown by no more than its digits; where no text is stored, nobody knows."""
    text = shown.strip()
    return bool(_PLAIN.fullmatch(text)) and math.isclose(float(text.replace(",", ".")), value, **_SAME)
