"""A file's records by their keys, on disk: digests in order, found by bisection, and the text of each record.

Build: one pass, and a sort of one partition of the digests at a time. Memory: the budget, and what a search touches
of the mapped files, which goes back to the system as soon as it is more than the budget. Disk: 32 bytes per record and
its text. Digests are keyed and 128 bits long (see `csvio.keys`), so no two keys share one.
"""

from __future__ import annotations

import mmap
from array import array
from bisect import bisect_left, bisect_right
from contextlib import AbstractContextManager
from itertools import accumulate, chain
from operator import eq
from struct import Struct
from typing import TYPE_CHECKING

from csvapi.csvio.disk import disk_budget
from csvapi.csvio.keys import digests
from csvapi.spill.external_sort import SortedRuns, merged
from csvapi.spill.key_files import PlainKeySink, frames, key_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from csvapi.spill.key_files import Keys
    from csvapi.spill.workspace import Workspace

_PARTITIONS = 64
_TOUCHED = 8192  # bytes of mapped files a search may bring into memory, besides what it looks for: two pages
_ENTRY = 24  # bytes of a record in the mapped files
_ANSWER = 250  # bytes of memory for an answer that is remembered, besides its key
_KEY, _HALF = Struct(">QQI"), 1 << 63  # a digest and a row as bytes in their order, digests having a sign
_SOME = 1 << 14  # records that are put in order together
NOTHING = range(0)


class HashIndexWriter(AbstractContextManager["HashIndexWriter"]):
    """Takes keys and texts in order; `finish` puts them into an index."""

    def __init__(self, workspace: Workspace, name: str) -> None:
        self.workspace = workspace
        self.folder = workspace.folder / name
        self.folder.mkdir()
        self.sink = PlainKeySink(self.folder, 0, 0, _PARTITIONS)
        self.texts = (self.folder / "texts").open("wb")
        self.ends = (self.folder / "ends").open("wb")
        self.count = self.size = 0

    def add(self, keys: Sequence[bytes], texts: Sequence[bytes]) -> None:
        """Take some keys, each with the text it stands for."""
        self.sink.add(keys, range(self.count, self.count + len(keys)))
        ends = array("q", accumulate(map(len, texts), initial=self.size))[1:]
        with disk_budget(sum(map(len, texts)) + len(keys) * ends.itemsize):
            self.texts.write(b"".join(texts))
            self.ends.write(ends)
        self.count += len(keys)
        self.size = ends[-1] if ends else self.size

    def __exit__(self, *_: object) -> None:
        for file in (self.sink, self.texts, self.ends):
            with disk_budget():
                file.close()

    def finish(self) -> HashIndex:
        """Put each partition in order, one after the other, and return the index."""
        self.sink.flush()
        self.__exit__()
        starts, repeated = [0], 0
        with (self.folder / "first").open("wb") as one, (self.folder / "rest").open("wb") as two:
            for partition in range(_PARTITIONS):
                starts.append(starts[-1])
                last = None
                for first, second, rows in self._sorted(partition):
                    pairs = list(zip(first, second, strict=True))
                    repeated += sum(map(eq, pairs, chain((last,), pairs)))
                    last, starts[-1] = pairs[-1], starts[-1] + len(pairs)
                    with disk_budget(_ENTRY * len(pairs)):
                        one.write(first)
                        two.write(array("q", chain.from_iterable(zip(second, rows, strict=True))))
                    self.workspace.heartbeat()
                key_file(self.folder, 0, 0, partition).unlink()
        return HashIndex(self.folder, starts, repeated, self.workspace.memory)

    def _sorted(self, partition: int) -> Iterator[Keys]:
        """The digests and rows of a partition in their order; one with too many (of one key, say) in several parts."""
        path, memory = key_file(self.folder, 0, 0, partition), self.workspace.memory // 2
        runs = SortedRuns(self.folder, f"partition-{partition}", memory, self.workspace.heartbeat)
        for keys in frames(path):
            packed = [_KEY.pack(a + _HALF, b + _HALF, row) for a, b, row in zip(*keys, strict=True)]
            runs.add(packed, [b""] * len(packed))
            self.workspace.heartbeat()
        for found, _ in merged([runs], self.folder, memory, self.workspace.heartbeat):
            for start in range(0, len(found), _SOME):
                some = [_KEY.unpack(key) for key in found[start : start + _SOME]]
                yield (
                    array("q", [each[0] - _HALF for each in some]),
                    array("q", [each[1] - _HALF for each in some]),
                    array("I", [each[2] for each in some]),
                )


class HashIndex:
    """The finished index; `repeated` counts the records whose key an earlier record had."""

    def __init__(self, folder: Path, starts: list[int], repeated: int, memory: int) -> None:
        self.starts, self.repeated, self.memory = starts, repeated, memory
        self.maps = [_mapped(folder / name) for name in ("first", "rest", "ends", "texts")]
        self.first, self.rest, self.ends = (memoryview(each).cast("q") for each in self.maps[:3])
        self.texts = memoryview(self.maps[3])
        self.known: dict[bytes | None, range] = {None: NOTHING}
        self.size = self.touched = 0

    def find(self, keys: Sequence[bytes | None]) -> list[range]:
        """The places in the index of the records with each key, in the order of their file; None has no records."""
        if self.size >= self.memory // 4:
            self.known, self.size = {None: NOTHING}, 0
        new: list[bytes] = list(set(keys).difference(self.known))  # type: ignore[arg-type]  # None is known
        self.known.update(zip(new, map(self._search, *digests(new)), strict=True))
        self.size += _ANSWER * len(new) + sum(map(len, new))
        return list(map(self.known.__getitem__, keys))

    def text(self, place: int) -> bytes:
        """The text of the record at a place that `find` gave."""
        number = self.rest[2 * place + 1]
        start, end = self.ends[number - 1] if number else 0, self.ends[number]
        self._touch(end - start)
        return bytes(self.texts[start:end])

    def _search(self, first: int, second: int) -> range:
        partition = first & (_PARTITIONS - 1)
        stop = self.starts[partition + 1]
        at = bisect_left(self.first, first, self.starts[partition], stop)
        while at < stop and self.first[at] == first and self.rest[2 * at] != second:
            at += 1
        end = bisect_right(self.first, first, at, stop)
        while end > at and self.rest[2 * end - 2] != second:
            end -= 1
        self._touch(_ENTRY * (end - at))
        return range(at, end)

    def _touch(self, size: int) -> None:
        self.touched += _TOUCHED + size
        if self.touched > self.memory:
            self.touched = 0
            for each in self.maps:
                if isinstance(each, mmap.mmap):
                    each.madvise(mmap.MADV_DONTNEED)


def _mapped(path: Path) -> mmap.mmap | bytes:
    """An empty file cannot be mapped."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""
