"""Changing cells as text where they are ASCII, or a table says what they become; the others are left to Python."""

from __future__ import annotations

from array import array
from ctypes import byref, c_uint64
from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING

from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import Allocate, Growing, Memory
from csvapi.native.rewriting import CellTexts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from _typeshed import ReadableBuffer

    from csvapi.native.index import RecordIndex

LETTERS = 0x800  # characters that have at most two bytes in UTF-8
_LENGTH, _SIZE, _UNSURE = 4, 8, 16  # bytes of a cell, of a column, of a cell that is left


class Change(IntFlag):
    """What is done to a cell, in this order; composing leaves ASCII as it is."""

    COMPOSE = 1
    TRIM = 2
    COLLAPSE = 4
    LOWER = 8
    UPPER = 16
    TITLE = 32
    FILL = 64


@dataclass(frozen=True)
class Changed:
    """The texts of `records` cells for each column, of which `changed` are others than before; valid up to the next.

    `unsure` has for each cell that is left to Python its number, column by column, and where it begins in `text`.
    """

    records: int
    text: memoryview
    lengths: memoryview
    sizes: memoryview
    unsure: memoryview
    changed: int

    def columns(self) -> Iterator[CellTexts]:
        """The texts of each column."""
        start = 0
        for number, size in enumerate(self.sizes):
            lengths = self.lengths[self.records * number : self.records * (number + 1)]
            yield CellTexts(self.text[start : start + size], lengths)
            start += size

    def left(self) -> Iterator[tuple[int, int, bytes]]:
        """The cells that are left to Python: where each begins in `text`, its number, and what it is."""
        for at in range(0, len(self.unsure), 2):
            number, place = self.unsure[at], self.unsure[at + 1]
            yield place, number, bytes(self.text[place : place + self.lengths[number]])


class Changer:
    """Changes cells; those that are empty then become `fill` where that is not None. Memory: the cells.

    `letters` is for text in UTF-8: what becomes of each character up to U+07FF, unless by TITLE. That is one from
    U+0080 on, or 0: cells with such a character are left, as those are with one of more bytes. What ASCII becomes is
    not looked at. Without `letters`, all cells are left that take Unicode. Raises `ValueError` for other ones.
    """

    def __init__(
        self,
        change: Change,
        fill: bytes | None = None,
        letters: Sequence[int] = (),
        *,
        allocate: Allocate = Memory,
    ) -> None:
        if letters and (len(letters) != LETTERS or not all(not each or 0x80 <= each < LETTERS for each in letters)):
            raise ValueError(f"Letters must be {LETTERS} characters of two bytes, or 0.")
        self._how, self._fill = change if fill is None else change | Change.FILL, fill or b""
        self._letters = array("H", letters).tobytes() if letters and not change & Change.TITLE else None
        self._text, self._lengths = Growing(allocate), Growing(allocate)
        self._sizes, self._unsure = Growing(allocate), Growing(allocate)

    def change(
        self, index: RecordIndex, columns: Sequence[int], mask: ReadableBuffer | None = None, value: int = 1
    ) -> Changed:
        """The cells of these columns, counted from 0 and no two of them equal, of the records in the mask. Raises
        `ValueError` for columns that are not apart."""
        if len(set(columns)) < len(columns):
            raise ValueError(f"Columns must differ, and are {list(columns)}.")
        records = len(index) if mask is None else bytes(mask).count(value)
        cells, changed = records * len(columns), c_uint64(0)
        text = self._text.at_least(index.size + len(self._fill) * cells + SLACK)
        lengths, sizes = self._lengths.at_least(_LENGTH * cells), self._sizes.at_least(_SIZE * len(columns))
        unsure = self._unsure.at_least(_UNSURE * cells)
        left = kernel().change_cells(
            byref(index.structure),
            index.mask(mask),
            value,
            index.columns(columns),
            len(columns),
            self._how,
            self._letters if index.scanner.form.utf8 else None,
            self._fill,
            len(self._fill),
            text.address,
            lengths.address,
            sizes.address,
            unsure.address,
            byref(changed),
        )
        each = sizes.view[: _SIZE * len(columns)].cast("Q")
        return Changed(
            records,
            text.view[: sum(each)],
            lengths.view[: _LENGTH * cells].cast("I"),
            each,
            unsure.view[: _UNSURE * left].cast("Q"),
            changed.value,
        )
