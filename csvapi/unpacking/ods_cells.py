"""The cells of one sheet of an ODS file, read from its XML (OpenDocument 1.3, part 3, section 9.1)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_CELLS = {"table-cell", "covered-table-cell"}
_OF_TABLES = 3  # elements around a sheet's: document-content, body, spreadsheet


class OdsCells:
    """The cells one after the other, `seen` once each is read: its `number`, if it has one, and the text shown for it.

    Cells and rows that are stored once and stand several times in the sheet come once.
    """

    def __init__(self, sheet: str, seen: Callable[[OdsCells], None]) -> None:
        self._sheet, self._seen = sheet, seen
        self._inside = False
        self._path: list[str] = []
        self._depth = 0
        self._row, self._rows = 0, 0
        self._column, self._columns = 0, 0
        self.number: float | None = None
        self.text: list[str] = []

    @property
    def corners(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Row and column, from 0, of the first and of the last cell that this one stands for."""
        return (self._row, self._column), (self._row + self._rows - 1, self._column + self._columns - 1)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Of an element."""
        if name == "table" and len(self._path) == _OF_TABLES:
            self._inside = _local(attributes).get("name") == self._sheet
            self._row, self._rows = 0, 0
        self._path.append(name)
        if not self._inside:
            return
        if name == "table-row":
            self._row += self._rows
            self._rows = _times(_local(attributes).get("number-rows-repeated"))
            self._column, self._columns = 0, 0
        elif name in _CELLS:
            self._begin(_local(attributes))

    def _begin(self, attributes: dict[str, str]) -> None:
        self._depth = len(self._path)
        self._column += self._columns
        self._columns = _times(attributes.get("number-columns-repeated"))
        self.number = None
        self.text.clear()
        if attributes.get("value-type") in {"float", "percentage", "currency"}:
            with suppress(ValueError):
                self.number = float(attributes.get("value", ""))

    def data(self, text: str) -> None:
        """The text of an element, or a part of it; that of a remark or a drawing is no text of its cell."""
        if self._inside and self.number is not None and self._path[self._depth : self._depth + 1] == ["p"]:
            self.text.append(text)

    def end(self, name: str) -> None:
        """Of an element."""
        self._path.pop()
        if self._inside and name in _CELLS:
            self._seen(self)


def _local(attributes: dict[str, str]) -> dict[str, str]:
    return {name.rpartition(":")[2]: value for name, value in attributes.items()}


def _times(repeated: str | None) -> int:
    return int(repeated) if repeated and repeated.isdecimal() else 1
