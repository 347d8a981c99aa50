"""A join with a second file that no machine reads as a whole: both files by partitions of the digests of their keys.

Each range of the second file is spread over partitions; of each partition an index is made, which answers the keys that
all ranges of the first file gave to it (see `spill.answers`); what was answered to a range is read with its records.

Memory: as for the index of one partition on one machine. Disk: the keys and texts of a range or a partition, and the
answers to a range.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from csvapi.csvio.disk import disk_budget
from csvapi.engines.cluster.job import Answered, Indexed, Ranges, named, packed_sizes
from csvapi.engines.cluster.run_objects import ended, table
from csvapi.spill.answers import answer_file
from csvapi.spill.native_index import RemoteIndex
from csvapi.spill.native_index_writer import NativeHashIndexWriter
from csvapi.spill.workspace import Workspace
from csvapi.steps.lookup import MOST_TEXTS, Lookup

if TYPE_CHECKING:
    from csvapi.engines.cluster.context import WorkContext
    from csvapi.engines.cluster.functions import Done
    from csvapi.engines.cluster.job import Range
    from csvapi.spill.native_index import NativeHashIndex

_SHARE = 8  # by this the memory is divided for what is sorted at once: a worker keeps some of what it had before


def index(context: WorkContext, number: int, at: Range) -> Done:
    """A range of the second file of the step that pass `number` asks for: its keys and texts, as one object."""
    name = f"index-{number}/{named(at)}"
    if done := context.objects.last(name):
        return done, False
    lookup = lookup_of(context, number)
    with writer_of(context, lookup, "index") as writer:
        lookup.second_index.fill(writer, writer.workspace, at)
        files = [file for pair in writer.parts() for file in pair]
    indexed = Indexed(lookup.second.counter.census, packed_sizes(file.stat().st_size for file in files))
    end = context.folder / "end"
    end.write_bytes(ended(indexed))
    context.objects.upload(name, *files, end)
    return indexed, True


def answer(context: WorkContext, number: int, partition: int) -> Done:
    """What the second file has for the keys of a partition that all ranges of the first one gave in pass `number`."""
    name = f"answer-{number}/{partition}"
    if done := context.objects.last(name):
        return done, False
    lookup, found = lookup_of(context, number), _index(context, number, partition)
    most = 1 if lookup.one else MOST_TEXTS
    places, bounds, sizes = table(context.objects, f"keys-{number}"), context.ranges.bounds, []
    with context.objects.writing(name) as target:
        for place, at in enumerate(bounds):
            start, stop = places[place * (lookup.partitions + 1) + partition :][:2]
            asked = context.objects.read(f"scan-{number}/{named(at)}", start, stop)
            sizes.append(sum(target.write(answers) for answers in found.answer(asked, most)))
        answered = Answered(found.repeated, packed_sizes(sizes))
        target.write(ended(answered))
    return answered, True


def put_answers(context: WorkContext, number: int, at: Range, name: int) -> None:
    """Fetch what was answered to a range in pass `number`, for a pass over it, which calls it `name`."""
    step, count = context.passes[number].end, len(context.ranges.bounds)
    places, place = table(context.objects, f"answers-{number}"), context.ranges.bounds.index(at)
    lookup = lookup_of(context, number)
    for partition in range(lookup.partitions):
        start, stop = places[partition * (count + 1) + place :][:2]
        data = context.objects.read(f"answer-{number}/{partition}", start, stop)
        with disk_budget(len(data)):
            answer_file(context.folder, step, name, partition).write_bytes(data)
    assert isinstance(lookup.index, RemoteIndex)  # noqa: S101  it asked
    lookup.index.of = partial(_index, context, number)


def _index(context: WorkContext, number: int, partition: int) -> NativeHashIndex:
    """The index of a partition of the second file, the same whoever makes it."""
    if (number, partition) in context.indexes:
        return context.indexes[number, partition]
    second, places = context.objects.record(f"second-{number}"), table(context.objects, f"indexes-{number}")
    assert isinstance(second, Ranges)  # noqa: S101  by its name
    lookup = lookup_of(context, number)
    count = 2 * lookup.partitions + 1
    with writer_of(context, lookup, f"index-{number}-{partition}") as writer:
        for place, at in enumerate(second.bounds):
            start, middle, stop = places[place * count + 2 * partition :][:3]
            data = memoryview(bytearray(context.objects.read(f"index-{number}/{named(at)}", start, stop)))
            if middle > start:
                writer.add_part(data[: middle - start], data[middle - start :])
        context.indexes[number, partition] = writer.finish()
    return context.indexes[number, partition]


def lookup_of(context: WorkContext, number: int) -> Lookup:
    """The step that pass `number` asks for."""
    return cast("Lookup", context.plan.built[context.passes[number].end])


def writer_of(context: WorkContext, lookup: Lookup, name: str) -> NativeHashIndexWriter:
    """What makes an index of keys in the partitions of a step."""
    workspace = Workspace(context.folder, context.options.memory, native=True)
    return NativeHashIndexWriter(workspace, name, share=_SHARE, secret=lookup.secret, partitions=lookup.partitions)
