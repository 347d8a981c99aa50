"""The cells of a sheet that are read: what it uses, or the range that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from csvapi.errors import InvalidInput, NoRecords, TooLarge
from csvapi.unpacking.cell_range import CellRange, place

if TYPE_CHECKING:
    from csvapi.unpacking.cells import Cell


@dataclass(frozen=True, slots=True)
class Area:
    """Rows and columns from 0, the last ones included; `origin` is the column with which rows begin that are read."""

    top: int
    left: int
    bottom: int
    right: int
    origin: int = 0

    @classmethod
    def of(cls, sheet: Any, wanted: str | None, most: int) -> Self:
        """Rows end with the sheet; columns that a range names are read even if they are empty.

        Raises NoRecords for an empty sheet, InvalidInput for a range outside of what it uses, and TooLarge for more
        than `most` columns.
        """
        asked = CellRange.parse(wanted) if wanted is not None else CellRange(None, None, None, None)
        if sheet.start is None or sheet.end is None:
            raise NoRecords(f"The sheet {sheet.name!r} is empty", pointer="/sheet")
        used = cls(*sheet.start, *sheet.end)
        area = cls(
            used.top if asked.top is None else asked.top,
            used.left if asked.left is None else asked.left,
            used.bottom if asked.bottom is None else min(asked.bottom, used.bottom),
            used.right if asked.right is None else asked.right,
            used.left,
        )
        if area.top > area.bottom or area.left > used.right or area.right < used.left or area.bottom < used.top:
            raise InvalidInput(f"range: {wanted} holds no cell; the sheet uses {used}", pointer="/range")
        if area.width > most:
            raise TooLarge(f"The range has {area.width} columns; the limit is {most}", limit=most)
        return area

    @property
    def width(self) -> int:
        """The number of columns."""
        return self.right - self.left + 1

    def cut(self, row: list[Cell]) -> list[Cell]:
        """The cells of the area in a row that begins with column `origin`; missing ones are empty."""
        if self.left == self.origin and len(row) == self.width:
            return row
        before = min(max(self.origin - self.left, 0), self.width)
        found = row[max(self.left - self.origin, 0) : max(self.right + 1 - self.origin, 0)]
        return [""] * before + found + [""] * (self.width - before - len(found))

    def holds(self, row: int, column: int) -> bool:
        """Whether a cell is in the area."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right

    def overlaps(self, corners: tuple[tuple[int, int], tuple[int, int]]) -> bool:
        """Whether any cell between the two corners is in the area."""
        (top, left), (bottom, right) = corners
        return top <= self.bottom and bottom >= self.top and left <= self.right and right >= self.left

    def __str__(self) -> str:
        return f"{place(self.top, self.left)}:{place(self.bottom, self.right)}"
