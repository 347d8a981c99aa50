"""Records in the order of their keys, by the kernel: see `spill.external_sort`, whose `SortedRuns` do the same in
Python.

Memory: a block of five eighths of the budget, which takes records and keys until it is full; then it is put in order
and written as a run. Up to 128 runs are merged at once, as many as the budget has buffers for: by a thread beside who
takes the records, where there is a core for it. Disk: keys and records, and eight bytes for each.
"""

from __future__ import annotations

from array import array
from contextlib import ExitStack
from copy import copy
from itertools import chain, pairwise
from struct import Struct
from typing import TYPE_CHECKING, Any

from csvapi.csvio.disk import disk_budget, write_all
from csvapi.native.sorting import LARGEST, MOST_RUNS, Block, Strings
from csvapi.native.sorting import merged as merge
from csvapi.process import memory
from csvapi.spill.ahead import THREAD, ahead
from csvapi.spill.external_sort import SortedRuns, merged
from csvapi.spill.stretch import Stretch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from csvapi.csvio.indexed import IndexedBatch
    from csvapi.native.sorting import KeyColumn
    from csvapi.spill.workspace import Workspace

_LEAST, _SMALLEST_CHUNK, _CHUNK = 1 << 8, 1 << 12, 1 << 20  # bytes
CHUNKS = 256  # of the memory
SHARES = 256  # of all keys, in any number of which a run can be read
_LENGTHS = Struct("<II")
Piece = bytes | memoryview


class NativeSortedRuns:
    """Takes records with keys in any order; `files` are the runs on disk, in the order of their records."""

    def __init__(self, workspace: Workspace, name: str) -> None:
        self.workspace, self.name = workspace, name
        self.files: list[Path] = []
        self.starts: list[list[int]] = []  # where the shares of each file begin, and where it ends
        self.within: tuple[int, int] | None = None  # the shares that it is, where it is not all of them
        self.longest = 0
        size = workspace.memory * 5 // 8  # the rest is for what is read and written meanwhile
        self._block: Block | None = Block(min(max(size, _LEAST), LARGEST))

    def __getstate__(self) -> dict[str, Any]:
        """What crosses to another process: the runs, all of them on disk."""
        plain = {name: getattr(self, name) for name in ("name", "files", "starts", "within", "longest")}
        return {**plain, "_block": None}

    def add(self, keys: Sequence[bytes], records: Sequence[bytes]) -> None:
        """Records as Python has them, with their keys."""
        texts, given = Strings(records), Strings(keys)
        self.fill(lambda block: block.add(texts, given) == len(texts))

    def add_indexed(
        self, batch: IndexedBatch, columns: Sequence[KeyColumn], given: bytes, keys: Sequence[bytes], line_end: bytes
    ) -> array[int]:
        """Records of an index, by their columns; those whose byte in `given` is 1 by the next one of `keys`.

        Returns how many cells of each column were empty, of the other records. See `Block.add_index`.
        """
        empty, own, at = array("Q", bytes(8 * len(columns))), Strings(keys), 0

        def put(block: Block) -> bool:
            nonlocal at
            at = block.add_index(batch.index, columns, batch.kept, given, own, line_end, empty, at)
            return at == len(batch.index)

        self.fill(put)
        return empty

    def fill(self, put: Callable[[Block], bool]) -> None:
        """Call `put` with the block until it returns True, which means that all items are in; spills the block when it
        is full."""
        while not put(self.block):
            if len(self.block):
                self.spill()
            else:  # an item that does not fit into all of it
                self._block = Block(min(2 * self.block.size, LARGEST))

    @property
    def block(self) -> Block:
        """What takes the records."""
        assert self._block is not None  # noqa: S101  only what came from another process has none
        return self._block

    def spill(self) -> None:
        """Write what is in memory as one run."""
        if self._block and len(self._block):
            path = self.workspace.folder / f"{self.name}-{len(self.files)}"
            self.starts.append([0])
            write(path, self._pieces(self._block, self.starts[-1]), self.workspace.heartbeat)
            self.files.append(path)
            self.longest = max(self.longest, self._block.longest)
            self._block.clear()

    def _pieces(self, block: Block, starts: list[int]) -> Iterator[memoryview]:
        """What is in a block; adds to `starts` where each share ends."""
        for first, stop in pairwise(block.shares(SHARES)):
            size = starts[-1]
            pieces = block.sorted(chunk(self.workspace.memory), whole=True, start=first, stop=stop)
            for piece in pieces if first < stop else ():
                size += len(piece)
                yield piece
            starts.append(size)

    def share(self, number: int, count: int) -> NativeSortedRuns:
        """Share `number` of `count` of all keys, by their first bytes, of what is on disk; whoever reads it leaves the
        files to others."""
        share = copy(self)
        share.name += f"-{number}"
        share.within = SHARES * number // count, SHARES * (number + 1) // count
        return share

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(starts[-1] for starts in self.starts)

    @property
    def taken(self) -> int:
        """Bytes on disk and in memory."""
        return self.size + (len(self._block.items) if self._block else 0)

    @property
    def stretches(self) -> list[Stretch]:
        """Where the records are, of files that go once they are open, unless this is a share."""
        if self.within is None:
            return list(map(Stretch, self.files))
        first, last = self.within
        return [Stretch(path, at[first], at[last]) for path, at in zip(self.files, self.starts, strict=True)]

    def finish(self, room: int, *, whole: bool = False) -> Iterator[memoryview]:
        """The records in order, if all of them are in memory, in pieces of about `room` bytes."""
        return self.block.sorted(room, whole=whole)

    @property
    def is_in_memory(self) -> bool:
        """Whether it takes more; what came from another process, or was freed, has only its files."""
        return self._block is not None

    def free(self) -> None:
        """Write what is in memory, and give the memory back."""
        self.spill()
        self._block = None


def chunk(memory: int) -> int:
    """How many bytes of a run are read or written at once, for this much memory."""
    return min(max(memory // CHUNKS, _SMALLEST_CHUNK), _CHUNK)


def write(path: Path, pieces: Iterable[memoryview], heartbeat: Callable[[], None]) -> None:
    """Write a run, piece by piece."""
    with disk_budget(), path.open("wb", buffering=0) as file:
        for data in pieces:
            heartbeat()
            with disk_budget(len(data)):
                write_all(file, data)


def sorter(workspace: Workspace, name: str) -> SortedRuns | NativeSortedRuns:
    """Something that takes records with keys, by the kernel where it may be used."""
    if workspace.native:
        return NativeSortedRuns(workspace, name)
    return SortedRuns(workspace.folder, name, workspace.memory, workspace.heartbeat)


def in_order(parts: Sequence[SortedRuns | NativeSortedRuns], workspace: Workspace) -> Iterator[bytes]:
    """The records that several sorters took, in the order of their keys; equal keys in the order they came."""
    native = [part for part in parts if isinstance(part, NativeSortedRuns)]
    if native:
        yield from map(bytes, items(native, workspace))
        return
    plain = [part for part in parts if isinstance(part, SortedRuns)]
    for _, records in merged(plain, workspace.folder, workspace.memory, workspace.heartbeat):
        yield b"".join(records)


def items(parts: Sequence[NativeSortedRuns], workspace: Workspace, *, whole: bool = False) -> Iterator[Piece]:
    """The same by the kernel, in pieces that are valid up to the next; with `whole`, as `Block.sorted` gives them."""
    pieces: Iterator[Piece]
    if len(parts) == 1 and not parts[0].files:
        pieces = parts[0].finish(chunk(workspace.memory), whole=whole) if parts[0].is_in_memory else iter(())
    else:
        pieces = _from_files(parts, workspace, whole=whole)
    for data in pieces:
        workspace.heartbeat()
        yield data


def _from_files(parts: Sequence[NativeSortedRuns], workspace: Workspace, *, whole: bool) -> Iterator[Piece]:
    for part in parts:
        part.free()
    files = list(chain.from_iterable(part.stretches for part in parts))
    room = max(chunk(workspace.memory), *(part.longest for part in parts))
    fan = max(2, min(MOST_RUNS, workspace.memory // 2 // room))
    name, turn = parts[0].name, 0
    while len(files) > fan:
        groups = [files[first : first + fan] for first in range(0, len(files), fan)]
        files = [Stretch(workspace.folder / f"{name}-merge-{turn}-{number}") for number in range(len(groups))]
        for file, group in zip(files, groups, strict=True):
            write(file.path, _merged(group, room, whole=True), workspace.heartbeat)
        turn += 1
    if files:
        found = _merged(files, room, whole=whole)
        beside = workspace.cores > 1 and room <= _CHUNK and memory.allows(THREAD)
        yield from ahead(found) if beside else found


def _merged(runs: Sequence[Stretch], room: int, *, whole: bool = False) -> Iterator[memoryview]:
    """What several runs hold."""
    with ExitStack() as stack:
        yield from merge([run.opened(stack) for run in runs], room, whole=whole)


def pairs(parts: Sequence[SortedRuns | NativeSortedRuns], workspace: Workspace) -> Iterator[tuple[bytes, bytes]]:
    """The keys with their records that several sorters took, in the order of the keys; equal ones as they came."""
    native = [part for part in parts if isinstance(part, NativeSortedRuns)]
    if native:
        for piece in items(native, workspace, whole=True):
            yield from pairs_of(piece)
        return
    plain = [part for part in parts if isinstance(part, SortedRuns)]
    for keys, records in merged(plain, workspace.folder, workspace.memory, workspace.heartbeat):
        yield from zip(keys, records, strict=True)


def pairs_of(piece: Piece) -> Iterator[tuple[bytes, bytes]]:
    """The keys and records of whole items: the lengths of key and record, and these."""
    at, end = 0, len(piece)
    while at < end:
        key, record = _LENGTHS.unpack_from(piece, at)
        middle = at + _LENGTHS.size + key
        yield bytes(piece[at + _LENGTHS.size : middle]), bytes(piece[middle : middle + record])
        at = middle + record
