"""The functions that run on the machines of a cluster, each over one range or one partition: the local engine's pass.

Each reads the bucket and writes to the bucket, may be done twice, and does nothing where what it writes last is there.
They give what a driver has to know, and whether they did the work.
"""

from __future__ import annotations

import zlib
from contextlib import ExitStack
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from csvapi.csvio.disk import disk_budget
from csvapi.csvio.locations import Location, spans_of
from csvapi.csvio.sink import Sink
from csvapi.engines.cluster import records
from csvapi.engines.cluster.job import Gathered, Reasons, Scanned, Sorted, Written, named, number_of, packed_sizes
from csvapi.engines.cluster.joining import put_answers
from csvapi.engines.cluster.lengths import packed
from csvapi.engines.cluster.ranking import put_ranked
from csvapi.engines.cluster.run_objects import ended, table
from csvapi.engines.cluster.slices import LONGEST, MOST_KEYS, PIECE
from csvapi.engines.local.copy_survivors import copy
from csvapi.engines.local.decisions import decision_file, duplicate_file, join, length_file
from csvapi.engines.local.explain import explain_records
from csvapi.engines.local.range_pass import RangePass
from csvapi.engines.local.strategy import locates
from csvapi.engines.locating import located
from csvapi.errors import ObjectMissing
from csvapi.native.marking import PLACE, mark
from csvapi.spill.key_files import key_file
from csvapi.spill.record_sort import CHUNKS, NativeSortedRuns, items
from csvapi.spill.workspace import Workspace
from csvapi.steps.gathering import Sorter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from csvapi.engines.cluster.context import WorkContext
    from csvapi.engines.cluster.job import Range
    from csvapi.engines.local.processes import Progressed
    from csvapi.engines.local.range_result import Found
    from csvapi.steps.asking import Asker

Done = tuple[Any, bool]


def scan(context: WorkContext, number: int, at: Range) -> Done:
    """Pass `number`, a keyed one or one that asks, over a range: its decisions and its keys, as one object."""
    name = f"scan-{number}/{named(at)}"
    if done := context.objects.last(name):
        return done, False
    this, keys = context.passes[number], dict[str, Any]()
    if this.what == "ask":
        step, asker = this.end, cast("Asker", context.plan.built[this.end])
        partitions, keys = asker.partitions, {"asker": asker}
    else:
        step, partitions = this.end - 1, context.job.partitions
        keys = {"partitions": partitions, "secret": context.job.secret, "short": True}
    locate = not number and locates(context.plan, context.options)
    one = _pass(context, number, at, **keys, locate=locate, remember=True)
    found = one.run(_unheard)
    join(context.folder, [one.number])
    decisions = zlib.compress(decision_file(context.folder).read_bytes(), 1)
    lengths = packed(length_file(context.folder, one.number).read_bytes()) if one.locate else []
    scanned = Scanned(found, len(decisions), b"", tuple(map(len, lengths)))
    rest = *lengths, decisions
    if isinstance(found.gathered, NativeSortedRuns):
        return _put_ranked(context, name, scanned, rest), True
    files = [key_file(context.folder, step, one.number, each) for each in range(partitions)]
    scanned = replace(scanned, keys=packed_sizes(file.stat().st_size for file in files))
    context.objects.upload(name, *files, _rest(context.folder, *rest, ended(scanned)))
    return scanned, True


def _put_ranked(context: WorkContext, name: str, scanned: Scanned, rest: Sequence[bytes]) -> Scanned:
    """The same of keys with ranks."""
    runs, scanned.found.gathered = cast("NativeSortedRuns", scanned.found.gathered), None
    workspace = Workspace(context.folder, context.options.memory // 8 * 7, native=True)
    with context.objects.writing(name) as out:
        sizes = packed_sizes(put_ranked(out, runs, workspace, context.job.partitions))
        scanned = replace(scanned, keys=sizes, longest=runs.longest)
        for piece in (*rest, ended(scanned)):
            out.write(piece)
    return scanned


def _rest(folder: Path, *pieces: bytes) -> Path:
    """A file of what an object has after others."""
    rest = folder / "rest"
    with rest.open("wb") as file, disk_budget(sum(map(len, pieces))):
        file.writelines(pieces)
    return rest


def write(context: WorkContext, number: int, at: Range) -> Done:
    """Pass `number`, the last one, over a range: its part of the outputs, and what it counted."""
    name = f"write/{named(at)}"
    if done := context.objects.record(name):
        return done, False
    wanted, writes = context.job.asides, not context.plan.gatherer
    with ExitStack() as stack:
        files = [
            stack.enter_context(context.objects.writing(f"{folder}/{named(at)}")) if is_one else BytesIO()
            for folder, is_one in (("part", writes), ("dropped", wanted))
        ]
        sink, others = (Sink(cast("BinaryIO", file), hashed=False) for file in files)
        one = _pass(context, number, at, output=sink, dropped=others if wanted else None, remember=wanted or number > 0)
        found = copy(one, _unheard) if number and _put_lengths(context, one) else one.run(_unheard)
        sink.settle()
        others.settle()
    gatherer = context.plan.gatherer
    if isinstance(gatherer, Sorter):
        _put_sorted(context, gatherer, at, found)
    elif gatherer:
        _put_gathered(context, at, found)
    if wanted:
        join(context.folder, [one.number])
        decided = zlib.compress(decision_file(context.folder).read_bytes(), 1)
        context.objects.bucket.put(f"{context.objects.prefix}decided/{named(at)}", decided)
    written = Written(found, sink.size, others.size)
    context.objects.put(name, written)
    return written, True


def _put_lengths(context: WorkContext, one: RangePass) -> bool:
    """Write how long the records are, where the first pass left that: then they need only be copied."""
    lengths = context.lengths(one.bounds)
    if lengths is None:
        return False
    with disk_budget(len(lengths)):
        length_file(context.folder, one.number).write_bytes(lengths)
    return True


def _put_gathered(context: WorkContext, at: Range, found: Found) -> None:
    """Write what was gathered, which goes to the driver by the bucket."""
    state, files = records.packed(found.gathered)
    found.gathered = None
    names, sizes = (tuple(file.name for file in files), tuple(file.stat().st_size for file in files))
    gathered = _rest(context.folder, ended(Gathered(state, names, sizes)))
    context.objects.upload(f"gathered/{named(at)}", *files, gathered)


def _put_sorted(context: WorkContext, sorter: Sorter, at: Range, found: Found) -> None:
    """Write the records of the range in the order of their keys, from memory if it has room for them, with an index of
    the keys."""
    state, found.gathered = found.gathered, None
    runs = sorter.runs(state)
    least = max(PIECE, runs.taken // MOST_KEYS)
    keys, starts, size = list[bytes](), list[int](), 0
    # pieces begin with an item, and are as long as this memory makes them
    workspace = Workspace(context.folder, least * CHUNKS, native=True)
    with context.objects.writing(f"sorted/{named(at)}") as out:
        for piece in items([runs], workspace, whole=True):
            if not starts or size - starts[-1] >= least:
                keys.append(bytes(piece[8 : 8 + min(int.from_bytes(piece[:4], "little"), LONGEST)]))
                starts.append(size)
            out.write(piece)
            size += len(piece)
        out.write(ended(Sorted(size, runs.longest, tuple(keys), tuple(starts), sorter.counted(state))))


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


def _put_leaders(context: WorkContext, passes: int, at: Range, count: int) -> None:
    """For each record the row of the one that stays for it, where the local engine has it."""
    leaders, unused = bytearray(PLACE * count), bytearray(count)
    for number in range(passes):
        for rows, of in context.marks(number, at) if context.passes[number].what == "keys" else ():
            mark(rows, 1, unused, of, leaders)
    duplicate_file(context.folder).write_bytes(leaders)


def _pass(context: WorkContext, number: int, at: Range, **more: Any) -> RangePass:
    this = context.passes[number]
    name = number_of(context.job, at)  # other ranges' files come into one folder with this one's
    if this.begin:
        decision_file(context.folder).write_bytes(context.decisions(number - 1, at))
    if number:
        more["even"] = context.even(at)
        if context.passes[number - 1].what == "keys":
            more["stayed"] = table(context.objects, f"stayed-{number - 1}")[context.ranges.bounds.index(at)]
    for earlier, each in enumerate(context.passes[:number]):
        if each.what == "ask" and this.begin <= each.end < this.end:
            put_answers(context, earlier, at, name)
    if isinstance(context.plan.gatherer, Sorter):  # it uploads what is in order from its memory
        more["crosses"] = False
    place = (name, at, this.begin, this.end)
    memory = context.options.memory // 8 * 7  # the rest is for what is uploaded meanwhile
    return RangePass(context.plan, context.options, context.folder, *place, memory=memory, **more)


def _unheard(_: Progressed) -> None:
    """Nobody listens while a function runs: its driver sees that it ends."""
