"""Entries of records by the words of some of their cells: records with the same words have one key, whatever the order.

`spill.ranked_keys` says what an entry is. What counts as a word, and as a letter, say tables that the caller makes.
"""

from __future__ import annotations

from array import array
from ctypes import Structure, byref, c_char_p, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvapi.native.keys import SECRET
from csvapi.native.library import kernel
from csvapi.native.memory import writable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from csvapi.native.index import RecordIndex
    from csvapi.native.sorting import Block

LETTERS = 0x800  # characters that have at most two bytes in UTF-8
_MOST = 7  # bytes that one of them may become
_BEYOND = b"\xff" + bytes(_MOST)


class WordingStruct(Structure):
    """`wording` of wording.inc."""

    _fields_ = (
        ("plain", c_char_p),
        ("words", c_char_p),
        ("rows", c_void_p),
        ("row", c_uint64),
        ("secret", c_uint64 * 2),
        ("origin", c_uint32),
        ("last", c_uint32),
    )


def letters(becomes: Iterable[bytes | None]) -> bytes:
    """A table of what each character up to U+07FF becomes in UTF-8; texts with one that has None are left to Python.
    Raises `ValueError` for a table of other characters."""
    table = b"".join(
        _BEYOND if text is None or len(text) > _MOST else bytes([len(text)]) + text.ljust(_MOST, b"\0")
        for text in becomes
    )
    if len(table) != LETTERS * (1 + _MOST):
        raise ValueError(f"There must be {LETTERS} characters.")
    return table


@dataclass(frozen=True)
class Wording:
    """How records are compared: `plain` says what becomes of letters in the text that is compared, `words` what then
    becomes of them in its words, which spaces divide. Both are made by `letters`. With `last`, of records with the same
    words later ones come first."""

    plain: bytes
    words: bytes
    last: bool

    def put(
        self,
        index: RecordIndex,
        columns: Sequence[int],
        mask: bytes | None,
        place: tuple[int, int, array[int] | None],
        secret: bytes,
        block: Block,
        unsure: bytearray,
        start: int = 0,
    ) -> int:
        """Put entries of the records in the mask, from number `start` on, into a block, but for those without words.

        `place` is their origin and the first one's row, or those of all. Returns the number of the record that does not
        fit. Sets in `unsure` the byte of each that is left to Python: where the text has other characters, more than 64
        words, or more than 1,000 bytes. Raises `ValueError` for rows, or a secret, that do not fit, and for a text that
        is not in UTF-8.
        """
        if not index.scanner.form.utf8:
            raise ValueError("Words are found in UTF-8 alone.")
        origin, row, rows = place
        if len(secret) != SECRET or (rows is not None and (len(rows) != len(index) or rows.itemsize != 8)):
            raise ValueError(f"There must be a secret of {SECRET} bytes, and a row for each of {len(index)} records.")
        if not 0 <= start <= len(index):
            raise ValueError(f"There is no record {start} among {len(index)}.")
        at = None if rows is None else rows.buffer_info()[0]
        halves = (c_uint64 * 2).from_buffer_copy(secret)
        form = WordingStruct(self.plain, self.words, at, row, halves, origin, self.last)
        return int(
            kernel().put_wordings(
                byref(index.structure),
                index.mask(mask),
                1,
                start,
                index.columns(columns),
                len(columns),
                byref(form),
                writable(unsure, len(index), "unsure"),
                byref(block.structure),
            )
        )
