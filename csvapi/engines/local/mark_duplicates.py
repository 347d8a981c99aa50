"""Between two passes of a keyed step: read the partitions of its keys and mark the records to drop."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvapi.engines.local.decisions import Shared, decision_file, duplicate_file
from csvapi.errors import OutOfMemory
from csvapi.native.duplicates import BYTES_PER_KEY, Resolver
from csvapi.spill.duplicates import Keep, repeats
from csvapi.spill.key_files import frames, held, key_file, load, stretches

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from csvapi.engines.local.processes import Progressed

_SOME = 1 << 14  # keys that are looked at together
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
            Shared(duplicate_file(self.workspace), 8 * self.records).__exit__(None, None, None)

    def mark(self, partitions: range, report: Callable[[Progressed], None]) -> int:
        """Resolve some partitions; returns the number of records that they drop."""
        with ExitStack() as stack:
            decisions = stack.enter_context(Shared(decision_file(self.workspace), self.records))
            repeated = None
            if self.explain:
                repeated = stack.enter_context(Shared(duplicate_file(self.workspace), 8 * self.records))
            total = 0
            resolver = None
            if self.native:
                resolver = stack.enter_context(closing(self._resolver(partitions, decisions, repeated)))
            for partition in partitions:
                if resolver:
                    total += self._resolve(partition, resolver, report)
                    continue
                crowd = self._crowded(partition)
                total += (self._mark_crowd if crowd else self._mark)(partition, decisions, repeated, report)
                report((0, 0, 0))
            return total

    def _resolver(self, partitions: range, decisions: memoryview, repeated: memoryview | None) -> Resolver:
        """A table for the keys of the largest partition: of all of its records or, where these are too many and so
        repeat, of as many as the memory holds."""
        largest = max(sum(map(held, self._files(partition))) for partition in partitions)
        most = max(1, min(largest, self.memory // BYTES_PER_KEY))
        return Resolver(self.keep, self.code, most, decisions, repeated)

    def _resolve(self, partition: int, resolver: Resolver, report: Callable[[Progressed], None]) -> int:
        """Decide about a partition, some entries at a time, in the order of the file or in the reverse order."""
        dropped, back = 0, self.keep == "last"
        resolver.begin()
        ranges = list(zip(self.bases, self._files(partition), strict=True))
        for base, path in reversed(ranges) if back else ranges:
            for entries in stretches(path, back=back):
                some = resolver.decide(entries, base)
                if some is None:
                    raise OutOfMemory("The keys of this dedup or unique take more memory than a task may have.")
                dropped += some
                report((0, 0, 0))
        return dropped

    def _files(self, partition: int) -> list[Path]:
        return [key_file(self.workspace, self.step, number, partition) for number in range(len(self.bases))]

    def _crowded(self, partition: int) -> bool:
        """Whether a partition has more records than fit into the memory.

        Partitions are sized to fit, so the keys of such a one repeat.
        """
        return sum(map(held, self._files(partition))) * PLAIN_BYTES_PER_KEY > self.memory

    def _mark_crowd(
        self,
        partition: int,
        decisions: memoryview,
        repeated: memoryview | None,
        report: Callable[[Progressed], None],
    ) -> int:
        """Resolve a partition in two passes over its files. Memory: its distinct keys."""
        leaders: dict[int, int] = {}
        again: set[int] = set()
        for keys, rows in self._keys(partition, report):
            for key, row in zip(keys, rows, strict=True):
                if key in leaders and self.keep == "none":
                    again.add(key)
                elif key not in leaders or self.keep == "last":
                    leaders[key] = row
        dropped = 0
        for keys, rows in self._keys(partition, report):
            for key, row in zip(keys, rows, strict=True):
                leader = leaders[key]
                if key in again if self.keep == "none" else leader != row:
                    decisions[row] = self.code
                    dropped += 1
                    if repeated is not None and leader != row:
                        _put(repeated, row, leader)
        return dropped

    def _keys(self, partition: int, report: Callable[[Progressed], None]) -> Iterator[tuple[list[int], list[int]]]:
        """The keys of a partition with their rows in the whole file, some at a time, each in one number."""
        for base, path in zip(self.bases, self._files(partition), strict=True):
            for first, second, rows in frames(path):
                for start in range(0, len(rows), _SOME):
                    pairs = zip(first[start : start + _SOME], second[start : start + _SOME], strict=True)
                    report((0, 0, 0))
                    yield [(a << 64) ^ b for a, b in pairs], [base + row for row in rows[start : start + _SOME]]

    def _mark(
        self, partition: int, decisions: memoryview, repeated: memoryview | None, _: Callable[[Progressed], None]
    ) -> int:
        first, second, rows = self._load(partition)
        dropped, leaders = repeats(first, second, self.keep)
        for index in dropped:
            decisions[rows[index]] = self.code
        if repeated is not None:
            for index, leader in zip(dropped, leaders, strict=True):
                if index != leader:
                    _put(repeated, rows[index], rows[leader])
        return len(dropped)

    def _load(self, partition: int) -> tuple[array[int], array[int], array[int]]:
        """Digests and rows of one partition over all ranges in order."""
        (first, second, rows), *others = map(load, self._files(partition))
        for base, more in zip(self.bases[1:], others, strict=True):
            first += more[0]
            second += more[1]
            rows.extend(base + row for row in more[2])
        return first, second, rows


def _put(repeated: memoryview, row: int, of: int) -> None:
    repeated[8 * row : 8 * row + 8] = (of + 1).to_bytes(8, sys.byteorder)
