"""The end of a full join by partitions: the records of the second file that no record of the first one matches.

For each partition it is known which keys of the second file the first one has, a byte for each in the order in which
the ranges of the second file gave them. Each of these ranges is read once more, and writes the records without a match.

Memory: as for the index of one partition; a byte for each record of a range. Disk: 28 bytes for each key that the first
file has in a partition.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, BinaryIO, cast

from csvapi.csvio.sink import Sink
from csvapi.engines.cluster.job import Ranges, Rest, named
from csvapi.engines.cluster.joining import lookup_of, writer_of
from csvapi.engines.cluster.run_objects import table
from csvapi.native.joining import LENGTH
from csvapi.native.keys import DIGEST, digests_of
from csvapi.native.partitions import ENTRY
from csvapi.steps.growth import some

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.csvio.batch import Batch
    from csvapi.engines.cluster.context import WorkContext
    from csvapi.engines.cluster.functions import Done
    from csvapi.engines.cluster.job import Range
    from csvapi.spill.native_index import NativeHashIndex
    from csvapi.steps.unmatched import Unmatched

_TEXTS = 32  # texts that are made of a record besides its cells
_FIRST_BITS = 64  # of a digest, by which keys are spread


def match(context: WorkContext, number: int, partition: int) -> Done:
    """Which keys of a partition of the second file of the step that pass `number` asks for the first file has."""
    name = f"matched-{number}/{partition}"
    if context.objects.there(name):
        return None, False
    first = _first(context, number, partition)
    with context.objects.writing(name) as target:
        spans = zip(*_entries(context, number, partition), strict=True)
        for at, span in zip(_second(context, number).bounds, spans, strict=True):
            target.write(first.has(_digests(context.objects.read(f"index-{number}/{named(at)}", *span))))
    return None, True


def rest(context: WorkContext, number: int, at: Range) -> Done:
    """What no record of the first file matches of a range of the second one, as one part of the output."""
    name = f"rest/{named(at)}"
    if done := context.objects.record(name):
        return done, False
    second, step = _second(context, number), cast("Unmatched", lookup_of(context, number))
    place = second.bounds.index(at)
    flags = [_matched(context, number, place, partition) for partition in range(step.partitions)]
    row, count = second.rows[place], 0
    with context.objects.writing(f"part/rest-{named(at)}") as part:
        sink = Sink(cast("BinaryIO", part), hashed=False)
        for batch in step.second.batches(bounds=at):
            for few in some(batch, _TEXTS + len(step.after.columns)):
                lines = _unmatched(step, few, row, flags)
                sink.write(b"".join(lines))
                row, count = row + len(few), count + len(lines)
        sink.settle()
    done = Rest(count, sink.size)
    context.objects.put(name, done)
    return done, True


def _unmatched(step: Unmatched, batch: Batch, row: int, flags: Sequence[Iterator[int]]) -> list[bytes]:
    keys, lines = step.made(batch, row)
    asked = [key for key in keys if key is not None]
    digests, shift = bytearray(DIGEST * len(asked)), _FIRST_BITS - (len(flags).bit_length() - 1)
    digests_of(asked, step.secret, digests)
    halves = iter(memoryview(digests).cast("Q")[::2])
    return [
        line for key, line in zip(keys, lines, strict=True) if key is None or not next(flags[next(halves) >> shift])
    ]


def _first(context: WorkContext, number: int, partition: int) -> NativeHashIndex:
    """The keys of a partition that the first file has, as an index without texts."""
    lookup, places = lookup_of(context, number), table(context.objects, f"keys-{number}")
    with writer_of(context, lookup, f"first-{number}-{partition}") as writer:
        for place, at in enumerate(context.ranges.bounds):
            start, stop = places[place * (lookup.partitions + 1) + partition :][:2]
            entries = array("Q", context.objects.read(f"scan-{number}/{named(at)}", start, stop))
            entries[2::3] = array("Q", bytes(8 * (len(entries) // 3)))  # all have one text, which is empty
            writer.add_part(memoryview(entries).cast("B"), memoryview(bytes(LENGTH)))
        return writer.finish()


def _digests(entries: bytes) -> memoryview:
    words, found = memoryview(entries).cast("Q"), array("Q", bytes(DIGEST * (len(entries) // ENTRY)))
    found[::2], found[1::2] = array("Q", words[::3]), array("Q", words[1::3])
    return memoryview(found).cast("B")


def _matched(context: WorkContext, number: int, place: int, partition: int) -> Iterator[int]:
    """For each key that a range of the second file gave to a partition, in its order, whether the first file has it."""
    starts, stops = _entries(context, number, partition)
    first = (sum(stops[:place]) - sum(starts[:place])) // ENTRY
    count = (stops[place] - starts[place]) // ENTRY
    return iter(context.objects.read(f"matched-{number}/{partition}", first, first + count))


def _entries(context: WorkContext, number: int, partition: int) -> tuple[memoryview, memoryview]:
    """Where the entries of a partition begin and end in the objects of each range of the second file."""
    places, count = table(context.objects, f"indexes-{number}"), 2 * lookup_of(context, number).partitions + 1
    return places[2 * partition :: count], places[2 * partition + 1 :: count]


def _second(context: WorkContext, number: int) -> Ranges:
    second = context.objects.record(f"second-{number}")
    assert isinstance(second, Ranges)  # noqa: S101  by its name
    return second
