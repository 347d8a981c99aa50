"""Builds the index of a file's records by their keys as the kernel finds them (see `spill.native_index`).

One pass, and a sort of one partition of the digests at a time; one that is more than a quarter of the budget is
spread into others first. Memory: the budget, and some MiB; disk: 30 bytes per record and its text, and another
24 while it is built.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from itertools import accumulate
from typing import TYPE_CHECKING, BinaryIO

from csvapi.csvio.disk import disk_budget
from csvapi.native.joining import LENGTH
from csvapi.native.keys import DIGEST, digests, digests_of, new_secret
from csvapi.native.library import SLACK
from csvapi.native.ordering import Sorter, Starts, bits_of
from csvapi.native.partitions import ENTRY, entries
from csvapi.spill.key_files import Spread
from csvapi.spill.native_index import NativeHashIndex, empty_digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from csvapi.csvio.indexed import IndexedBatch
    from csvapi.native.ordering import Texts
    from csvapi.spill.workspace import Workspace

_PARTITIONS = 64
_SHARE = 4  # of the budget a partition may take, as it is sorted into another piece of memory
_LEAST, _MOST = 1 << 20, 1 << 26  # bytes of it in any case, and at most: a sort takes less than a second
_SHALLOW = 60  # bits that are alike in what is not spread any more: it is one digest


class NativeHashIndexWriter(AbstractContextManager["NativeHashIndexWriter"]):
    """Takes keys and texts in order; `finish` puts them into an index. `most` bytes of entries are sorted at once."""

    def __init__(self, workspace: Workspace, name: str, most: int = 0) -> None:
        self.workspace, self.secret = workspace, new_secret()
        self.folder = workspace.folder / name
        self.folder.mkdir()
        self.most = (most or min(max(workspace.memory // _SHARE, _LEAST), _MOST)) // ENTRY * ENTRY
        self._stack = ExitStack()
        self._texts = self._opened("texts")
        self._spread = _spread(self.folder, "keys")
        self._stack.callback(self._spread.close)
        self.count = self.size = 0

    def _opened(self, name: str) -> BinaryIO:
        file = (self.folder / name).open("wb", buffering=1 << 16)
        self._stack.callback(_close, file)
        return file

    def add(self, keys: Sequence[bytes], texts: Sequence[bytes]) -> None:
        """Take some keys, each with the text it stands for."""
        found = bytearray(DIGEST * len(keys))
        digests_of(keys, self.secret, found)
        starts = list(accumulate((LENGTH + len(text) for text in texts), initial=self.size))
        self._spread.partitions.add_entries(entries(found, starts[:-1]))
        self._add_texts(b"".join([len(text).to_bytes(LENGTH, "little") + text for text in texts]), len(keys))

    def add_batch(self, batch: IndexedBatch, positions: Sequence[int], texts: Texts) -> None:
        """The records of a batch whose key of these columns is not empty, with what `texts` writes for them."""
        found = digests(batch.index, self.secret, positions)
        text, new = texts.write(batch.index, found, empty_digest(batch, positions, self.secret), self.size)
        self._spread.partitions.add_entries(new)
        self._add_texts(text, len(new) // ENTRY)

    def _add_texts(self, text: bytes | memoryview, count: int) -> None:
        with disk_budget(len(text)):
            self._texts.write(text)
        self.count += count
        self.size += len(text)

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def finish(self) -> NativeHashIndex:
        """Put each partition in order, one behind the other."""
        self._add_texts(bytes(SLACK), 0)
        self._spread.partitions.flush()
        self._stack.close()
        with self:
            self._order, self._starts = self._opened("entries"), self._opened("starts")
            self._sorter, self._begins, self.repeated = Sorter(self.most), Starts(bits_of(self.count)), 0
            self._last = b""
            for path in self._spread.paths:
                self._put(path, self._spread.partitions.bits)
            for piece in self._begins.end():
                self._write(self._starts, piece)
            if not self.count:
                self._write(self._order, bytes(ENTRY))  # an empty file cannot be mapped
        del self._sorter
        return NativeHashIndex(self.folder, self._begins.bits, self.secret, self.repeated, self.workspace.memory)

    def _put(self, path: Path, skip: int) -> None:
        """Write the entries of a file in their order, which begin with the same `skip` bits; the file goes."""
        if path.stat().st_size <= self.most or skip >= _SHALLOW or self._are_one(path, skip):
            self._put_pieces(path, skip)
        else:
            self._put_apart(path, skip)

    def _put_pieces(self, path: Path, skip: int) -> None:
        """Those of one digest, however many, are in their order as they are."""
        with path.open("rb", buffering=0) as file:
            while size := file.readinto(self._sorter.entries.view):
                order, repeated = self._sorter.sort(size, skip)
                self.repeated += repeated + (order[:DIGEST] == self._last)
                self._last = bytes(order[-ENTRY : DIGEST - ENTRY])
                self._write(self._order, order)
                for piece in self._begins.add(order):
                    self._write(self._starts, piece)
                self.workspace.heartbeat()
        path.unlink()

    def _are_one(self, path: Path, skip: int) -> bool:
        """Whether all entries of a file have one digest."""
        first = b""
        with path.open("rb", buffering=0) as file:
            while size := file.readinto(self._sorter.entries.view):
                order, repeated = self._sorter.sort(size, skip)
                first = first or bytes(order[:DIGEST])
                if repeated < size // ENTRY - 1 or order[:DIGEST] != first:
                    return False
                self.workspace.heartbeat()
        return True

    def _put_apart(self, path: Path, skip: int) -> None:
        """Spread the entries of a file by more of their bits."""
        apart = _spread(self.folder, f"{path.name}-apart")
        try:
            with path.open("rb", buffering=0) as file:
                while size := file.readinto(self._sorter.entries.view):
                    apart.partitions.add_entries(self._sorter.entries.view[:size], skip=skip)
                    self.workspace.heartbeat()
            apart.partitions.flush()
        finally:
            apart.close()
        path.unlink()
        for each in apart.paths:
            self._put(each, skip + apart.partitions.bits)

    def _write(self, file: BinaryIO, data: bytes | memoryview) -> None:
        with disk_budget(len(data)):
            file.write(data)


def _spread(folder: Path, name: str) -> Spread:
    return Spread([folder / f"{name}-{number}" for number in range(_PARTITIONS)])


def _close(file: BinaryIO) -> None:
    with disk_budget():
        file.close()
