"""Keys on disk: digests and row numbers of one range, in partitions that are resolved one at a time.

Memory: a buffer per partition. Disk: 20 bytes per record. Raises `WorkspaceFull` when the disk is.
"""

from __future__ import annotations

import struct
import sys
from array import array
from operator import itemgetter
from typing import TYPE_CHECKING, BinaryIO

from csvapi.csvio.disk import disk_budget
from csvapi.csvio.keys import digests

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PARTS = "qqI"  # two halves of the digest, and the row in its range
_FRAME = struct.Struct("=Q")  # how many records follow: their first halves, their second halves, their rows
_BUFFERED = 1 << 15  # records
RECORD = 20  # bytes

Keys = tuple["array[int]", "array[int]", "array[int]"]


def key_file(workspace: Path, step: int, number: int, partition: int) -> Path:
    return workspace / f"keys-{step}-{number}-{partition}"


class KeySink:
    """Takes the keys of one range's records in order; `partitions` is a power of two up to 256."""

    def __init__(self, workspace: Path, step: int, number: int, partitions: int) -> None:
        self.files = [key_file(workspace, step, number, partition).open("wb") for partition in range(partitions)]
        self.buffers = tuple(array(typecode) for typecode in PARTS)

    def add(self, keys: Sequence[bytes], rows: Sequence[int]) -> None:
        first, second, row = self.buffers
        halves = digests(keys)
        first.extend(halves[0])
        second.extend(halves[1])
        row.extend(rows)
        if len(row) >= _BUFFERED:
            self.flush()

    def flush(self) -> None:
        """Write what is buffered, each record to the partition that the low bits of its digest name."""
        count = len(self.buffers[0])
        if len(self.files) == 1:
            self._append(self.files[0], self.buffers)
        elif count:
            low = len(self.files) - 1
            tags = (
                self.buffers[0]
                .tobytes()[_LOW_BYTE :: self.buffers[0].itemsize]
                .translate(bytes(i & low for i in range(256)))
            )
            order = itemgetter(*sorted(range(count), key=tags.__getitem__), 0)
            parts = [array(part.typecode, order(part)[:-1]) for part in self.buffers]
            start = 0
            for partition, file in enumerate(self.files):
                stop = start + tags.count(partition)
                self._append(file, [part[start:stop] for part in parts])
                start = stop
        for part in self.buffers:
            del part[:]

    def _append(self, file: BinaryIO, parts: Sequence[array[int]]) -> None:
        if parts[0]:
            with disk_budget(RECORD * len(parts[0])):
                file.write(b"".join((_FRAME.pack(len(parts[0])), *parts)))

    def close(self) -> None:
        for file in self.files:
            with disk_budget():
                file.close()


def frames(path: Path) -> Iterator[Keys]:
    """Everything one partition of one range was given, in order, some records at a time."""
    with path.open("rb") as file:
        while head := file.read(_FRAME.size):
            keys = tuple(array(typecode) for typecode in PARTS)
            for part in keys:
                part.fromfile(file, *_FRAME.unpack(head))
            yield keys  # type: ignore[misc]  # PARTS has three


def load(path: Path) -> Keys:
    """All of it at once."""
    whole = tuple(array(typecode) for typecode in PARTS)
    for keys in frames(path):
        for part, more in zip(whole, keys, strict=True):
            part.extend(more)
    return whole  # type: ignore[return-value]  # PARTS has three


def held(path: Path) -> int:
    """How many records it was given, a few more at most."""
    return path.stat().st_size // RECORD


_LOW_BYTE = 0 if sys.byteorder == "little" else 7
