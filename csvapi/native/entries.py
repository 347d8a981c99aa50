"""Entries of records by the digests of their keys, and which record of a key comes first by a rank. `spill.ranked_keys`
says what an entry is."""

from __future__ import annotations

from array import array
from ctypes import Structure, addressof, byref, c_int, c_uint8, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvapi.native.keys import DIGEST
from csvapi.native.library import kernel
from csvapi.native.memory import readable, writable
from csvapi.native.sorting import both
from csvapi.native.structures import KeyColumnStruct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import WriteableBuffer

    from csvapi.native.index import RecordIndex
    from csvapi.native.sorting import Block, KeyColumn, Strings


class EntryFormStruct(Structure):
    """`entry_form` of entries.inc."""

    _fields_ = (
        *((name, c_void_p) for name in ("digests", "versions", "rows", "by")),
        ("row", c_uint64),
        ("origin", c_uint32),
        ("rank", c_uint32),
    )


class FirstEntryStruct(Structure):
    """`first_entry` of entries.inc."""

    _fields_ = (("digest", c_uint8 * DIGEST), ("row", c_uint64), ("there", c_uint64))


@dataclass(frozen=True)
class Ranking:
    """By what records of one key are put in order: the cells of a column, or one byte for all. Those whose byte in
    `given` is 1 take the next one of `ranks` instead."""

    by: KeyColumn | bytes
    given: bytes
    ranks: Strings


class Entries:
    """Puts entries of the records of an index into a block.

    `digests` are those of the records' keys, as `native.keys.digests` gives them, `rows` their rows where these are not
    one after the other from `row` on. With `versions`, digests of what is compared, these are in the entries, too.
    """

    def __init__(
        self,
        index: RecordIndex,
        digests: memoryview,
        origin: int,
        row: int = 0,
        rows: array[int] | None = None,
        versions: memoryview | None = None,
    ) -> None:
        self._index, count = index, len(index)
        self._kept = [array("Q", digests.tobytes()), array("Q", versions.tobytes()) if versions is not None else None]
        self._kept.append(rows)
        for given, each in zip(self._kept, (2, 2, 1), strict=True):
            if given is not None and (len(given) != each * count or given.itemsize != 8):
                raise ValueError(f"There must be digests, and rows, of {count} records.")
        places = (None if given is None else given.buffer_info()[0] for given in self._kept)
        self._form = EntryFormStruct(*places, None, row, origin, 0)
        self.empty = 0

    def put(self, block: Block, ranking: Ranking, mask: bytes | None = None, start: int = 0) -> int:
        """Put the records in the mask, from number `start` on. Returns the number of the first one that does not fit.

        `empty` counts the empty cells that ranks were made of here. Raises `ValueError` unless there is a rank for each
        record that takes one.
        """
        count, ranks = len(self._index), ranking.ranks
        given = ranking.given[start:]
        wanted = given.count(1) if mask is None else both(mask[start:], given)
        if len(ranking.given) != count or not 0 <= start <= count or wanted != len(ranks) - ranks.taken:
            raise ValueError(f"There must be 0 or 1 for each of {count} records, and {len(ranks)} of 1.")
        column = None
        if isinstance(ranking.by, bytes):
            (self._form.rank,) = ranking.by
        else:
            self._index.columns([ranking.by.column])
            column = KeyColumnStruct(*ranking.by)
            self._form.by = addressof(column)
        empty = c_uint64(0)
        done = kernel().put_entries(
            byref(self._index.structure),
            self._index.mask(mask),
            1,
            start,
            byref(self._form),
            ranking.given,
            byref(ranks.structure),
            byref(block.structure),
            byref(empty),
        )
        self.empty += empty.value
        return int(done)


class LaterMarks:
    """Marks the records that are not the first of their key, of entries in the order of keys and ranks.

    They get `code` in `decisions`, which has a byte for each record, and in `repeated`, 8 bytes each, the row of the
    first one, from 1. `bases` are the rows before those of each origin.
    """

    def __init__(
        self, bases: Sequence[int], code: int, decisions: WriteableBuffer, repeated: WriteableBuffer | None
    ) -> None:
        self._rows, self._bases, self._code = memoryview(decisions).nbytes, array("Q", bases), code
        self._decisions = writable(decisions, self._rows, "decisions")
        self._repeated = None if repeated is None else writable(repeated, 8 * self._rows, "repeated", item=8)
        self._first = FirstEntryStruct()

    def close(self) -> None:
        """Release the memory that the caller gave."""
        self._decisions = self._repeated = None

    def add(self, entries: bytes) -> int:
        """Take entries, each whole. Returns how many records were marked. Raises `ValueError` for a row or an origin
        that there is not."""
        dropped = c_uint64(0)
        done = kernel().mark_later(
            entries,
            len(entries),
            byref(self._first),
            self._bases.buffer_info()[0],
            len(self._bases),
            self._code,
            self._decisions,
            self._repeated,
            self._rows,
            byref(dropped),
        )
        if done != len(entries):
            raise ValueError("An entry is of a record that there is not.")
        return dropped.value


class LaterEntries:
    """Puts the records that are not the first of their key into a block, of entries in the order of keys and ranks.

    They are put by their origin and their row. A record is two native numbers of 8 bytes: that row, and the row of the
    first one of the key, from 1. `bases` are the rows before those of each origin.
    """

    def __init__(self, bases: Sequence[int]) -> None:
        self._bases, self._first, self._full = array("Q", bases), FirstEntryStruct(), c_int(0)

    def put(self, entries: bytes, block: Block, start: int = 0) -> int:
        """Take entries, each whole, from byte `start` on. Returns the byte where the block has no room; go on there
        with one that has. Raises `ValueError` for an origin that there is not."""
        size = len(entries)
        done = kernel().put_later(
            readable(entries, size, "entries"),
            size,
            start,
            byref(self._first),
            self._bases.buffer_info()[0],
            len(self._bases),
            byref(block.structure),
            byref(self._full),
        )
        if done != size and not self._full.value:
            raise ValueError("An entry is of an origin that there is not.")
        return int(done)


class SharedMarks:
    """Marks the records of origin 0 whose key another origin has, of entries in the order of keys and ranks, of which
    those of origin 0 have the largest: they get a 1 in `marks`, which has a byte for each of them."""

    def __init__(self, marks: WriteableBuffer) -> None:
        self._rows = memoryview(marks).nbytes
        self._marks = writable(marks, self._rows, "marks")
        self._last = FirstEntryStruct()

    def close(self) -> None:
        """Release the memory that the caller gave."""
        self._marks = None

    def add(self, entries: bytes) -> None:
        """Take entries, each whole. Raises `ValueError` for a row that there is not."""
        done = kernel().mark_shared(entries, len(entries), byref(self._last), self._marks, self._rows)
        if done != len(entries):
            raise ValueError("An entry is of a record that there is not.")


class RepeatedEntries:
    """Of entries in the order of keys, those whose key another one has, too."""

    def __init__(self) -> None:
        self._last, self._left = FirstEntryStruct(), b""

    def of(self, entries: bytes) -> bytearray:
        """Take entries, each whole: gives those of them that are repeated, and of a call before the last one if these
        repeat it."""
        data, left = bytearray(self._left + entries), c_uint64(0)
        size = len(data)
        kept = kernel().keep_repeated(writable(data, size, "entries"), size, byref(self._last), byref(left))
        self._left = bytes(data[size - left.value :])
        return data[:kept]
