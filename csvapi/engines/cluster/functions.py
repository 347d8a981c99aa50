"""The functions that run on the machines of a cluster, each over one range or one partition: the local engine's pass.

Each reads the bucket and writes to the bucket, may be done twice, and does nothing where what it writes last is there.
They give what a driver has to know, and whether they did the work.
"""

from __future__ import annotations

import shutil
import zlib
from typing import TYPE_CHECKING, Any

from csvapi.csvio.disk import disk_budget
from csvapi.csvio.locations import Location, spans_of
from csvapi.csvio.sink import Sink
from csvapi.engines.cluster.context import ended
from csvapi.engines.cluster.job import Gathered, Reasons, Scanned, Sorted, Written, named, number_of
from csvapi.engines.cluster.records import packed
from csvapi.engines.cluster.slices import LONGEST, MOST_KEYS, PIECE
from csvapi.engines.local.decisions import decision_file, duplicate_file, join
from csvapi.engines.local.explain import explain_records
from csvapi.engines.local.range_pass import RangePass
from csvapi.engines.locating import located
from csvapi.errors import ObjectMissing
from csvapi.spill.key_files import key_file
from csvapi.spill.record_sort import CHUNKS, items
from csvapi.spill.workspace import Workspace
from csvapi.steps.gathering import Sorter

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.engines.cluster.context import WorkContext
    from csvapi.engines.cluster.job import Range
    from csvapi.engines.local.processes import Progressed
    from csvapi.engines.local.range_result import Found

Done = tuple[Any, bool]


def scan(context: WorkContext, number: int, at: Range) -> Done:
    """Pass `number`, a keyed one, over a range: its decisions and its keys, as one object."""
    name = f"scan-{number}/{named(at)}"
    if done := context.objects.last(name):
        return done, False
    one = _pass(context, number, at, remember=True, partitions=context.job.partitions, secret=context.job.secret)
    found = one.run(_unheard)
    join(context.folder, [one.number])
    decisions = zlib.compress(decision_file(context.folder).read_bytes(), 1)
    keys = [key_file(context.folder, one.end - 1, one.number, each) for each in range(context.job.partitions)]
    scanned = Scanned(found, len(decisions), tuple(file.stat().st_size for file in keys))
    context.objects.upload(name, _joined(context.folder, keys, decisions + ended(scanned)))
    return scanned, True


def _joined(folder: Path, files: list[Path], end: bytes) -> Path:
    """The first of the files, with the others and the end behind it."""
    first, *others = files or [folder / "record"]
    with first.open("ab") as out:
        for file in others:
            with file.open("rb") as more, disk_budget(file.stat().st_size):
                shutil.copyfileobj(more, out)
            file.unlink()
        with disk_budget(len(end)):
            out.write(end)
    return first


def write(context: WorkContext, number: int, at: Range) -> Done:
    """Pass `number`, the last one, over a range: its part of the outputs, and what it counted."""
    name = f"write/{named(at)}"
    if done := context.objects.record(name):
        return done, False
    part, aside = context.folder / "part", context.folder / "dropped"
    with part.open("wb") as kept, aside.open("wb") as gone:
        sink, others = Sink(kept, hashed=False), Sink(gone, hashed=False)
        wanted = context.job.asides
        one = _pass(context, number, at, output=sink, dropped=others if wanted else None, remember=wanted or number > 0)
        found = one.run(_unheard)
        sink.settle()
        others.settle()
    gatherer = context.plan.gatherer
    if isinstance(gatherer, Sorter):
        _put_sorted(context, gatherer, at, found)
    elif gatherer:
        _put_gathered(context, at, found)
    else:
        context.objects.upload(f"part/{named(at)}", part)
    if wanted:
        join(context.folder, [one.number])
        context.objects.upload(f"dropped/{named(at)}", aside)
        decided = zlib.compress(decision_file(context.folder).read_bytes(), 1)
        context.objects.bucket.put(f"{context.objects.prefix}decided/{named(at)}", decided)
    written = Written(found, sink.size, others.size)
    context.objects.put(name, written)
    return written, True


def _put_gathered(context: WorkContext, at: Range, found: Found) -> None:
    """Write what was gathered, which goes to the driver by the bucket."""
    state, files = packed(found.gathered)
    found.gathered = None
    names, sizes = (tuple(file.name for file in files), tuple(file.stat().st_size for file in files))
    gathered = ended(Gathered(state, names, sizes))
    context.objects.upload(f"gathered/{named(at)}", _joined(context.folder, files, gathered))


def _put_sorted(context: WorkContext, sorter: Sorter, at: Range, found: Found) -> None:
    """Write the records of the range in the order of their keys, with an index of these."""
    state, found.gathered = found.gathered, None
    target = context.folder / "sorted"
    runs = sorter.runs(state)
    least = max(PIECE, sum(path.stat().st_size for path in runs.files) // MOST_KEYS)
    keys, starts, size = list[bytes](), list[int](), 0
    # pieces begin with an item, and are as long as this memory makes them
    workspace = Workspace(context.folder, least * CHUNKS, native=True)
    with target.open("wb") as out:
        for piece in items([runs], workspace, whole=True) if runs.files else ():
            if not starts or size - starts[-1] >= least:
                keys.append(bytes(piece[8 : 8 + min(int.from_bytes(piece[:4], "little"), LONGEST)]))
                starts.append(size)
            with disk_budget(len(piece)):
                out.write(piece)
            size += len(piece)
        end = ended(Sorted(size, runs.longest, tuple(keys), tuple(starts), sorter.counted(state)))
        with disk_budget(len(end)):
            out.write(end)
    context.objects.upload(f"sorted/{named(at)}", target)


def explain(context: WorkContext, number: int, at: Range) -> Done:
    """Why the records of a range went, when all passes are through; `number` is that of the last one."""
    name = f"reasons/{named(at)}"
    try:
        return Reasons(context.objects.bucket.look(context.objects.prefix + name)[0]), False
    except ObjectMissing:
        pass
    decided = context.objects.bucket.get(f"{context.objects.prefix}decided/{named(at)}") or b""
    decisions = zlib.decompress(decided)
    decision_file(context.folder).write_bytes(decisions)
    if number:
        _put_leaders(context, number, at, len(decisions))
    plan, place = context.plan, context.ranges.bounds.index(at)
    row, line = context.ranges.rows[place], context.ranges.lines[place]
    reasons, target = context.folder / "unlocated", context.folder / "reasons"
    with reasons.open("wb") as file:
        sink = Sink(file, hashed=False)
        explain_records(plan, context.folder, 0, len(decisions), row + 1, sink, _unheard)
        sink.settle()
    begin = Location(row + 1, plan.head.line + line, at[0])
    spans = iter(()) if context.job.stage else spans_of(plan.source, begin, at[1])  # what a stage left is no input
    located(reasons, spans, target, lambda: None, headed=False)
    context.objects.upload(name, target)
    return Reasons(target.stat().st_size), True


def _put_leaders(context: WorkContext, passes: int, at: Range, records: int) -> None:
    """For each record the row of the one that stays for it, where the local engine has it."""
    leaders = memoryview(bytearray(8 * records)).cast("Q")
    for number in range(passes):
        for rows, of in context.marks(number, at):
            for row, leader in zip(rows, of, strict=True):
                leaders[row] = leader
    duplicate_file(context.folder).write_bytes(leaders)


def _pass(context: WorkContext, number: int, at: Range, **more: Any) -> RangePass:
    this = context.passes[number]
    if number:
        decision_file(context.folder).write_bytes(context.decisions(number - 1, at))
        more["even"] = context.even(at)
    name = number_of(context.job, at)  # other ranges' files come into one folder with this one's
    place = (name, at, this.begin, this.end)
    return RangePass(context.plan, context.options, context.folder, *place, memory=context.options.memory, **more)


def _unheard(_: Progressed) -> None:
    """Nobody listens while a function runs: its driver sees that it ends."""
