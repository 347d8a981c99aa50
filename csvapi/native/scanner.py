"""Scanning text for records: the memory of one buffer, and the index over what it holds."""

from __future__ import annotations

from ctypes import byref
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from csvapi.native.index import RecordIndex
from csvapi.native.library import SLACK, best_level, kernel
from csvapi.native.memory import Allocate, Growing, Memory
from csvapi.native.structures import FoundStruct

if TYPE_CHECKING:
    from csvapi.native.form import Form

_LARGEST = 1 << 31  # bytes of a text: offsets are 32 bits
_MORE_ENDS = 8  # offsets that a scan may write beyond the last one
_LINE_FEED = b"\n"[0]


class Reason(IntEnum):
    """Why a record was declined: the first thing in it that the csv module, or whoever counts issues, must look at."""

    NUL = 1
    RETURN = 2  # a carriage return outside of quotes without a line feed
    QUOTE = 3  # a quote that is not around a field, or not doubled within one
    TEXT = 4  # bytes that are no text in the encoding
    RAGGED = 5  # another number of fields
    BLANK = 6  # a blank line
    MARK = 7  # a byte order mark before the record
    OPEN = 8  # a quoted field that the file's end leaves open
    COMMENT = 9  # a line that is a comment


@dataclass(frozen=True)
class Declined:
    """The record after an index must be read by the csv module; `place` is the byte of the text that shows it."""

    reason: Reason
    place: int


class Scanner:
    """The memory to read up to `size` bytes of text into, and to index them; for one thread at a time.

    Fill `text`, then `scan` it from the start of a record on:

        scanner = Scanner(Form(width=10), 1 << 20)
        have = file.readinto(scanner.text)
        index = scanner.scan(0, have, final=have < len(scanner.text))
        rest = scanner.text[index.size : have]  # less than a record, or declined

    Memory: the text, four bytes for each of its fields, and a quarter of its bytes for bits; what functions make of an
    index comes on top. `level` is that of `library.best_level()` or a lower one. Raises `ValueError` for a size beyond
    2 GiB.
    """

    def __init__(self, form: Form, size: int, *, level: int | None = None, allocate: Allocate = Memory) -> None:
        if not 1 <= size <= _LARGEST:
            raise ValueError(f"A buffer must have between 1 and {_LARGEST} bytes, and has {size}.")
        self.form = form
        self.level = best_level() if level is None else max(0, min(level, best_level()))
        self.scans = 0
        words = size // 64 + 1  # of a line feed after the text, too
        self.memory = allocate(size + SLACK)
        self.ends = allocate(4 * (size + 1 + _MORE_ENDS))
        self.quotes, self.hidden = allocate(8 * words), allocate(8 * words)
        self.output, self.scratch, self.numbers = Growing(allocate), Growing(allocate), Growing(allocate)
        self.text = self.memory.view[:size]

    def scan(self, start: int, stop: int, *, final: bool) -> RecordIndex:
        """Index the whole records from `start` on, where one must begin, as far as they lie before `stop` and the csv
        module would provably read the same.

        Where a record is `declined`, the index ends before it. It may go on after `stop`; after it, the rest of the
        text can be scanned again. Without one, the text after the index is part of one record. `final` says that the
        file ends at `stop`; if it does so without a line feed, one is written there.

        The index is valid until the next scan and as long as `text` is not changed. Raises `ValueError` for a stretch
        that is not within `text`.
        """
        if not 0 <= start <= stop <= len(self.text):
            raise ValueError(f"Bytes {start} to {stop} are not within a text of {len(self.text)}.")
        self.scans += 1
        length = stop - start
        if final and length and self.text[stop - 1] != _LINE_FEED:
            self.memory.view[stop] = _LINE_FEED
            length += 1
        found = FoundStruct()
        kernel().scan(
            self.memory.address + start,
            length,
            final,
            byref(self.form.structure),
            self.level,
            self.ends.address,
            self.quotes.address,
            self.hidden.address,
            byref(found),
        )
        declined = Declined(Reason(found.reason), start + found.place) if found.reason else None
        return RecordIndex(self, start, found, min(found.size, stop - start), declined)
