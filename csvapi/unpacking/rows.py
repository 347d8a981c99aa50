"""Rows of cells as records of a CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from csvapi.errors import NoRecords
from csvapi.unpacking.cell_range import place
from csvapi.unpacking.cells import text
from csvapi.unpacking.compressed import PIECE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from csvapi.unpacking.area import Area
    from csvapi.unpacking.cells import Cell
    from csvapi.unpacking.output import Output


class Rows:
    """Writes rows, and counts what their cells hold: `numbers`, and `errors` with the first one."""

    def __init__(self, output: Output, area: Area, errors: Mapping[int, Mapping[int, str]]) -> None:
        self.area = area
        self.numbers = 0
        self.errors, self.first_error = 0, ""
        self._output, self._wrong = output, errors
        self._buffer = io.StringIO(newline="")
        self._writer: Any = csv.writer(self._buffer, lineterminator="\r\n")  # by which it quotes both CR and LF
        self._first = self._last = -1

    def write(self, rows: Iterable[list[Cell]]) -> None:
        """Write the area's part of a sheet's rows, which begin with row 1. Raises NoRecords if all of it is empty."""
        blank = 0
        for number, row in enumerate(rows):
            if number > self.area.bottom:
                break
            if number < self.area.top:
                continue
            cells = self._texts(number, self.area.cut(row))
            if not any(cells):
                blank += self._first >= 0
                continue
            self._buffer.write("\r\n" * blank)
            self._writer.writerow(cells)
            self._first, self._last, blank = (number if self._first < 0 else self._first), number, 0
            if self._buffer.tell() >= PIECE:
                self._flush()
        self._flush()
        if self._first < 0:
            raise NoRecords(f"The cells {self.area} are empty", pointer="/range")

    def _texts(self, number: int, row: list[Cell]) -> list[str]:
        found = [cell if type(cell) is str else text(cell) for cell in row]
        self.numbers += sum(type(cell) is float or type(cell) is int for cell in row)
        for column, error in self._wrong.get(number, {}).items():
            if self.area.left <= column <= self.area.right:
                found[column - self.area.left] = error
                self.errors += 1
                self.first_error = self.first_error or error
        return found

    def _flush(self) -> None:
        self._output.write(self._buffer.getvalue().encode("utf-8", "replace"))
        self._buffer.seek(0)
        self._buffer.truncate()

    @property
    def range(self) -> str:
        """The cells that were written, without empty rows above and below them."""
        return f"{place(self._first, self.area.left)}:{place(self._last, self.area.right)}"
