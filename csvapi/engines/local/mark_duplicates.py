"""Between two passes of a keyed step: read the partitions of its keys and mark the records to drop.

Memory: the keys of a partition and, as the files of marks are mapped, what the budget leaves beside them for these.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvapi.engines.local.decisions import Marks, make_duplicate_file
from csvapi.errors import OutOfMemory
from csvapi.native.duplicates import BYTES_PER_KEY, Resolver
from csvapi.native.partitions import ENTRY
from csvapi.spill.duplicates import Keep, repeats
from csvapi.spill.key_files import frames, held, key_file, load, stretches

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from csvapi.engines.local.processes import Progressed

_SOME = 1 << 14  # keys that are looked at together
_FEW = 1 << 10  # entries between two looks at how much of the marks is in memory
_SHARE = 8  # part of the budget that the marks may take in any case
PLAIN_BYTES_PER_KEY = 200  # while Python resolves a partition, measured


@dataclass(frozen=True)
class Duplicates:
    """`bases` are the records before each range, `records` is the number of all; a record that is dropped gets the
    decision `code`."""

    workspace: Path
    step: int
    keep: Keep
    code: int
    bases: list[int]
    records: int
    explain: bool
    memory: int
    native: bool

    def prepare(self) -> None:
        """Make the file of the rows that records repeat, full length, before processes share it."""
        if self.explain:
            make_duplicate_file(self.workspace, self.records)

    def mark(self, partitions: range, report: Callable[[Progressed], None]) -> int:
        """Resolve some partitions; returns the number of records that they drop."""
        most = self._most_keys(partitions)
        left = self.memory - BYTES_PER_KEY * most if self.native else 0
        room = max(left, self.memory // _SHARE)
        with ExitStack() as stack:
            marks = Marks(self.workspace, self.records, explain=self.explain, most=room)
            stack.enter_context(closing(marks))
            if not self.native:
                return sum(self._marked(partition, marks, report) for partition in partitions)
            resolver = Resolver(self.keep, self.code, most, marks.decisions, marks.repeated)
            stack.enter_context(closing(resolver))
            return sum(self._resolve(partition, resolver, marks, report) for partition in partitions)

    def _most_keys(self, partitions: range) -> int:
        """Those of the largest partition: of all of its records or, where these are too many and so repeat, of as many
        as the memory holds."""
        largest = max(sum(map(held, self._files(partition))) for partition in partitions)
        return max(1, min(largest, self.memory // BYTES_PER_KEY))

    def _resolve(self, partition: int, resolver: Resolver, marks: Marks, report: Callable[[Progressed], None]) -> int:
        """Decide about a partition, some entries at a time, in the order of the file or in the reverse order."""
        dropped, back = 0, self.keep == "last"
        resolver.begin()
        ranges = list(zip(self.bases, self._files(partition), strict=True))
        for base, path in reversed(ranges) if back else ranges:
            for entries in stretches(path, back=back):
                for few in (entries,) if marks.fits else _few(entries, back=back):
                    some = resolver.decide(few, base)
                    if some is None:
                        raise OutOfMemory("The keys of this dedup or unique take more memory than a task may have.")
                    dropped += some
                    marks.trim()
                report((0, 0, 0))
        return dropped

    def _files(self, partition: int) -> list[Path]:
        return [key_file(self.workspace, self.step, number, partition) for number in range(len(self.bases))]

    def _crowded(self, partition: int) -> bool:
        """Whether a partition has more records than fit into the memory.

        Partitions are sized to fit, so the keys of such a one repeat.
        """
        return sum(map(held, self._files(partition))) * PLAIN_BYTES_PER_KEY > self.memory

    def _marked(self, partition: int, marks: Marks, report: Callable[[Progressed], None]) -> int:
        """Decide about a partition without the kernel."""
        dropped = 0
        found = self._repeats_in_crowd if self._crowded(partition) else self._repeats
        for pairs in found(partition, report):
            for row, of in pairs:
                marks.decisions[row] = self.code
                if row != of:
                    marks.repeats(row, of)
            dropped += len(pairs)
            marks.trim()
            report((0, 0, 0))
        return dropped

    def _repeats_in_crowd(
        self, partition: int, report: Callable[[Progressed], None]
    ) -> Iterator[list[tuple[int, int]]]:
        """The rows of a partition that go, each with the one it repeats, in two passes over its files. Memory: its
        distinct keys."""
        leaders: dict[int, int] = {}
        again: set[int] = set()
        for keys, rows in self._keys(partition, report):
            for key, row in zip(keys, rows, strict=True):
                if key in leaders and self.keep == "none":
                    again.add(key)
                elif key not in leaders or self.keep == "last":
                    leaders[key] = row
        for keys, rows in self._keys(partition, report):
            found = ((key, row, leaders[key]) for key, row in zip(keys, rows, strict=True))
            yield [(row, of) for key, row, of in found if (key in again if self.keep == "none" else of != row)]

    def _keys(self, partition: int, report: Callable[[Progressed], None]) -> Iterator[tuple[list[int], list[int]]]:
        """The keys of a partition with their rows in the whole file, some at a time, each in one number."""
        for base, path in zip(self.bases, self._files(partition), strict=True):
            for first, second, rows in frames(path):
                for start in range(0, len(rows), _SOME):
                    pairs = zip(first[start : start + _SOME], second[start : start + _SOME], strict=True)
                    report((0, 0, 0))
                    yield [(a << 64) ^ b for a, b in pairs], [base + row for row in rows[start : start + _SOME]]

    def _repeats(self, partition: int, _: Callable[[Progressed], None]) -> Iterator[list[tuple[int, int]]]:
        """The same of a partition that fits the memory."""
        first, second, rows = self._load(partition)
        dropped, leaders = repeats(first, second, self.keep)
        for start in range(0, len(dropped), _SOME):
            some = zip(dropped[start : start + _SOME], leaders[start : start + _SOME], strict=True)
            yield [(rows[index], rows[leader]) for index, leader in some]

    def _load(self, partition: int) -> tuple[array[int], array[int], array[int]]:
        """Digests and rows of one partition over all ranges in order."""
        (first, second, rows), *others = map(load, self._files(partition))
        for base, more in zip(self.bases[1:], others, strict=True):
            first += more[0]
            second += more[1]
            rows.extend(base + row for row in more[2])
        return first, second, rows


def _few(entries: bytes, *, back: bool) -> Iterator[memoryview]:
    """Some of the entries at a time, from the first or from the last ones on."""
    view = memoryview(entries)
    places = range(0, len(view), ENTRY * _FEW)
    for place in reversed(places) if back else places:
        yield view[place : place + ENTRY * _FEW]
