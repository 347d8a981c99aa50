"""Records in the order of their keys, in bounded memory: sorted runs on disk, merged (external merge sort).

Time: a sort of each run, and a merge of all by blocks: of each run's next records those that no other run can precede
are sorted together, which is one C-level sort of sorted pieces. Stable. Memory: about the budget, to which the number
of runs that are merged at once is fitted, or what two of the longest records need; disk: keys and records. Raises
`WorkspaceFull` when the disk is. Source: Knuth, The Art of Computer Programming, volume 3, 5.4.
"""

from __future__ import annotations

import marshal
from bisect import bisect_left, bisect_right
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csvapi.csvio.disk import disk_budget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Pairs = tuple[list[bytes], list[bytes]]  # keys, and what belongs to them

_EACH = 200  # bytes of memory for a key and a record besides their text, and for sorting them
_LOADED = 100  # of them while runs are merged
_SMALLEST_CHUNK, _CHUNK = 1 << 12, 1 << 17  # bytes of memory for what is read at once of a run, which may be one record
_TOGETHER = 1 << 16  # keys that are sorted at once
_PER_CHUNK = 256  # of the memory


class SortedRuns:
    """Takes keys with records in any order; `files` are the runs on disk, in the order of their records.

    `heartbeat` is called while it works, and may raise.
    """

    def __init__(self, folder: Path, name: str, memory: int, heartbeat: Callable[[], None]) -> None:
        self.folder, self.name, self.memory, self.heartbeat = folder, name, memory, heartbeat
        self.keys: list[bytes] = []
        self.records: list[bytes] = []
        self.size = self.longest = 0
        self.files: list[Path] = []

    def add(self, keys: Sequence[bytes], records: Sequence[bytes]) -> None:
        """Take some keys, each with its record. Writes a run when the memory is full."""
        self.keys += keys
        self.records += records
        self.size += sum(map(len, keys)) + sum(map(len, records)) + _EACH * len(keys)
        self.longest = max(self.longest, max(map(len, keys), default=0) + max(map(len, records), default=0))
        if self.size >= self.memory:
            self.spill()

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled for another process, which has a heartbeat of its own."""
        return {**self.__dict__, "heartbeat": _unheard}

    def spill(self) -> None:
        """Write what is in memory as one run."""
        if self.keys:
            keys, records = _sorted(self.keys, self.records, self.heartbeat)
            self.keys, self.records, self.size = [], [], 0
            path = self.folder / f"{self.name}-{len(self.files)}"
            self.files.append(_write_run(path, iter([(keys, records)]), _chunk(self.memory), self.heartbeat))

    def free(self) -> None:
        """The same; nothing else holds memory."""
        self.spill()


def _unheard() -> None:
    pass


def merged(parts: Sequence[SortedRuns], folder: Path, memory: int, heartbeat: Callable[[], None]) -> Iterator[Pairs]:
    """All of several `SortedRuns` in the order of their keys; equal keys in the order they came.

    `heartbeat` is called while they are put in order, and may raise.
    """
    if len(parts) == 1 and not parts[0].files:
        yield from _chunks(iter([_sorted(parts[0].keys, parts[0].records, heartbeat)]), _chunk(memory), heartbeat)
        return
    for part in parts:
        part.spill()
    files = list(chain.from_iterable(part.files for part in parts))
    chunk = _chunk(memory)
    fan = max(2, memory // 2 // max(chunk, *(part.longest for part in parts)))
    turn = 0
    while len(files) > fan:
        groups = [files[first : first + fan] for first in range(0, len(files), fan)]
        files = [
            _write_run(folder / f"merge-{turn}-{n}", _merge(group, heartbeat), chunk, heartbeat)
            for n, group in enumerate(groups)
        ]
        turn += 1
    yield from _merge(files, heartbeat)


def _chunk(memory: int) -> int:
    return min(max(memory // _PER_CHUNK, _SMALLEST_CHUNK), _CHUNK)


def _write_run(path: Path, pairs: Iterator[Pairs], chunk: int, heartbeat: Callable[[], None]) -> Path:
    """Pairs in order as a file of chunks."""
    with disk_budget(), path.open("wb") as file:  # the outer one is for what closing the file writes
        for some in _chunks(pairs, chunk, heartbeat):
            data = marshal.dumps(some)
            with disk_budget(len(data)):
                file.write(data)
    return path


def _chunks(pairs: Iterator[Pairs], chunk: int, heartbeat: Callable[[], None]) -> Iterator[Pairs]:
    """The same pairs, some at a time that take about `chunk` bytes of memory."""
    for keys, records in pairs:
        start = 0
        while start < len(keys):
            stop, size = start, 0
            while stop < len(keys) and size < chunk:
                size += _LOADED + len(keys[stop]) + len(records[stop])
                stop += 1
            heartbeat()
            yield keys[start:stop], records[start:stop]
            start = stop


def _sorted(keys: list[bytes], records: list[bytes], heartbeat: Callable[[], None]) -> Pairs:
    """Sort short stretches first, so that the sort of all of them only merges what is already in order."""
    order: list[int] = []
    for start in range(0, len(keys), _TOGETHER):
        order += sorted(range(start, min(start + _TOGETHER, len(keys))), key=keys.__getitem__)
        heartbeat()
    if len(keys) > _TOGETHER:
        order.sort(key=keys.__getitem__)
    return [keys[index] for index in order], [records[index] for index in order]


class _Run:
    """The next chunk of a run that is being merged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("rb")
        self.size = path.stat().st_size
        self.keys: list[bytes] = []
        self.records: list[bytes] = []
        self.fill()

    @property
    def ended(self) -> bool:
        return self.file.closed

    def fill(self) -> None:
        """Read the next chunk if the last one is used up; deletes the file of a run that has ended."""
        if not self.keys and not self.ended:
            self.keys, self.records = marshal.load(self.file)  # noqa: S302  we wrote it ourselves
            if self.file.tell() == self.size:
                self.file.close()
                self.path.unlink()

    def take(self, count: int) -> Pairs:
        taken = self.keys[:count], self.records[:count]
        del self.keys[:count], self.records[:count]
        self.fill()
        return taken


def _merge(files: Sequence[Path], heartbeat: Callable[[], None]) -> Iterator[Pairs]:
    """What is less than the last key of every chunk in sight cannot be preceded by what is still to be read.

    Equal keys: those of runs up to the first one whose chunk ends with that key, for the others must wait for its rest.
    """
    with ExitStack() as stack:
        runs = [_Run(path) for path in files]
        for run in runs:
            stack.callback(run.file.close)
        yield from _merged(runs, heartbeat)


def _merged(runs: list[_Run], heartbeat: Callable[[], None]) -> Iterator[Pairs]:
    while runs:
        open_ends = [(run.keys[-1], number) for number, run in enumerate(runs) if not run.ended]
        keys: list[bytes] = []
        records: list[bytes] = []
        bound, first = min(open_ends, default=(b"", -1))
        for number, run in enumerate(runs):
            count = len(run.keys)
            if open_ends:
                count = bisect_right(run.keys, bound) if number <= first else bisect_left(run.keys, bound)
            taken = run.take(count)
            keys += taken[0]
            records += taken[1]
        yield _sorted(keys, records, heartbeat)
        runs = [run for run in runs if run.keys]
