"""A sparse index of a file's records: where about each thousandth begins, so that any page costs what it shows.

Entries are places of true record starts: row, line, byte. They are at least `EVERY` records apart, or `BYTES` bytes
where records are long, and at most a batch further, since they are noted where batches begin. There are `MOST` of them
at most: where a file has more, every other one goes. So an index takes a hundredth of its file, and at most 1.5 MiB.

An index is of one file read in one way (`reading_of`); it is stored as a header and its entries, 24 bytes each.
"""

from __future__ import annotations

import hashlib
import json
import struct
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from csvapi.csvio.locations import Location

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect

Stretch = tuple[Location, Location | None]  # of the file: from a record to before another one, or to the last one's end
EVERY = 1000  # records
BYTES = 1 << 20
MOST = 1 << 16
_MAGIC = b"csvrows1"
_HEADER = struct.Struct("<8s32s4sQQQ")
_ENTRY = struct.Struct("<QQQ")


class Places:
    """Takes notes of where records begin, in the order of the file: `records`, `lines` and `size` are those before the
    next one, from some record on."""

    def __init__(self) -> None:
        self.records = self.lines = self.size = 0
        self.entries = array("Q")
        self._apart = 1  # times EVERY and BYTES
        self._next = (0, 0)

    def __len__(self) -> int:
        """The number of entries."""
        return len(self.entries) // 3

    def add(self, records: int, lines: int, size: int) -> None:
        """Some records that follow each other without anything between them."""
        if records:
            self.note(self.records, self.lines, self.size)
        self.records += records
        self.lines += lines
        self.size += size

    def note(self, records: int, lines: int, size: int) -> None:
        """A record begins after so many records, lines and bytes."""
        if records < self._next[0] and size < self._next[1]:
            return
        self.entries.extend((records, lines, size))
        if len(self) > MOST:
            self._thin()
        self._next = records + self._apart * EVERY, size + self._apart * BYTES

    def _thin(self) -> None:
        thirds = [self.entries[at::6] for at in range(3)]
        self.entries = array("Q", bytes(8 * 3 * len(thirds[0])))
        for at, third in enumerate(thirds):
            self.entries[at::3] = third
        self._apart *= 2

    def extend(self, more: Places) -> None:
        """What follows, noted from its own first record on."""
        for at in range(0, len(more.entries), 3):
            records, lines, size = more.entries[at : at + 3]
            self.note(self.records + records, self.lines + lines, self.size + size)
        self.records += more.records
        self.lines += more.lines
        self.size += more.size


def joined(parts: Iterable[Places]) -> Places:
    """The notes of the parts of a file, one after the other."""
    found = Places()
    for part in parts:
        found.extend(part)
    return found


def reading_of(dialect: Dialect) -> bytes:
    """What an index is bound to besides its file's bytes: how they are read."""
    return hashlib.sha256(json.dumps(dialect.as_json(), sort_keys=True).encode()).digest()


@dataclass(frozen=True)
class Bounds:
    """What a page must know of a file that it does not see whole: its first four bytes, its size, the byte at which its
    last record ends, and how many records it has."""

    head: bytes
    size: int
    end: int
    records: int


def write(target: Path, dialect: Dialect, bounds: Bounds, first: Location, places: Places) -> int:
    """Write an index whose notes count from the record at `first` on; returns its bytes."""
    header = _HEADER.pack(_MAGIC, reading_of(dialect), bounds.head, bounds.size, bounds.end, bounds.records)
    shifted = array("Q", places.entries)
    for at, base in enumerate((first.row, first.line, first.byte)):
        shifted[at::3] = array("Q", (base + value for value in places.entries[at::3]))
    body = b"".join(_ENTRY.pack(*shifted[at : at + 3]) for at in range(0, len(shifted), 3))
    return target.write_bytes(header + body)


class RowIndex:
    """An index in an open file; looking something up reads a few entries."""

    def __init__(self, file: BinaryIO, bounds: Bounds, count: int) -> None:
        self.bounds = bounds
        self._file, self._count = file, count

    @classmethod
    def read(cls, file: BinaryIO, dialect: Dialect, size: int) -> RowIndex | None:
        """The index of a file of that size, read in that dialect; None if it is of anything else."""
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return None
        magic, reading, *more = _HEADER.unpack(header)
        bounds = Bounds(*more)
        if (magic, reading, bounds.size) != (_MAGIC, reading_of(dialect), size):
            return None
        return cls(file, bounds, (file.seek(0, 2) - _HEADER.size) // _ENTRY.size)

    def __len__(self) -> int:
        """The number of entries."""
        return self._count

    def __getitem__(self, number: int) -> Location:
        """An entry, the first one of which is number 0."""
        if not 0 <= number < self._count:
            raise IndexError(number)
        self._file.seek(_HEADER.size + number * _ENTRY.size)
        return Location(*_ENTRY.unpack(self._file.read(_ENTRY.size)))

    def before(self, row: int) -> Location:
        """The last entry that is not after a record; of no record at all, the last one."""
        return self[max(bisect_right(self, row, key=lambda entry: entry.row) - 1, 0)]

    def stretch(self, row: int, records: int, size: int) -> Stretch | None:
        """Where to read for so many records from `row` on, or for `size` bytes of them: from an entry before them to
        one after them, None for the end of the last record. None altogether where there is no such record."""
        if not 0 < row <= self.bounds.records:
            return None
        first = bisect_right(self, row, key=lambda entry: entry.row) - 1
        after = bisect_left(self, row + records, lo=first + 1, key=lambda entry: entry.row)
        if first + 1 < len(self):
            room = self[first + 1].byte + size
            after = min(after, bisect_left(self, room, lo=first + 2, key=lambda entry: entry.byte))
        return self[first], self[after] if after < len(self) else None
