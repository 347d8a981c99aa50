"""Texts in parts, by the first bits of the digests of the entries that lead to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.native.joining import LENGTH
from csvapi.native.library import kernel
from csvapi.native.memory import Allocate, Memory, readable, writable
from csvapi.native.partitions import ENTRY

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_BITS = 16


class GroupedTexts:
    """Memory for `room` bytes of each of 2 ** `bits` parts; `write` is given the number and the bytes of each that is
    full, and of any text that needs more. `sizes` says how many bytes of texts each part was given."""

    def __init__(
        self, bits: int, room: int, write: Callable[[int, memoryview], None], *, allocate: Allocate = Memory
    ) -> None:
        if not 1 <= bits <= _MOST_BITS or room < 1:
            raise ValueError(f"There must be 1 to {_MOST_BITS} bits, and room, not {bits} and {room}.")
        self.bits, self._room, self._write = bits, room, write
        self._out, self._fill, self._sizes = (allocate(size << bits) for size in (room, 8, 8))
        self._filled, self.sizes = self._fill.view.cast("Q"), self._sizes.view.cast("Q")

    def add(self, entries: memoryview, texts: memoryview) -> None:
        """Take texts, each after its length in 4 bytes, and set the row of each entry, at first where its text is
        among these, to where it is among all texts of its part. Raises `ValueError` where an entry leads beyond them.
        """
        count, done, whole = entries.nbytes // ENTRY, 0, entries.cast("B").cast("Q")
        if count and max(whole[2], whole[-1]) + LENGTH > texts.nbytes:
            raise ValueError("The first or the last entry leads beyond the texts.")
        given, text = writable(entries, ENTRY * count, "entries", item=8), readable(texts, texts.nbytes, "texts")
        while True:
            out, fill, sizes = self._out.address, self._fill.address, self._sizes.address
            done = kernel().group_texts(given, done, count, text, self.bits, out, self._room, fill, sizes)
            if done == count:
                return
            done += self._make_room(whole[3 * done : 3 * done + 3], texts)

    def _make_room(self, entry: memoryview, texts: memoryview) -> int:
        """Write the part that has no room for an entry's text, and the text if it never would: then it is done."""
        part, start = entry[0] >> (64 - self.bits), entry[2]
        self._put(part)
        size = LENGTH + int.from_bytes(texts[start : start + LENGTH], "little")
        if size <= self._room:
            return 0
        self._write(part, texts[start : start + size])
        entry[2] = self.sizes[part]
        self.sizes[part] += size
        return 1

    def _put(self, part: int) -> None:
        if self._filled[part]:
            start = self._room * part
            self._write(part, self._out.view[start : start + self._filled[part]])
            self._filled[part] = 0

    def flush(self) -> None:
        """Write what is there."""
        for part in range(1 << self.bits):
            self._put(part)
