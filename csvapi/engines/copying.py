"""The last pass of a run that ends with dedup or unique: copy what stays, without looking at records again.

The first pass has left where each record ends. One pass over the file; memory: a few thousand records' ends, a block.
"""

from __future__ import annotations

import os
from array import array
from dataclasses import replace
from itertools import compress
from typing import TYPE_CHECKING

from csvapi.engines.fates import fate_file, stop_file
from csvapi.engines.passes import GOES, STAYS, Found, RangePass
from csvapi.operations.keyed import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csvapi.csvio.sink import Sink
    from csvapi.engines.pool import Progressed

_RECORDS = 1 << 13  # handled together
_BYTES = 1 << 20  # read at once


def copy(last: RangePass, report: Callable[[Progressed], None]) -> Found:
    """What `last` would do, where no step is left: its first records as it does, for the sample, then bytes."""
    at, place = 0, last.bounds[0]
    if getattr(last.plan.built[last.begin - 1], "sampled", False):
        at, place = _behind_sample(last)
    found = replace(last, bounds=(last.bounds[0], place)).run(report)
    with last.plan.source.path.open("rb", buffering=0) as source:
        for fates, stops in _records(last, at):
            if last.output:
                _copy(source.fileno(), _runs(fates.translate(STAYS), stops, place), last.output)
            if last.dropped:
                _copy(source.fileno(), _runs(fates.translate(GOES), stops, place), last.dropped)
            kept = fates.count(0)
            found.kept += kept
            report((stops[-1] - place, len(fates), kept))
            place = stops[-1]
    return found


def _records(last: RangePass, at: int) -> Iterator[tuple[bytes, array[int]]]:
    """The fates and the ends of the records from `at` on, some at a time."""
    with (
        fate_file(last.workspace, last.number).open("rb") as fates,
        stop_file(last.workspace, last.number).open("rb") as ends,
    ):
        fates.seek(at)
        ends.seek(8 * at)
        while some := fates.read(_RECORDS):
            yield some, array("Q", ends.read(8 * len(some)))


def _behind_sample(last: RangePass) -> tuple[int, int]:
    """The record behind the first kept ones, and where it begins."""
    at, place, wanted = 0, last.bounds[0], SAMPLE
    for fates, stops in _records(last, 0):
        wanted -= fates.count(0)
        at, place = at + len(fates), stops[-1]
        if wanted <= 0:
            break
    return at, place


def _runs(mask: bytes, stops: array[int], begin: int) -> list[tuple[int, int]]:
    """Where the records that lie together and whose byte in `mask` is 1 begin and end."""
    here, before = (int.from_bytes(each, "little") for each in (mask, b"\0" + mask))
    edges = (here ^ before).to_bytes(len(mask) + 1, "little")
    places = list(compress((begin, *stops), edges))
    return list(zip(places[::2], places[1::2], strict=True))


def _copy(source: int, runs: list[tuple[int, int]], sink: Sink) -> None:
    """Read what lies between the first and the last run, if it is not too much, and write the runs."""
    if not runs:
        return
    first, last = runs[0][0], runs[-1][1]
    if last - first <= _BYTES:
        data = os.pread(source, last - first, first)
        sink.write_all([data[begin - first : end - first] for begin, end in runs])
    elif len(runs) > 1:
        _copy(source, runs[: len(runs) // 2], sink)
        _copy(source, runs[len(runs) // 2 :], sink)
    else:
        for place in range(first, last, _BYTES):
            sink.write(os.pread(source, min(_BYTES, last - place), place))
