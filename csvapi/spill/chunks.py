"""Texts that come in any order and are read one after the other: all in one file, whatever their number."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from csvapi.csvio.disk import disk_budget, write_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_HEAD = struct.Struct("<qQ")  # where the text's chunk before this one begins (-1: nowhere), and the bytes of this one
_EACH = 64  # bytes of an object and its place in a list, roughly
_READ = 1 << 20


class Chunks:
    """Collects pieces of numbered texts; beyond `memory` bytes, what there is of each text becomes a chunk of the file.

    Each chunk knows where the one before it begins. Memory: `memory` twice while a chunk is written; then, for the text
    that is read, one number per chunk. `stored` turns pieces, as many as there are at once, into what is to be stored.
    """

    def __init__(self, path: Path, memory: int, stored: Callable[[bytes], bytes]) -> None:
        self.file = path.open("w+b", buffering=0)
        self.memory, self.stored = memory, stored
        self.waiting, self.end = 0, 0
        self.pending: list[list[bytes]] = []
        self.last: list[int] = []
        self.sizes: list[int] = []

    def new(self) -> int:
        """The number of a new text."""
        self.pending.append([])
        self.last.append(-1)
        self.sizes.append(0)
        return len(self.last) - 1

    def add(self, number: int, piece: bytes) -> None:
        """Append to a text. Raises what `csvio.disk` does for too much."""
        self.pending[number].append(piece)
        self.waiting += len(piece) + _EACH
        if self.waiting > self.memory:
            self.flush()

    def flush(self) -> None:
        """Write what is pending of each text."""
        for number, pieces in enumerate(self.pending):
            if pieces:
                data = self.stored(b"".join(pieces))
                self.pending[number] = []
                self._write(number, data)
        self.waiting = 0

    def _write(self, number: int, data: bytes) -> None:
        with disk_budget(_HEAD.size + len(data)):
            for part in (_HEAD.pack(self.last[number], len(data)), data):
                write_all(self.file, part)
        self.last[number] = self.end
        self.end += _HEAD.size + len(data)
        self.sizes[number] += len(data)

    def read(self, number: int) -> Iterator[bytes]:
        """A text that is whole, in pieces of at most a mebibyte."""
        places = []
        at = self.last[number]
        while at >= 0:
            self.file.seek(at)
            before, size = _HEAD.unpack(self.file.read(_HEAD.size))
            places.append((at + _HEAD.size, size))
            at = before
        for place, size in reversed(places):
            self.file.seek(place)
            while size:
                data = self.file.read(min(size, _READ))
                yield data
                size -= len(data)

    def close(self) -> None:
        """Close the file; its folder is removed by others."""
        self.file.close()
