"""Builds the index of a file's records by their keys as the kernel finds them (see `spill.native_index`).

One pass, and a sort of one partition of the digests at a time; one that is more than a quarter of the budget is
spread into others first. The texts of a partition lie together, too, so that whoever asks partition by partition meets
one part of the index after the other. Memory: the budget, and some MiB; disk: 30 bytes per record and its text, and
another 24 and one partition's texts while it is built.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, ExitStack
from itertools import accumulate, chain
from typing import TYPE_CHECKING, BinaryIO

from csvapi.csvio.disk import disk_budget, write_all
from csvapi.native.grouped_texts import GroupedTexts
from csvapi.native.joining import LENGTH
from csvapi.native.keys import DIGEST, digests, digests_of, new_secret
from csvapi.native.library import SLACK
from csvapi.native.ordering import Sorter, Starts, bits_of
from csvapi.native.partitions import ENTRY, entries
from csvapi.spill.key_files import Spread
from csvapi.spill.native_index import PARTITIONS, NativeHashIndex, empty_digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from csvapi.csvio.indexed import IndexedBatch
    from csvapi.native.ordering import Texts
    from csvapi.spill.workspace import Workspace

_TOGETHER = 1 << 15  # bytes of texts of a partition that are written together
_COPY = 16 << 20
_SHARE = 4  # this part of the budget is what a partition may take, as it is sorted into another piece of memory
_LEAST, _MOST = 1 << 20, 1 << 26  # bytes of it in any case, and at most: a sort takes less than a second
_SHALLOW = 60  # bits that are alike in what is not spread any more: it is one digest


class NativeHashIndexWriter(AbstractContextManager["NativeHashIndexWriter"]):
    """Takes keys and texts in order; `finish` puts them into an index. `most` bytes of entries are sorted at once; by
    default the budget divided by `share`.

    With a `secret` that machines share, `parts` gives what they read of each other, and `add_part` takes it.
    """

    def __init__(
        self,
        workspace: Workspace,
        name: str,
        most: int = 0,
        *,
        share: int = _SHARE,
        secret: bytes | None = None,
        partitions: int = PARTITIONS,
    ) -> None:
        self.workspace, self.secret, self.partitions = workspace, secret or new_secret(), partitions
        self.folder = workspace.folder / name
        self.folder.mkdir()
        self.most = (most or min(max(workspace.memory // share, _LEAST), _MOST)) // ENTRY * ENTRY
        self._stack = ExitStack()
        self._spread = _spread(self.folder, "keys", partitions)
        self._stack.callback(self._spread.close)
        self._parts: dict[int, BinaryIO] = {}
        self._texts = GroupedTexts(self._spread.partitions.bits, _TOGETHER, self._put_text)
        self.count = 0

    def _opened(self, name: str) -> BinaryIO:
        file = (self.folder / name).open("wb", buffering=1 << 16)
        self._stack.callback(_close, file)
        return file

    def _put_text(self, part: int, data: memoryview) -> None:
        if part not in self._parts:
            self._parts[part] = self._opened(f"texts-{part}")
        self._write(self._parts[part], data)

    def add(self, keys: Sequence[bytes], texts: Sequence[bytes]) -> None:
        """Take some keys, each with the text it stands for."""
        found = bytearray(DIGEST * len(keys))
        digests_of(keys, self.secret, found)
        starts = list(accumulate((LENGTH + len(text) for text in texts), initial=0))
        lengths = [len(text).to_bytes(LENGTH, "little") for text in texts]
        self._add(
            memoryview(entries(found, starts[:-1])), memoryview(b"".join(chain(*zip(lengths, texts, strict=True))))
        )

    def add_batch(self, batch: IndexedBatch, positions: Sequence[int], texts: Texts) -> None:
        """The records of a batch whose key of these columns is not empty, with what `texts` writes for them."""
        found = digests(batch.index, self.secret, positions)
        text, new = texts.write(batch.index, found, empty_digest(batch, positions, self.secret), 0)
        self._add(new, text)

    def add_part(self, entries: memoryview, texts: memoryview) -> None:
        """What `parts` gave for a partition; the rows of the entries change."""
        self._add(entries, texts)

    def parts(self) -> list[tuple[Path, Path]]:
        """Of each partition the entries, whose rows say where their texts begin, and these; in place of `finish`."""
        self._spread.partitions.flush()
        self._texts.flush()
        self._stack.close()
        texts = [self.folder / f"texts-{part}" for part in range(self.partitions)]
        for path in texts:
            path.touch()
        return list(zip(self._spread.paths, texts, strict=True))

    def _add(self, new: memoryview, texts: memoryview) -> None:
        self._texts.add(new, texts)
        self._spread.partitions.add_entries(new)
        self.count += new.nbytes // ENTRY

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def finish(self) -> NativeHashIndex:
        """Put each partition in order, one after the other, and return the index."""
        self._spread.partitions.flush()
        self._texts.flush()
        self._stack.close()
        starts = list(accumulate(self._texts.sizes, initial=0))
        self._join_texts()
        with self:
            self._order, self._starts = self._opened("entries"), self._opened("starts")
            self._sorter, self._begins, self.repeated = Sorter(self.most), Starts(bits_of(self.count)), 0
            self._last = b""
            for path, start in zip(self._spread.paths, starts, strict=False):
                self._put(path, self._spread.partitions.bits, start)
            for piece in self._begins.end():
                self._write(self._starts, piece)
            if not self.count:
                self._write(self._order, bytes(ENTRY))  # an empty file cannot be mapped
        del self._sorter
        most, memory = max(self._texts.sizes), self.workspace.memory
        return NativeHashIndex(self.folder, self._begins.bits, self.secret, self.repeated, memory, most)

    def _join_texts(self) -> None:
        """Join the texts of all partitions into one file, in the order of the partitions."""
        with (self.folder / "texts").open("wb", buffering=0) as target:
            for part in sorted(self._parts):
                path = self.folder / f"texts-{part}"
                with path.open("rb", buffering=0) as source, disk_budget(path.stat().st_size):
                    while os.sendfile(target.fileno(), source.fileno(), None, _COPY):
                        self.workspace.heartbeat()
                path.unlink()
            with disk_budget(SLACK):
                write_all(target, bytes(SLACK))

    def _put(self, path: Path, skip: int, start: int) -> None:
        """Write the entries of a file in their order, which begin with the same `skip` bits, `start` being where their
        texts begin; the file goes."""
        if path.stat().st_size <= self.most or skip >= _SHALLOW or self._are_one(path, skip):
            self._put_pieces(path, skip, start)
        else:
            self._put_apart(path, skip, start)

    def _put_pieces(self, path: Path, skip: int, start: int) -> None:
        """Copy entries that all have one digest: they are already in order, however many there are."""
        with path.open("rb", buffering=0) as file:
            while size := file.readinto(self._sorter.entries.view):
                order, repeated = self._sorter.sort(size, skip, start)
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

    def _put_apart(self, path: Path, skip: int, start: int) -> None:
        """Spread the entries of a file by more of their bits."""
        apart = _spread(self.folder, f"{path.name}-apart", PARTITIONS)
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
            self._put(each, skip + apart.partitions.bits, start)

    def _write(self, file: BinaryIO, data: bytes | memoryview) -> None:
        with disk_budget(len(data)):
            file.write(data)


def _spread(folder: Path, name: str, count: int) -> Spread:
    return Spread([folder / f"{name}-{number}" for number in range(count)])


def _close(file: BinaryIO) -> None:
    with disk_budget():
        file.close()
