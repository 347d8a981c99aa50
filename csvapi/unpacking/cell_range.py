"""Ranges of cells in the notation of spreadsheets: `B3:F200`, `B:F`, `3:200`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from csvapi.errors import InvalidInput

_PLACE = r"\$?([A-Za-z]{0,3})\$?([0-9]{0,7})"
_RANGE = re.compile(rf"\s*{_PLACE}\s*:\s*{_PLACE}\s*")
_COLUMNS, _ROWS = 16_384, 1_048_576  # of the largest sheet there is


@dataclass(frozen=True, slots=True)
class CellRange:
    """From row `top` to `bottom` and column `left` to `right`, all counted from 0 and included; None is the edge of
    what the sheet uses."""

    top: int | None
    left: int | None
    bottom: int | None
    right: int | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises InvalidInput for what is no range, with the forms it may have."""
        found = _RANGE.fullmatch(text)
        if not found:
            raise _invalid(text)
        (left, top), (right, bottom) = found.group(1, 2), found.group(3, 4)
        if bool(left) != bool(right) or bool(top) != bool(bottom) or not (left or top):
            raise _invalid(text)
        return cls._of(text, _row(top), _column(left), _row(bottom), _column(right))

    @classmethod
    def _of(cls, text: str, top: int | None, left: int | None, bottom: int | None, right: int | None) -> Self:
        rows = top is None or bottom is None or 0 <= top <= bottom < _ROWS
        columns = left is None or right is None or 0 <= left <= right < _COLUMNS
        if not (rows and columns):
            raise _invalid(text)
        return cls(top, left, bottom, right)


def _invalid(text: str) -> InvalidInput:
    return InvalidInput(
        f"range: {text!r} is no range of cells; write it as B3:F200, B:F or 3:200, the first corner first",
        pointer="/range",
    )


def _row(digits: str) -> int | None:
    return int(digits) - 1 if digits else None


def _column(letters: str) -> int | None:
    """`A` is 0, `Z` 25, `AA` 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1 if letters else None


def place(row: int, column: int) -> str:
    """The name of a cell by its row and column from 0: `B3`."""
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def position(name: str) -> tuple[int, int] | None:
    """Row and column, from 0, of a cell by its name; None for what is no name of a cell."""
    found = re.fullmatch(_PLACE, name)
    row, column = (_row(found[2]), _column(found[1])) if found else (None, None)
    return None if row is None or column is None else (row, column)
