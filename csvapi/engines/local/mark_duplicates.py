"""Between two passes of a keyed step: read the partitions of its keys and mark the records that go."""

from __future__ import annotations

import sys
from bisect import bisect_right
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from csvapi.csvio.disk import disk_budget
from csvapi.engines.local.decisions import Shared, fate_file, twin_file
from csvapi.spill.duplicates import Keep, repeats
from csvapi.spill.key_files import frames, held, key_file, load

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from csvapi.engines.local.processes import Progressed


_SOME = 1 << 14  # keys that are looked at together
_BYTES_PER_KEY = 200  # while a partition is resolved, measured


@dataclass(frozen=True)
class Duplicates:
    """`bases` are the records before each range; a dropped record gets the fate `code`."""

    workspace: Path
    step: int
    keep: Keep
    code: int
    bases: list[int]
    records: list[int]
    explain: bool
    memory: int

    def prepare(self) -> None:
        """Make the files that hold a number per record, full length, before processes share them."""
        for number, count in enumerate(self.records):
            if self.explain:
                with disk_budget(), twin_file(self.workspace, number).open("ab") as file:
                    file.truncate(8 * count)

    def mark(self, partitions: range, report: Callable[[Progressed], None]) -> int:
        """Resolve some partitions; gives the number of records dropped."""
        with ExitStack() as stack:
            numbers = range(len(self.records))
            fates = [stack.enter_context(Shared(fate_file(self.workspace, n), self.records[n])) for n in numbers]
            twins: list[memoryview] = []
            if self.explain:
                for n in numbers:
                    shared = Shared(twin_file(self.workspace, n), 8 * self.records[n])
                    twins.append(stack.enter_context(shared))
            total = 0
            for partition in partitions:
                if self.crowded(partition, _BYTES_PER_KEY):
                    total += self.mark_crowd(partition, fates, partial(_put, twins), partial(report, (0, 0, 0)))
                else:
                    total += self._mark(partition, fates, twins)
                report((0, 0, 0))
            return total

    def crowded(self, partition: int, each: int) -> bool:
        """Whether a partition has more records than fit into the memory at `each` bytes for one.

        Partitions are sized to fit, so the keys of such a one repeat.
        """
        files = [key_file(self.workspace, self.step, number, partition) for number in range(len(self.records))]
        return sum(map(held, files)) * each > self.memory

    def mark_crowd(
        self,
        partition: int,
        fates: Sequence[Any] | Mapping[int, Any],
        put: Callable[[int, int, int], None],
        alive: Callable[[], None],
    ) -> int:
        """Resolve a partition in two passes over its file. Memory: its distinct keys. `put` takes the range and the row
        in it of a record that goes, and the row of the one that it repeats in the whole file, from 1."""
        leaders: dict[int, tuple[int, int]] = {}
        repeated: set[int] = set()
        for number, keys, rows in self._frames(partition, alive):
            for key, row in zip(keys, rows, strict=True):
                if key in leaders and self.keep == "none":
                    repeated.add(key)
                elif key not in leaders or self.keep == "last":
                    leaders[key] = number, row
        dropped = 0
        for number, keys, rows in self._frames(partition, alive):
            for key, row in zip(keys, rows, strict=True):
                leader = leaders[key]
                if key in repeated if self.keep == "none" else leader != (number, row):
                    fates[number][row] = self.code
                    dropped += 1
                    if self.explain and leader != (number, row):
                        put(number, row, self.bases[leader[0]] + leader[1] + 1)
        return dropped

    def _frames(self, partition: int, alive: Callable[[], None]) -> Iterator[tuple[int, list[int], array[int]]]:
        """The keys of a partition with their rows, some at a time, each in one number."""
        for number in range(len(self.records)):
            for first, second, rows in frames(key_file(self.workspace, self.step, number, partition)):
                for start in range(0, len(rows), _SOME):
                    pairs = zip(first[start : start + _SOME], second[start : start + _SOME], strict=True)
                    alive()
                    yield number, [(a << 64) ^ b for a, b in pairs], rows[start : start + _SOME]

    def _mark(self, partition: int, fates: list[memoryview], twins: list[memoryview]) -> int:
        first, second, rows, sizes = self._load(partition)
        dropped, leaders = repeats(first, second, self.keep)
        ends = list(accumulate(sizes))
        ranges = _range_of(dropped, ends)
        for index, number in zip(dropped, ranges, strict=True):
            fates[number][rows[index]] = self.code
        if self.explain:
            pairs = zip(dropped, ranges, leaders, _range_of(leaders, ends), strict=True)
            for index, number, leader, home in pairs:
                if index != leader:
                    row = self.bases[home] + rows[leader] + 1
                    at = 8 * rows[index]
                    twins[number][at : at + 8] = row.to_bytes(8, sys.byteorder)
        return len(dropped)

    def _load(self, partition: int) -> tuple[array[int], array[int], array[int], list[int]]:
        """Digests and rows of one partition over all ranges in order, and how many each range has."""
        first, second, rows = load(key_file(self.workspace, self.step, 0, partition))
        sizes = [len(rows)]
        for number in range(1, len(self.records)):
            more = load(key_file(self.workspace, self.step, number, partition))
            first += more[0]
            second += more[1]
            rows += more[2]
            sizes.append(len(more[2]))
        return first, second, rows, sizes


def _put(twins: list[memoryview], number: int, row: int, of: int) -> None:
    twins[number][8 * row : 8 * row + 8] = of.to_bytes(8, sys.byteorder)


def _range_of(indexes: list[int], ends: list[int]) -> list[int]:
    if len(ends) == 1:
        return [0] * len(indexes)
    return [bisect_right(ends, index) for index in indexes]
