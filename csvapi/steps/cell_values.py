"""What cells become when some functions change their text, one after the other; of short ones it is remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from csvapi.steps.growth import Bound, TooLong
from csvapi.steps.writing import encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.steps.reformat import Reformat

_REMEMBERED, _SHARE = 1 << 22, 128  # bytes of memory for cells and their new values, at most; and of which part of it
_LONGEST, _ENTRY = 700, 250  # of them for one cell, and besides its text


class Kept(bytes):
    """A new value of a cell that does not have the format that was to be changed."""


class CellValues:
    """`changes` are made of the text of a cell; `reformat` is one of them, if any. `names` are those of the columns."""

    def __init__(
        self,
        changes: Sequence[Callable[[str], str]],
        reformat: Reformat | None,
        byte_dialect: ByteDialect,
        bound: Bound,
        names: Sequence[str],
    ) -> None:
        self.changes, self.reformat = changes, reformat
        self.byte_dialect, self.bound, self.names = byte_dialect, bound, names
        self.known: dict[bytes, bytes] = {}
        self.remembered, self.memory = 0, _REMEMBERED

    def fit(self, memory: int) -> None:
        """Remember as much as such a memory allows."""
        self.memory = min(_REMEMBERED, memory // _SHARE)

    def values(self, cells: list[bytes], rows: Sequence[int], position: int, room: int) -> list[bytes] | None:
        """What the cells of a column become; None as soon as the new texts take more than `room` bytes."""
        values = list(map(self.known.get, cells))
        for index, value in enumerate(values) if None in values else ():
            if value is None:
                values[index] = made = self.value(cells[index], rows[index], position)
                if (room := room - len(made)) < 0:
                    return None
        return cast("list[bytes]", values)

    def value(self, cell: bytes, row: int, position: int) -> bytes:
        """What the cell in a row and a column becomes, a `Kept` where it does not have the format. Raises `TooLarge`
        and what `encoded` raises."""
        known = self.known.get(cell)
        if known is not None:
            return known
        value = self._made(cell, row, position)
        size = len(cell) + len(value) + _ENTRY
        if size <= _LONGEST:
            if self.remembered > self.memory:
                self.known.clear()
                self.remembered = 0
            self.known[cell] = value
            self.remembered += size
        return value

    def _made(self, cell: bytes, row: int, position: int) -> bytes:
        text = cell.decode(self.byte_dialect.inner, self.byte_dialect.errors)
        try:
            for change in self.changes:
                text = change(text)
        except TooLong as error:
            raise self.bound.refused(error.size, row, self.names[position]) from error
        value = encoded(text, self.byte_dialect, self.bound.pointer)
        return Kept(value) if self.reformat and self.reformat.missed else value
