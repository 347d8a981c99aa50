"""Digests with their rows in partitions, by their first bits."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from csvapi.native.keys import DIGEST
from csvapi.native.library import kernel
from csvapi.native.memory import Memory, readable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from _typeshed import ReadableBuffer

ENTRY = 24  # bytes: a digest, and a row as a native number of 8 bytes
_BITS = 64  # of the first half of a digest, by which entries are spread


class Partitions:
    """Memory for `room` entries of each of `count` partitions, a power of two; `write` is given each that is full."""

    def __init__(self, count: int, room: int, write: Callable[[int, memoryview], None]) -> None:
        if count < 1 or count & (count - 1) or room < 1:
            raise ValueError(f"There must be a power of two of partitions, and room, not {count} and {room}.")
        self.bits, self.room, self._write = count.bit_length() - 1, room, write
        self._memory, self._fill = Memory(ENTRY * room * count), Memory(4 * count)
        self._filled = self._fill.view.cast("I")

    def add_digests(self, digests: memoryview, row: int, mask: ReadableBuffer | None = None, value: int = 1) -> None:
        """Add the records in `mask`: 16 bytes of digest each, of rows from `row` on."""
        count, done = digests.nbytes // DIGEST, 0
        given = readable(digests, DIGEST * count, "digests", item=8)
        where = None if mask is None else readable(mask, count, "mask")
        while True:
            done = kernel().scatter(
                given, done, count, where, value, row, self.bits, self._memory.address, self.room, self._fill.address
            )
            if done == count:
                return
            self._flush_full()

    def add_entries(self, entries: ReadableBuffer, shift: int = 0, *, skip: int = 0) -> None:
        """Add entries by the bits after the first `skip` bits of their digests; adds `shift` to their rows."""
        if not 0 <= skip <= _BITS - self.bits:
            raise ValueError(f"There are no {self.bits} bits after {skip} of {_BITS}.")
        count, done = memoryview(entries).nbytes // ENTRY, 0
        given = readable(entries, ENTRY * count, "entries", item=8)
        while True:
            done = kernel().split(
                given, done, count, shift, skip, self.bits, self._memory.address, self.room, self._fill.address
            )
            if done == count:
                return
            self._flush_full()

    def _flush_full(self) -> None:
        for number, filled in enumerate(self._filled):
            if filled == self.room:
                self._put(number, filled)

    def flush(self) -> None:
        """Write what is there."""
        for number, filled in enumerate(self._filled):
            if filled:
                self._put(number, filled)

    def _put(self, number: int, filled: int) -> None:
        start = ENTRY * self.room * number
        self._write(number, self._memory.view[start : start + ENTRY * filled])
        self._filled[number] = 0


def entries(digests: ReadableBuffer, rows: Sequence[int]) -> array[int]:
    """Digests, 16 bytes each, with their rows."""
    found, halves = array("Q", bytes(ENTRY * len(rows))), memoryview(digests).cast("B").cast("Q")
    found[::3], found[1::3], found[2::3] = array("Q", halves[::2]), array("Q", halves[1::2]), array("Q", rows)
    return found
