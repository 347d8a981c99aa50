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
from csvapi.spill.native_index import empty_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from csvapi.csvio.batch import Batch
    from csvapi.engines.cluster.context import WorkContext
    from csvapi.engines.cluster.functions import Done
    from csvapi.engines.cluster.job import Range
    from csvapi.spill.native_index import NativeHashIndex
    from csvapi.steps.unmatched import Unmatched

_FIRST_BITS = 64  # of a digest, by which keys are spread
_SOME = ENTRY << 19  # bytes of entries that are looked for at once


def match(context: WorkContext, number: int, partition: int) -> Done:
    """Which keys of a partition of the second file of the step that pass `number` asks for the first file has."""
    name = f"matched-{number}/{partition}"
    if context.objects.there(name):
        return None, False
    first = _first(context, number, partition)
    with context.objects.writing(name) as target:
        spans = zip(*_entries(context, number, partition), strict=True)
        for at, (start, stop) in zip(_second(context, number).bounds, spans, strict=True):
            for some in range(start, stop, _SOME):
                entries = context.objects.read(f"index-{number}/{named(at)}", some, min(some + _SOME, stop))
                target.write(first.has(_digests(entries)))
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
        for batch in step.second.batches(native=True, bounds=at):
            for text in step.written(batch, _unmatched(step, batch, flags), row):
                text.write_to(sink)
                count += len(text)
        sink.settle()
    done = Rest(count, sink.size)
    context.objects.put(name, done)
    return done, True


def _unmatched(step: Unmatched, batch: Batch, flags: Sequence[Iterator[int]]) -> bytes:
    """For each record of a batch a byte: 1 for one that no record of the first file matches."""
    shift = _FIRST_BITS - (len(flags).bit_length() - 1)
    return bytes(half is None or not next(flags[half >> shift]) for half in _halves(step, batch))


def _halves(step: Unmatched, batch: Batch) -> Iterable[int | None]:
    """The first half of each key's digest, None for a key that nothing matches."""
    if alike := step.alike(batch):
        found = alike.digests(step.right, step.secret).without(empty_digest(alike, step.right, step.secret))
        halves = array("Q", found.found.tobytes())[::2]
        return (
            halves
            if found.kept is None
            else (half if kept else None for half, kept in zip(halves, found.kept, strict=True))
        )
    keys = step.keys_of(batch)
    asked = [key for key in keys if key is not None]
    digests = bytearray(DIGEST * len(asked))
    digests_of(asked, step.secret, digests)
    made = iter(memoryview(digests).cast("Q")[::2])
    return (None if key is None else next(made) for key in keys)


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
