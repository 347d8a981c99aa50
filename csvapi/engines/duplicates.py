"""Between two passes of a keyed step: read the partitions of its keys and mark the records that go."""

from __future__ import annotations

import sys
from bisect import bisect_right
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from csvapi.csvio.resolve import Keep, repeats
from csvapi.csvio.spill import disk_budget, key_file, load
from csvapi.engines.fates import Shared, fate_file, twin_file

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable
    from pathlib import Path

    from csvapi.engines.pool import Progressed


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
                total += self._mark(partition, fates, twins)
                report((0, 0, 0))
            return total

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


def _range_of(indexes: list[int], ends: list[int]) -> list[int]:
    if len(ends) == 1:
        return [0] * len(indexes)
    return [bisect_right(ends, index) for index in indexes]
