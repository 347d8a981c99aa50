"""The last pass of a run that ends with dedup or unique: copy what stays, without looking at records again.

The first pass has left where each record ends. One pass over the file; memory: a few thousand records' ends, a block.
"""

from __future__ import annotations

import os
from array import array
from dataclasses import replace
from itertools import compress
from typing import TYPE_CHECKING

from csvapi.engines.local.decisions import fate_file, stop_file
from csvapi.engines.local.range_pass import STAYS, RangePass
from csvapi.engines.local.range_result import Found
from csvapi.steps.keyed import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csvapi.csvio.sink import Sink
    from csvapi.engines.local.processes import Progressed

Runs = list[tuple[int, int]]  # where they begin and end

_RECORDS = 1 << 12  # handled together
_BYTES = 1 << 20  # read at once


def copy(last: RangePass, report: Callable[[Progressed], None]) -> Found:
    """What `last` would do, where no step is left: its first records as it does, for the sample, then bytes."""
    at, place = 0, last.bounds[0]
    if getattr(last.plan.built[last.begin - 1], "sampled", False):
        at, place = _behind_sample(last)
    found = replace(last, bounds=(last.bounds[0], place)).run(report)
    with last.plan.source.path.open("rb", buffering=0) as source:
        for fates, stops in _records(last, at, place):
            kept = _runs(fates.translate(STAYS), stops, place)
            wanted = [(kept, last.output)] if last.output else []
            if last.dropped:
                wanted.append((_between(kept, place, stops[-1]), last.dropped))
            _copy(source.fileno(), place, stops[-1], wanted)
            found.kept += fates.count(0)
            report((stops[-1] - place, len(fates), fates.count(0)))
            place = stops[-1]
    return found


def _records(last: RangePass, at: int, place: int) -> Iterator[tuple[bytes, array[int]]]:
    """The fates and the ends of the records from `at` on, which begins at `place`, some at a time."""
    with (
        fate_file(last.workspace, last.number).open("rb") as fates,
        stop_file(last.workspace, last.number).open("rb") as ends,
    ):
        fates.seek(at)
        ends.seek(8 * at)
        while some := fates.read(_RECORDS):
            stops = array("Q", ends.read(8 * len(some)))
            yield from _readable(some, stops, place)
            place = stops[-1]


def _readable(fates: bytes, stops: array[int], begin: int) -> Iterator[tuple[bytes, array[int]]]:
    """As few parts as can be read at once; or single records."""
    half = len(fates) // 2
    if not half or stops[-1] - begin <= _BYTES:
        yield fates, stops
    else:
        yield from _readable(fates[:half], stops[:half], begin)
        yield from _readable(fates[half:], stops[half:], stops[half - 1])


def _behind_sample(last: RangePass) -> tuple[int, int]:
    """The record behind the first kept ones, and where it begins."""
    at, place, wanted = 0, last.bounds[0], SAMPLE
    for fates, stops in _records(last, at, place):
        wanted -= fates.count(0)
        at, place = at + len(fates), stops[-1]
        if wanted <= 0:
            break
    return at, place


def _runs(mask: bytes, stops: array[int], begin: int) -> Runs:
    """Where the records that lie together and whose byte in `mask` is 1 begin and end."""
    here, before = (int.from_bytes(each, "little") for each in (mask, b"\0" + mask))
    edges = (here ^ before).to_bytes(len(mask) + 1, "little")
    places = list(compress((begin, *stops), edges))
    return list(zip(places[::2], places[1::2], strict=True))


def _between(runs: Runs, begin: int, end: int) -> Runs:
    """What is in none of the runs."""
    gaps = zip((begin, *(run[1] for run in runs)), (*(run[0] for run in runs), end), strict=True)
    return [(first, last) for first, last in gaps if first < last]


def _copy(source: int, begin: int, end: int, wanted: list[tuple[Runs, Sink]]) -> None:
    """Read what is not too much, at once, and write the runs each sink wants of it."""
    if end - begin <= _BYTES:
        data = os.pread(source, end - begin, begin)
        for runs, sink in wanted:
            sink.write_all([data[first - begin : last - begin] for first, last in runs])
        return
    for runs, sink in wanted:
        for first, last in runs:
            for place in range(first, last, _BYTES):
                sink.write(os.pread(source, min(_BYTES, last - place), place))
