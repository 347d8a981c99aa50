"""What calamine does not tell of a sheet of an XLSX file, read from its XML: errors in cells, formulas that have no
value, and whether numbers are shown in another form than they are stored in.

One pass over the sheet's part to see whether there is anything of the kind, and a second, slower one if there is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from csvapi.errors import NotCsv
from csvapi.unpacking.archive import read
from csvapi.unpacking.cell_range import place, position

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from zipfile import ZipFile

_MARKS = (b't="e"', b"t='e'", b"<f>", b"<f ", b":f>", b":f ")  # of an error, and of a formula
_OVERLAP = 4  # bytes of one that the end of a piece may have cut
_AS_STORED = {0, 49, *range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
"""Number formats that are built in and change nothing here: General, text, and those of dates and times."""
_LITERAL = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_OF_TIME = re.compile(r"[ymdhs]", re.IGNORECASE)


@dataclass
class Oddities:
    """`errors` are the texts of cells such as `#N/A`, by row and column from 0; `unknown` counts the formulas without
    a value, of which `first` is the first cell."""

    errors: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    unknown: int = 0
    first: str = ""


def oddities(archive: ZipFile, part: str) -> Oddities:
    """Those of one sheet, by the name of its part. Raises NotCsv for damaged XML."""
    if not _worth_a_look(read(archive, archive.getinfo(part))):
        return Oddities()
    scan = _Scan()
    _parse(read(archive, archive.getinfo(part)), scan.start, scan.end, scan.data)
    return scan.found


def _worth_a_look(pieces: Generator[bytes]) -> bool:
    last = b""
    with closing(pieces):
        for piece in pieces:
            data = last + piece
            if any(mark in data for mark in _MARKS):
                return True
            last = piece[-_OVERLAP:]
    return False


class _Scan:
    """The cells of a sheet one after the other; a cell without a name follows the one before it."""

    def __init__(self) -> None:
        self.found = Oddities()
        self._row, self._column = -1, -1
        self._type = ""
        self._formula = self._inside = False
        self._text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "row":
                number = attributes.get("r", "")
                self._row = int(number) - 1 if number.isdecimal() else self._row + 1
                self._column = -1
            case "c":
                self._row, self._column = position(attributes.get("r", "")) or (self._row, self._column + 1)
                self._type = attributes.get("t", "")
                self._formula = False
                self._text.clear()
            case "f":
                self._formula = True
            case "v":
                self._inside = True

    def data(self, text: str) -> None:
        if self._inside:
            self._text.append(text)

    def end(self, name: str) -> None:
        if name == "v":
            self._inside = False
        if name != "c":
            return
        if self._type == "e" and self._text:
            self.found.errors[self._row][self._column] = "".join(self._text)
        elif self._formula and not self._text and self._type != "str":  # whose value may be an empty text
            self.found.first = self.found.first or place(self._row, self._column)
            self.found.unknown += 1


def part_of(archive: ZipFile, sheet: str) -> str:
    """The name of the part that has this sheet; "" if the workbook does not say so in the usual way."""
    ids: dict[str, str] = {}
    targets: dict[str, str] = {}

    def sheets(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet" and "name" in attributes:
            by = [value for key, value in attributes.items() if key.rpartition(":")[2] == "id"]
            ids.setdefault(attributes["name"], by[0] if by else "")

    def relations(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    _parse_part(archive, "xl/workbook.xml", sheets)
    _parse_part(archive, "xl/_rels/workbook.xml.rels", relations)
    target = targets.get(ids.get(sheet, ""), "")
    part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return part if target and part in archive.NameToInfo else ""


def has_formats(archive: ZipFile) -> bool:
    """Whether cells may be shown by a number format that is neither General nor one of dates, as `00000` or `0%`."""
    codes: dict[int, str] = {}
    used: set[int] = set()
    inside = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        number = int(attributes["numFmtId"]) if attributes.get("numFmtId", "").isdecimal() else 0
        if name in {"cellXfs", "cellStyleXfs"}:
            inside = name
        elif name == "numFmt":
            codes[number] = attributes.get("formatCode", "")
        elif name == "xf" and inside == "cellXfs":
            used.add(number)

    _parse_part(archive, "xl/styles.xml", start)
    return any(_changes(number, codes.get(number)) for number in used)


def _changes(number: int, code: str | None) -> bool:
    if code is None:
        return number not in _AS_STORED
    return code.lower() not in {"general", "@"} and not _OF_TIME.search(_LITERAL.sub("", code))


def _parse_part(archive: ZipFile, part: str, start: Callable[[str, dict[str, str]], None]) -> None:
    if part in archive.NameToInfo:
        _parse(read(archive, archive.getinfo(part)), start)


def _parse(
    pieces: Generator[bytes],
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    data: Callable[[str], None] | None = None,
) -> None:
    """Call back with names without their prefix. A document that declares entities, as no workbook does, is refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
    if end:
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    if data:
        parser.CharacterDataHandler = data
    parser.StartDoctypeDeclHandler = _refuse
    try:
        with closing(pieces):
            for piece in pieces:
                parser.Parse(piece)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError) as error:
        raise NotCsv(f"The workbook is damaged: its XML cannot be read ({error}).", pointer="/file") from error


def _refuse(*_: object) -> None:
    raise NotCsv("The workbook declares a document type, as no workbook does; it is not read.", pointer="/file")
