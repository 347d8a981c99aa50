"""One range of keys of a sorted file: what each sorted range has of it, merged.

Memory: as the local engine's merge. Disk: what is merged.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING, BinaryIO, cast

from csvapi.csvio.sink import Sink
from csvapi.engines.cluster.job import Merged, SliceRow, named
from csvapi.engines.cluster.slices import LONGEST, behind
from csvapi.errors import TaskError
from csvapi.spill.record_sort import NativeSortedRuns, items
from csvapi.spill.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.engines.cluster.context import WorkContext
    from csvapi.engines.cluster.functions import Done
    from csvapi.engines.cluster.job import Slice
    from csvapi.engines.cluster.run_objects import RunObjects
    from csvapi.engines.cluster.slices import Border
    from csvapi.steps.gathering import Sorter

_LENGTHS = Struct("<II")  # of key and record, before each item


def merge(context: WorkContext, number: int, partition: int) -> Done:
    """Write the records of a range of keys in order, as one part of the output."""
    name = f"merged/{partition}"
    if done := context.objects.record(name):
        return done, False
    workspace = Workspace(context.folder, context.options.memory, native=True)
    runs = NativeSortedRuns(workspace, "slices")
    runs.free()
    row = _slice_row(context.objects, partition)
    for place, found in enumerate(row.slices):
        if found.start < found.stop:
            path = context.folder / f"slice-{place}"
            _Slice(context, place, found, row.lower, row.upper).fetch(path)
            if path.stat().st_size:
                runs.files.append(path)
                runs.longest = max(runs.longest, found.longest)
    sorter = cast("Sorter", context.plan.built[-1])
    with context.objects.writing(f"part/{partition}") as part:
        sink = Sink(cast("BinaryIO", part), hashed=False)
        for data in items([runs], workspace) if runs.files else ():
            sink.write(sorter.restored(bytes(data)))
        sink.settle()
    merged = Merged(sink.size)
    context.objects.put(name, merged)
    return merged, True


@dataclass
class _Slice:
    """What a sorted range has between two borders."""

    context: WorkContext
    place: int
    found: Slice
    lower: Border
    upper: Border | None

    def fetch(self, path: Path) -> None:
        """Write it to a file: of the pieces that the borders are in, the items between them."""
        objects, found = self.context.objects, self.found
        name, stop = f"sorted/{named(self.context.ranges.bounds[self.place])}", found.stop
        if self.upper is not None:
            stop = found.edge + self._cut(objects.read(name, found.edge, found.stop), self.upper)
        start = found.start + self._cut(objects.read(name, found.start, found.inner), self.lower)
        objects.fetch(name, start, stop, path)

    def _cut(self, piece: bytes, border: Border) -> int:
        """The place of the first item that belongs behind a border."""
        starts, at = [0], 0
        while at < len(piece):
            key, record = _LENGTHS.unpack_from(piece, at)
            at += _LENGTHS.size + key + record
            starts.append(at)

        def goes(start: int) -> bool:
            first = start + _LENGTHS.size
            key, _ = _LENGTHS.unpack_from(piece, start)
            return behind(piece[first : first + min(key, LONGEST)], self.place, border)

        return starts[bisect_left(starts, x=True, hi=len(starts) - 1, key=goes)]


def _slice_row(objects: RunObjects, partition: int) -> SliceRow:
    """Where the records of a range of keys are."""
    data = objects.record(f"slices/{partition}")
    if data is None:
        raise TaskError("The run has ended; nothing is left to do")
    assert isinstance(data, SliceRow)  # noqa: S101  by its name
    return data
