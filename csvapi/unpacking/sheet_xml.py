"""What calamine does not tell of a sheet of an XLSX file, read from its XML: errors in cells, and formulas that have no
value.

One pass over the sheet's part to see whether there is anything of the kind, and a second, slower one if there is.
"""

from __future__ import annotations

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


@dataclass
class Oddities:
    """`errors` are the texts of cells such as `#N/A`, by row and column from 0; `unknown` counts the formulas without
    a value, of which `first` is the first cell."""

    errors: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    unknown: int = 0
    first: str = ""

    def look(self, cell: Cells) -> None:
        """See what is odd about a cell."""
        if cell.type == "e" and cell.text:
            self.errors[cell.row][cell.column] = "".join(cell.text)
        elif cell.formula and not cell.text and cell.type != "str":  # whose value may be an empty text
            self.first = self.first or place(cell.row, cell.column)
            self.unknown += 1


def oddities(archive: ZipFile, part: str) -> Oddities:
    """Those of one sheet, by the name of its part. Raises NotCsv for damaged XML."""
    if not _worth_a_look(read(archive, archive.getinfo(part))):
        return Oddities()
    found = Oddities()
    cells = Cells(found.look)
    parse(read(archive, archive.getinfo(part)), cells.start, cells.end, cells.data)
    return found


def _worth_a_look(pieces: Generator[bytes]) -> bool:
    last = b""
    with closing(pieces):
        for piece in pieces:
            data = last + piece
            if any(mark in data for mark in _MARKS):
                return True
            last = piece[-_OVERLAP:]
    return False


class Cells:
    """The cells of a sheet one after the other, `seen` once each is read; one without a name follows the one before."""

    def __init__(self, seen: Callable[[Cells], None]) -> None:
        self._seen = seen
        self.row, self.column = -1, -1
        self.type = self.style = ""
        self.formula = self._inside = False
        self.text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Of an element."""
        match name:
            case "row":
                number = attributes.get("r", "")
                self.row = int(number) - 1 if number.isdecimal() else self.row + 1
                self.column = -1
            case "c":
                self.row, self.column = position(attributes.get("r", "")) or (self.row, self.column + 1)
                self.type, self.style = attributes.get("t", ""), attributes.get("s", "0")
                self.formula = False
                self.text.clear()
            case "f":
                self.formula = True
            case "v":
                self._inside = True

    def data(self, text: str) -> None:
        """The text of an element, or a part of it."""
        if self._inside:
            self.text.append(text)

    def end(self, name: str) -> None:
        """Of an element."""
        if name == "v":
            self._inside = False
        elif name == "c":
            self._seen(self)


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

    parse_part(archive, "xl/workbook.xml", sheets)
    parse_part(archive, "xl/_rels/workbook.xml.rels", relations)
    target = targets.get(ids.get(sheet, ""), "")
    part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return part if target and part in archive.NameToInfo else ""


def parse_part(archive: ZipFile, part: str, start: Callable[[str, dict[str, str]], None]) -> None:
    """Call back with the elements of a part, if there is one. Raises NotCsv for damaged XML."""
    if part in archive.NameToInfo:
        parse(read(archive, archive.getinfo(part)), start)


def parse(
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
