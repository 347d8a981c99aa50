"""Between two passes of a step that keeps records by rank: the keys of a range in order, and the records that go.

A range has its entries (see `spill.ranked_keys`) in the order of keys and ranks, so that those of a partition, whose
keys have the same first bits, lie together. A partition is merged from all ranges; the records that are not the first
of their key are put in the order of the file.

Memory: as the local engine's merge, and of each range in turn the records that go. Disk: the entries of a range or of a
partition, and 36 bytes for each record of a partition that goes.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from csvapi.engines.cluster.job import Marked, named, number_of, packed_sizes
from csvapi.engines.cluster.run_objects import ended, table
from csvapi.native.entries import LaterEntries
from csvapi.spill.record_sort import NativeSortedRuns, in_order, items
from csvapi.spill.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from csvapi.engines.cluster.bucket import Writer
    from csvapi.engines.cluster.context import WorkContext
    from csvapi.native.sorting import Block
    from csvapi.spill.record_sort import Piece

_WORDS = 9  # of 4 bytes of an item of `LaterEntries`: two lengths, origin and row as they order, row, leader


def put_ranked(out: Writer, runs: NativeSortedRuns, workspace: Workspace, partitions: int) -> list[int]:
    """Write the entries of a range in order, with their keys; the bytes of each partition."""
    runs.free()
    shares = (runs.share(number, partitions) for number in range(partitions))
    return [sum(map(out.write, items([share], workspace, whole=True) if runs.files else ())) for share in shares]


def mark_ranked(context: WorkContext, number: int, partition: int) -> Marked:
    """See `marking.mark`: the same of the entries that the ranges gave."""
    workspace = Workspace(context.folder, context.options.memory // 2, native=True)  # merging, and what it leaves
    later = _later(context, number, partition, workspace)
    bounds = context.ranges.bounds
    places = {number_of(context.job, at): place for place, at in enumerate(bounds)}
    sizes, dropped = [0] * len(bounds), 0
    with context.objects.writing(f"mark-{number}/{partition}") as target:
        for origin, found in groupby(_stretches(items([later], workspace, whole=True)), itemgetter(0)):
            rows, leaders = array("I"), array("I")
            for _, some, of in found:
                rows += some
                leaders += of
            dropped += len(rows)
            sizes[places[origin]] = target.write(rows.tobytes() + (leaders.tobytes() if context.job.asides else b""))
        marked = Marked(dropped, packed_sizes(sizes))
        target.write(ended(marked))
    return marked


def _later(context: WorkContext, number: int, partition: int, workspace: Workspace) -> NativeSortedRuns:
    """The records of a partition that go, in the order of the file."""
    entries = _entries(context, number, partition, workspace)
    bases = [0] * (len(context.job.bounds) + 1)
    for at, row in zip(context.ranges.bounds, context.ranges.rows, strict=False):
        bases[number_of(context.job, at)] = row
    later, found = LaterEntries(bases), NativeSortedRuns(workspace, "later")
    for some in in_order([entries], workspace) if entries.files else ():
        _put(some, later, found)
    return found


def _put(entries: bytes, later: LaterEntries, found: NativeSortedRuns) -> None:
    at = 0

    def put(block: Block) -> bool:
        nonlocal at
        at = later.put(entries, block, at)
        return at == len(entries)

    found.fill(put)


def _entries(context: WorkContext, number: int, partition: int, workspace: Workspace) -> NativeSortedRuns:
    """What all ranges gave to a partition, each in its order, on disk."""
    runs, places = NativeSortedRuns(workspace, "entries"), table(context.objects, f"keys-{number}")
    runs.free()
    (runs.longest,) = table(context.objects, f"longest-{number}")
    for place, at in enumerate(context.ranges.bounds):
        start, stop = places[place * (context.job.partitions + 1) + partition :][:2]
        if start < stop:
            runs.files.append(context.folder / f"entries-{place}")
            context.objects.fetch(f"scan-{number}/{named(at)}", start, stop, runs.files[-1])
    return runs


def _stretches(pieces: Iterable[Piece]) -> Iterator[tuple[int, array[int], array[int]]]:
    """Of records that go, in order: some of one origin, their rows there, and in two halves each the rows in the file,
    from 1, of those that stay for them."""
    for piece in pieces:
        words = array("I", bytes(piece))
        origins, rows, leaders = words[2::_WORDS], words[5::_WORDS], array("I", bytes(len(words) // _WORDS * 8))
        leaders[::2], leaders[1::2] = words[7::_WORDS], words[8::_WORDS]
        origins.byteswap()
        start = 0
        while start < len(origins):
            stop = bisect_right(origins, origins[start], start)
            yield origins[start], rows[start:stop], leaders[2 * start : 2 * stop]
            start = stop
