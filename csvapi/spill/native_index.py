"""A file's records by their keys, on disk, as the kernel keeps and finds them; `spill.hash_index` is Python's way.

Digests are in order, with a table of where each group with the same first bits begins; after each digest stands where
its text is. Memory: the budget, and what looking for a few keys touches of the mapped files: as soon as they have more
of it than the budget that goes back to the system. An index that does not fit is better asked partition by partition
(see `spill.answers`). Built by `spill.native_index_writer`.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvapi.native.answering import Answering
from csvapi.native.joining import PLACE, Found, Joined, Lookup, Mapped
from csvapi.native.keys import DIGEST, digests, digests_of
from csvapi.native.memory import Growing, Memory
from csvapi.native.partitions import ENTRY
from csvapi.process.memory import mapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from csvapi.csvio.indexed import IndexedBatch

PARTITIONS = 64  # by the first bits of digests
_UNEVEN = 2  # times as many entries as others a partition may have, but for those of one digest
_AROUND = 3 << 18  # bytes that looking for a key may bring into memory: the system maps what lies around, too
_SOME = 16  # keys that are looked for at once in any case
_SPARE = 8  # of the memory that part is left to what comes in before the next look
_NOTHING = range(0)


class NativeHashIndex:
    """`repeated` counts the records whose key another one had before; a partition has at most `most` bytes of texts."""

    def __init__(self, folder: Path, bits: int, secret: bytes, repeated: int, memory: int, most: int) -> None:
        self.secret, self.repeated, self.partitions = secret, repeated, PARTITIONS
        order, starts, texts = (_mapped(folder / name) for name in ("entries", "starts", "texts"))
        self._lookup = Lookup(order, starts, texts, bits)
        keys = len(order.view) + len(starts.view)
        stay = keys <= memory // 2
        self.fits = keys + len(texts.view) <= memory
        self._files = order, starts, texts
        part = most + _UNEVEN * keys // PARTITIONS
        self._parts = Pages([] if part <= memory // 2 else [order, starts, texts], memory)
        self._texts = Pages([] if self.fits else [texts] if stay else [order, starts, texts], memory)
        self._keys = Pages([], memory) if stay else self._texts
        self._answers, self._places, self._out = Growing(Memory), Growing(Memory), Growing(Memory)

    def of(self, partition: int) -> NativeHashIndex:
        """The index in which the records of a partition are."""
        return self

    def find(self, keys: Sequence[bytes | None]) -> list[range]:
        """The places in the index of the records with each key, in the order of their file; None has no records."""
        some = [key for key in keys if key is not None]
        digests = bytearray(DIGEST * len(some))
        digests_of(some, self.secret, digests)
        found = Found.of(len(some), self._answers, self._places)
        self._find(memoryview(digests), None, bytes(DIGEST), found)
        assert found.places is not None  # noqa: S101  asked for
        ends = array("Q", bytes(found.places.view[: PLACE * len(some)]))
        ranges = map(range, ends[::2], ends[1::2])
        return [_NOTHING if key is None else next(ranges) for key in keys]

    def text(self, place: int) -> bytes:
        """The text of the record at a place that a search gave."""
        self._texts.some(1)
        return self._lookup.text(place)

    def find_batch(self, batch: IndexedBatch, positions: Sequence[int], *, places: bool) -> Found:
        """Which records of a batch, or of the index that it is of, have others with the same key of these columns."""
        found = Found.of(len(batch.index), self._answers, self._places if places else None)
        digests_ = digests(batch.index, self.secret, positions, batch.kept)
        self._find(digests_, batch.index.mask(batch.kept), empty_digest(batch, positions, self.secret), found)
        return found

    def _find(self, digests_: memoryview, mask: Any, empty: bytes, found: Found) -> None:
        start = 0
        while start < found.count:
            stop = start + self._keys.some(found.count - start)
            self._lookup.find(digests_, start, stop, mask, empty, found)
            start = stop

    def has(self, digests_: memoryview) -> bytes:
        """For each digest a byte: 1 where there are records with it."""
        found = Found.of(digests_.nbytes // DIGEST, self._answers)
        self._find(digests_, None, bytes(DIGEST), found)
        return found.answered

    def matches(self, batch: IndexedBatch, positions: Sequence[int], *, places: bool) -> Matches:
        """The same for all records of the index that a batch is of, with what is needed to write pairs."""
        found = self.find_batch(batch, positions, places=places)
        return self.matches_of(range(found.count), found)

    def matches_of(self, records: range, found: Found) -> Matches:
        """Some records whose matches are among the entries of this index."""
        return Matches(records, found, self._lookup, self._texts, self._out)

    def answer(self, asked: bytes, most: int) -> Iterator[memoryview]:
        """Answers to entries of one partition, in their order, of at most `most` texts; valid up to the next one."""
        answering, left = Answering(self._lookup, most), memoryview(asked)
        while left:
            some = ENTRY * self._parts.some(len(left) // ENTRY)
            answers, done = answering.answer(left[:some])
            yield answers
            left = left[ENTRY * done :]

    def release(self) -> None:
        """Let all of it leave memory."""
        for each in self._files:
            each.release()


@dataclass
class RemoteIndex:
    """Stands for an index whose partitions other machines have; `of` fetches one."""

    secret: bytes
    partitions: int
    of: Callable[[int], NativeHashIndex] | None = None


@dataclass
class Matches:
    """What matches `records`, numbers that lie together of those that `found` is about, and where their texts are."""

    records: range
    found: Found
    lookup: Lookup
    pages: Pages
    out: Growing

    def pairs(self, batch: IndexedBatch, blank: bytes | None, limit: int) -> Joined:
        """These records of the batch, each followed by the text of a match; see `native.joining.Joined`."""
        return Joined(batch.index, batch.kept, self.lookup, self.found, blank, limit, self.records)

    def write(self, pairs: Joined, room: int) -> tuple[memoryview, int]:
        """The next of the pairs, in about `room` bytes that are valid until the next call, and how many they are."""
        return pairs.write(self.out, room, self.pages.some(room))

    def texts(self, number: int) -> Iterator[bytes]:
        """The texts of what matches a record."""
        assert self.found.places is not None  # noqa: S101  asked for
        start, stop = self.found.places.view[PLACE * number : PLACE * (number + 1)].cast("Q")
        for place in range(start, stop):
            self.pages.some(1)
            yield self.lookup.text(place)


class Pages:
    """Mapped files whose pages are given back once this process has about `memory` bytes more of mapped files in memory
    than now, as the system reports it."""

    def __init__(self, files: list[Mapped], memory: int) -> None:
        self._files, self._left = files, 0
        self._most = mapped() + memory - memory // _SPARE

    def some(self, keys: int) -> int:
        """How many of these keys may be looked for now; gives memory back before it, where there is too much of it."""
        if not self._files:
            return keys
        if not self._left:
            free = self._most - mapped()
            if free < 0:
                for each in self._files:
                    each.release()
                free = self._most - mapped()
            self._left = max(_SOME, free // _AROUND)
        some = min(keys, self._left)
        self._left -= some
        return some


def empty_digest(batch: IndexedBatch, positions: Sequence[int], secret: bytes) -> bytes:
    """The digest of the key of nothing but empty fields."""
    found = bytearray(DIGEST)
    digests_of([batch.byte_dialect.delimiter * (len(positions) - 1)], secret, found)
    return bytes(found)


def _mapped(path: Path) -> Mapped:
    with path.open("r+b") as file:
        return Mapped(file)
