"""The changes of cells that the kernel makes in whole batches; Python makes those of cells of rarer characters."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from csvapi.errors import InvalidInput
from csvapi.native.changing import LETTERS, Change, Changed, Changer
from csvapi.native.rewriting import CellTexts
from csvapi.steps.text_changes import CASES
from csvapi.steps.writing import encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.csvio.indexed import IndexedBatch

_CHANGES = {"nfc": Change.COMPOSE, "trim": Change.TRIM, "collapse": Change.COLLAPSE}
_Other = tuple[int, int, int, bytes]  # a record, where its cell begins among all, its bytes, and the new one
_MARKS = 0x300  # the first character that may change one before it, when they are composed
_CASES = {"lower": Change.LOWER, "upper": Change.UPPER, "title": Change.TITLE}


class CellChanges:
    """`value` says what a cell in a row and a column becomes, where the kernel cannot."""

    def __init__(
        self, change: Change, fill: bytes | None, letters: Sequence[int], value: Callable[[bytes, int, int], bytes]
    ) -> None:
        self.changer, self.fill, self.value = Changer(change, fill, letters), fill or b"", value

    @classmethod
    def of(
        cls, params: dict[str, Any], byte_dialect: ByteDialect, value: Callable[[bytes, int, int], bytes]
    ) -> CellChanges | None:
        """None where the kernel makes none of these changes, or cannot write what empty cells become."""
        if "replace" in params or "reformat" in params or params.get("fill_previous"):
            return None
        change = Change(0)
        for name, each in _CHANGES.items():
            change |= each if params.get(name) else Change(0)
        change |= _CASES.get(params.get("case", ""), Change(0))
        try:
            fill = encoded(params["fill"], byte_dialect) if "fill" in params else None
        except InvalidInput:
            return None
        return cls(change, fill, letters_of(params) if byte_dialect.inner == "utf-8" else (), value)

    def texts(self, batch: IndexedBatch, positions: Sequence[int], room: int) -> tuple[list[CellTexts], int] | None:
        """The new cells of these columns and the number that changed; None where they may take more than `room`
        bytes."""
        if len(batch) * len(positions) * len(self.fill) > room:
            return None
        found = self.changer.change(batch.index, positions, batch.kept)
        others: dict[int, list[_Other]] = {}
        rows = batch.rows
        for place, number, cell in found.left():
            column, record = divmod(number, found.records)
            new = self.value(cell, rows[record], positions[column])
            if new != cell:
                others.setdefault(column, []).append((record, place, len(cell), new))
                room -= len(new)
                if room < 0:
                    return None
        return _replaced(found, others), found.changed + sum(map(len, others.values()))


def letters_of(params: dict[str, Any]) -> list[int]:
    """What becomes of each character that has two bytes in UTF-8, wherever it stands in a cell; 0 where that cannot be
    said, or is no such character."""
    change = CASES.get(params.get("case", ""), str)
    letters = [0] * LETTERS
    for number in range(0x80, LETTERS):
        old = chr(number)
        new = change(old)
        anywhere = change(f"a{old}") == change("a") + new  # a sigma at the end of a word has a form of its own
        spaced = old.isspace() and (params.get("trim") or params.get("collapse"))
        composed = not params.get("nfc") or (number < _MARKS and unicodedata.normalize("NFC", old) == old)
        if len(new) == 1 and 0x80 <= ord(new) < LETTERS and anywhere and composed and not spaced:
            letters[number] = ord(new)
    return letters


def _replaced(found: Changed, others: dict[int, list[_Other]]) -> list[CellTexts]:
    """The cells of each column, with `others` in place of some."""
    columns, start = [*found.columns()], 0
    for number, size in enumerate(found.sizes):
        if number in others:
            columns[number] = _spliced(columns[number], start, others[number])
        start += size
    return columns


def _spliced(column: CellTexts, start: int, others: list[_Other]) -> CellTexts:
    """The cells of a column whose text begins at byte `start` of those of all."""
    pieces: list[bytes | memoryview] = []
    at = 0
    for record, place, size, new in others:
        pieces += column.text[at : place - start], new
        at = place - start + size
        column.lengths[record] = len(new)
    return CellTexts(b"".join([*pieces, column.text[at:]]), column.lengths)
