"""Between two passes of a keyed step: one partition of its keys over all ranges, and the records that go.

Memory: for each record of the partition a place in the table of digests, its row, and where reasons are wanted two rows
more. The records of a partition are numbered in the order of the file, so that nothing is as long as the file.
"""

from __future__ import annotations

from array import array
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, repeat
from operator import add
from typing import TYPE_CHECKING, cast

from csvapi.engines.cluster.context import ended, offsets, table
from csvapi.engines.cluster.job import Marked, named
from csvapi.errors import OutOfMemory
from csvapi.native.duplicates import BYTES_PER_KEY, Resolver
from csvapi.native.partitions import ENTRY

if TYPE_CHECKING:
    from csvapi.engines.cluster.context import WorkContext
    from csvapi.engines.cluster.functions import Done
    from csvapi.steps.selecting import KeyedSelector

_ENTRY_NUMBERS = 3  # of 8 bytes: a digest takes two, the last one is the row


def mark(context: WorkContext, number: int, partition: int) -> Done:
    """Resolve a partition of the keys of pass `number`: which records go, by range, as one object."""
    name = f"mark-{number}/{partition}"
    if done := context.objects.last(name):
        return done, False
    found = _Partition.read(context, number, partition)
    marked = [found.marked(each) for each in range(len(found.rows))]
    result = Marked(found.decisions.count(1), tuple(map(len, marked)))
    context.objects.bucket.put(context.objects.prefix + name, b"".join(marked) + ended(result))
    return result, True


@dataclass
class _Partition:
    """`rows` are those of each range, of which `bases` others come before; `leaders` the numbers, from 1, of the
    records that stay for others."""

    before: tuple[int, ...]
    rows: list[array[int]]
    bases: list[int]
    decisions: bytearray
    leaders: bytearray | None

    @classmethod
    def read(cls, context: WorkContext, number: int, partition: int) -> _Partition:
        places, bounds = table(context.objects, f"keys-{number}"), context.ranges.bounds
        count = context.job.partitions + 1
        spans = [(places[place], places[place + 1]) for place in range(partition, len(bounds) * count, count)]
        bases = offsets(tuple((stop - start) // ENTRY for start, stop in spans))
        total = bases[-1]
        leaders = bytearray(8 * total) if context.job.asides else None
        found = cls(context.ranges.rows, [array("I")] * len(spans), bases, bytearray(total), leaders)
        keep = cast("KeyedSelector", context.plan.built[context.passes[number].end - 1]).retain
        most = max(1, min(total, context.options.memory // BYTES_PER_KEY))
        order = range(len(spans))
        with closing(Resolver(keep, 1, most, found.decisions, leaders)) as resolver:
            resolver.begin()
            for each in reversed(order) if keep == "last" else order:
                entries = array("q", context.objects.read(f"scan-{number}/{named(bounds[each])}", *spans[each]))
                found.rows[each] = array("I", entries[2::_ENTRY_NUMBERS])
                entries[2::_ENTRY_NUMBERS] = array("q", range(len(found.rows[each])))
                if resolver.decide(entries, bases[each]) is None:
                    raise OutOfMemory("The keys of this dedup or unique take more memory than a task may have.")
        return found

    def marked(self, each: int) -> bytes:
        """The rows of a range that go and, where reasons are wanted, the rows in the file that stay for them."""
        span = slice(*self.bases[each : each + 2])
        goes = self.decisions[span]
        rows = array("I", compress(self.rows[each], goes)).tobytes()
        if self.leaders is None:
            return rows
        leaders = compress(memoryview(self.leaders).cast("Q")[span], goes)
        return rows + array("Q", [self._in_file[of - 1] if of else 0 for of in leaders]).tobytes()

    @cached_property
    def _in_file(self) -> array[int]:
        """The row in the file, from 1, of each record of the partition."""
        found = array("Q")
        for rows, before in zip(self.rows, self.before, strict=False):
            found.extend(map(add, rows, repeat(before + 1)))
        return found
