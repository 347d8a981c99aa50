"""The records of a second file by the digests of their keys, and records of the first one with what matches them."""

from __future__ import annotations

import ctypes
import mmap
from ctypes import byref, c_uint64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from csvapi.native.keys import DIGEST
from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import Growing, Memory, readable
from csvapi.native.structures import LookupStruct, ProgressStruct, RecordsStruct

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from csvapi.native.index import RecordIndex

LENGTH = 4  # bytes before a text that say how long it is
PLACE = 16  # bytes: where the entries of a digest begin, and where they end
MOST_BITS = 32
_ENTRY, _WORD = 3, 8  # words of an entry, bytes of a word
_BESIDES = 32  # bytes that are written beyond a pair, at most


class Mapped:
    """A file of ours in memory, of which no byte is changed; `release` gives back the memory it takes up."""

    def __init__(self, file: BinaryIO) -> None:
        self._map = mmap.mmap(file.fileno(), 0)
        self.view = memoryview(self._map)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self._map))

    def release(self) -> None:
        """Give back the memory of the pages that were read; they are read again where they are needed."""
        self._map.madvise(mmap.MADV_DONTNEED)


class Lookup:
    """Entries in the order of their digests, where those begin that begin with the same `bits` bits, and their texts.

    The row of an entry is where its text is, after its length in 4 bytes; after the last text there are `SLACK` bytes.
    Raises `ValueError` where there are fewer bytes than that takes.
    """

    def __init__(self, entries: Memory | Mapped, starts: Memory | Mapped, texts: Memory | Mapped, bits: int) -> None:
        if not 1 <= bits <= MOST_BITS or len(starts.view) < 8 * ((1 << bits) + 1) or len(texts.view) < SLACK:
            raise ValueError(f"There are not the starts of {bits} bits, or no {SLACK} bytes after the texts.")
        self.parts, self.bits = (entries, starts, texts), bits
        self.structure = LookupStruct(entries.address, starts.address, texts.address, bits)
        self._rows = entries.view[: len(entries.view) // _WORD * _WORD].cast("Q")

    def text(self, place: int) -> bytes:
        """The text of the entry at a place."""
        start, texts = self._rows[_ENTRY * place + _ENTRY - 1] + LENGTH, self.parts[2].view
        return bytes(texts[start : start + int.from_bytes(texts[start - LENGTH : start], "little")])

    def find(self, digests: memoryview, start: int, stop: int, mask: Any, empty: ReadableBuffer, found: Found) -> None:
        """Look up the digests of the records from number `start` up to `stop` that are in the mask."""
        if not 0 <= start <= stop <= min(digests.nbytes // DIGEST, found.count):
            raise ValueError(f"There are no digests {start} to {stop}.")
        missing = c_uint64(0)
        found.matched += kernel().find_digests(
            byref(self.structure),
            readable(digests, DIGEST * stop, "digests", item=8),
            start,
            stop,
            mask,
            1,
            readable(empty, DIGEST, "empty", item=8),
            found.places.address if found.places else None,
            found.answers.address,
            byref(missing),
        )
        found.missing += missing.value


@dataclass
class Found:
    """Of `count` digests for each a byte in `answers`, 1 where there are entries, and in `places` where they are: two
    numbers of 8 bytes. `matched` counts those that have entries, `missing` those that are empty."""

    count: int
    answers: Memory
    places: Memory | None
    matched: int = 0
    missing: int = 0

    @property
    def answered(self) -> bytes:
        """The answers."""
        return bytes(self.answers.view[: self.count])

    @classmethod
    def of(cls, count: int, answers: Growing, places: Growing | None = None) -> Found:
        """Room for `count` answers; valid until the memory is used for the next batch."""
        return cls(count, answers.at_least(count), places.at_least(PLACE * count) if places else None)


class Joined:
    """Writes the records of `index` that are in `mask` each followed by the text of a match, once for each match.

    A record without a match is followed by `blank`, or left out if that is None. `out` is made larger
    for a pair that needs it. `records` are the numbers of some that lie together, instead of all. Raises `ValueError`
    where the matches are not of all records of the index.
    """

    def __init__(
        self,
        index: RecordIndex,
        mask: ReadableBuffer | None,
        lookup: Lookup,
        found: Found,
        blank: bytes | None,
        limit: int,
        records: range | None = None,
    ) -> None:
        if found.places is None or found.count < len(index):
            raise ValueError(f"There must be places for {len(index)} records.")
        some = range(len(index)) if records is None else records
        if not 0 <= some.start <= some.stop <= len(index):
            raise ValueError(f"There are no records {some.start} to {some.stop} of {len(index)}.")
        self._index, self._mask, self._lookup, self._found = index, index.mask(mask), lookup, found
        self._records = RecordsStruct.from_buffer_copy(index.structure)
        self._records.records = some.stop
        self._blank, self._size, self._limit = (blank or b"") + bytes(SLACK), len(blank or b""), limit
        self._others = blank is not None
        self._at = ProgressStruct(some.start)

    @property
    def ended(self) -> bool:
        """Whether every record has been joined."""
        return bool(self._at.record == self._records.records)

    @property
    def _valid(self) -> RecordsStruct:
        """These records as the kernel takes them. Raises `RuntimeError` where their index is not valid any more."""
        assert self._index.structure  # noqa: S101  raises
        return self._records

    @property
    def record(self) -> int:
        """The record of the index that is next."""
        return int(self._at.record)

    @property
    def too_long(self) -> int:
        """How long the next pair is without its line end, where that is more than the limit; else 0."""
        return 0 if self.ended or self._at.needed <= self._limit else int(self._at.needed)

    def write(self, out: Growing, room: int, most: int) -> tuple[memoryview, int]:
        """The next pairs, of at most `most` texts and as many as fit into `room` bytes, or one; and how many they are.
        Without any, the next one is too long, or there is none."""
        size = self._written(out.at_least(room + _BESIDES), most)
        if not self._at.pairs and not self.ended and not self.too_long:
            size = self._written(out.at_least(self._at.needed + _BESIDES), most)
        return out.at_least(1).view[:size], int(self._at.pairs)

    def _written(self, memory: Memory, most: int) -> int:
        places = self._found.places
        assert places is not None  # noqa: S101  made sure of
        return int(
            kernel().put_joined(
                byref(self._valid),
                self._mask,
                1,
                places.address,
                byref(self._lookup.structure),
                self._others,
                self._blank,
                self._size,
                self._limit,
                max(1, most),
                byref(self._at),
                memory.address,
                memory.size,
            )
        )
