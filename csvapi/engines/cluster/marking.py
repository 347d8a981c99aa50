"""Between two passes of a keyed step: one partition of its keys over all ranges, and the records that go.

Memory: for each record of the partition a place in the table of digests, its row, and where reasons are wanted two rows
more. The records of a partition are numbered in the order of the file, so that nothing is as long as the file.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from csvapi.engines.cluster.job import Marked, named, packed_sizes
from csvapi.engines.cluster.ranking import mark_ranked
from csvapi.engines.cluster.run_objects import ended, offsets, table
from csvapi.errors import OutOfMemory
from csvapi.native.duplicates import BYTES_PER_KEY, Resolver
from csvapi.native.marking import PLACE, SHORT, PartitionRows

if TYPE_CHECKING:
    from csvapi.engines.cluster.context import WorkContext
    from csvapi.engines.cluster.functions import Done
    from csvapi.steps.selecting import KeyedSelector


def mark(context: WorkContext, number: int, partition: int) -> Done:
    """Resolve a partition of the keys of pass `number`: which records go, by range, as one object."""
    name = f"mark-{number}/{partition}"
    if done := context.objects.last(name):
        return done, False
    if cast("KeyedSelector", context.plan.built[context.passes[number].end - 1]).ranked:
        return mark_ranked(context, number, partition), True
    found = _Partition.read(context, number, partition)
    marked = [found.marked(first, last) for first, last in pairwise(found.bases)]
    result = Marked(found.decisions.count(1), packed_sizes(map(len, marked)))
    context.objects.bucket.put(context.objects.prefix + name, b"".join(marked) + ended(result))
    return result, True


@dataclass
class _Partition:
    """`bases` are the records of the partition before each range, and all of them; `leaders` the numbers, from 1, of
    those that stay for others."""

    rows: PartitionRows
    bases: list[int]
    decisions: bytearray
    leaders: bytearray | None

    @classmethod
    def read(cls, context: WorkContext, number: int, partition: int) -> _Partition:
        places, bounds = table(context.objects, f"keys-{number}"), context.ranges.bounds
        count = context.job.partitions + 1
        spans = [(places[place], places[place + 1]) for place in range(partition, len(bounds) * count, count)]
        bases = offsets(tuple((stop - start) // SHORT for start, stop in spans))
        total, reasons = bases[-1], context.job.asides
        rows = PartitionRows(total, placed=reasons)
        found = cls(rows, bases, bytearray(total), bytearray(PLACE * total) if reasons else None)
        keep = cast("KeyedSelector", context.plan.built[context.passes[number].end - 1]).retain
        most = max(1, min(total, context.options.memory // BYTES_PER_KEY))
        order = range(len(spans))
        with closing(Resolver(keep, 1, most, found.decisions, found.leaders)) as resolver:
            resolver.begin()
            for each in reversed(order) if keep == "last" else order:
                short = context.objects.read(f"scan-{number}/{named(bounds[each])}", *spans[each])
                if resolver.decide(rows.numbered(short, bases[each], context.ranges.rows[each]), bases[each]) is None:
                    raise OutOfMemory("The keys of this dedup or unique take more memory than a task may have.")
        return found

    def marked(self, first: int, last: int) -> bytes:
        """The rows of a range that go and, where reasons are wanted, the rows in the file that stay for them."""
        rows, leaders = self.rows.marked(self.decisions, self.leaders, first, last)
        return rows.tobytes() + leaders.tobytes()
