"""A file's records by their keys, on disk, as the kernel keeps and finds them; `spill.hash_index` is Python's way.

Digests are in order, with where those begin that have the same first bits; behind each stands where its text is.
Memory: the budget, and what looking for a few keys touches of the mapped files: as soon as that may be more than the
budget it goes back to the system. Built by `spill.native_index_writer`.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from csvapi.native.joining import LENGTH, PLACE, Found, Joined, Lookup, Mapped
from csvapi.native.keys import DIGEST, digests, digests_of
from csvapi.native.memory import Growing, Memory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from csvapi.csvio.indexed import IndexedBatch

_AROUND = 1 << 17  # bytes that looking for a key may bring into memory: the system maps what lies around, too
_ALL = 1 << 62  # keys
_SOME = 64  # keys that are looked for at once in any case
_NOTHING = range(0)
_ENTRY = 3  # numbers of it


class NativeIndex:
    """`repeated` counts the records whose key another one had before."""

    def __init__(self, folder: Path, bits: int, secret: bytes, repeated: int, memory: int) -> None:
        self.secret, self.repeated = secret, repeated
        order, starts, texts = (_mapped(folder / name) for name in ("entries", "starts", "texts"))
        self._lookup = Lookup(order, starts, texts, bits)
        self._rows, self._text = order.view.cast("Q"), texts.view
        keys = len(order.view) + len(starts.view)
        share = memory - keys if keys <= memory // 2 else memory // 2
        self._keys = _Resident([order, starts], memory - share)
        self._texts = _Resident([texts], share)
        self._answers, self._places, self._out = Growing(Memory), Growing(Memory), Growing(Memory)

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
        start = self._rows[_ENTRY * place + 2] + LENGTH
        self._texts.touch(1)
        return bytes(self._text[start : start + int.from_bytes(self._text[start - LENGTH : start], "little")])

    def find_batch(self, batch: IndexedBatch, positions: Sequence[int], *, places: bool) -> Found:
        """Which records of a batch, or of the index that it is of, have others with the same key of these columns."""
        found = Found.of(len(batch.index), self._answers, self._places if places else None)
        digests_ = digests(batch.index, self.secret, positions, batch.kept)
        self._find(digests_, batch.index.mask(batch.kept), empty_digest(batch, positions, self.secret), found)
        return found

    def _find(self, digests_: memoryview, mask: Any, empty: bytes, found: Found) -> None:
        for start in range(0, found.count, self._keys.most):
            stop = min(found.count, start + self._keys.most)
            self._keys.touch(stop - start)
            self._lookup.find(digests_, start, stop, mask, empty, found)

    def pairs(self, batch: IndexedBatch, found: Found, blank: bytes | None, limit: int) -> Joined:
        """The records of a batch with the texts of their matches behind them; see `native.joining.Joined`."""
        return Joined(batch.index, batch.kept, self._lookup, found, blank, limit)

    def write(self, pairs: Joined, room: int) -> tuple[memoryview, int]:
        """The next of the pairs, in about `room` bytes that are valid until the next call, and how many they are."""
        most = min(self._keys.most, self._texts.most)
        self._keys.touch(most)
        self._texts.touch(most)
        return pairs.write(self._out, room, most)


class _Resident:
    """Mapped files of which no more than `memory` bytes are to be in memory at once; `most` keys may be looked for."""

    def __init__(self, files: list[Mapped], memory: int) -> None:
        self._files, self._touched = files, 0
        self.most = _ALL if sum(len(each.view) for each in files) <= memory else max(_SOME, memory // _AROUND)

    def touch(self, keys: int) -> None:
        """Give memory back before so many keys are looked for, where the last ones may have filled it."""
        self._touched += keys
        if self._touched > self.most:
            self._touched = keys
            for each in self._files if self.most < _ALL else ():
                each.release()


def empty_digest(batch: IndexedBatch, positions: Sequence[int], secret: bytes) -> bytes:
    """The digest of the key of nothing but empty fields."""
    found = bytearray(DIGEST)
    digests_of([batch.wire.delimiter * (len(positions) - 1)], secret, found)
    return bytes(found)


def _mapped(path: Path) -> Mapped:
    with path.open("r+b") as file:
        return Mapped(file)
