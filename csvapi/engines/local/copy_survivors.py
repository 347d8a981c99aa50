"""The last pass of a run that ends with dedup or unique: copy what stays, without looking at records again.

The first pass has left how long each record is. One pass over the file; memory: a few thousand records' lengths, and
what is read at once.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, compress
from typing import TYPE_CHECKING

from csvapi.engines.local.decisions import GOES, LENGTH, STAYS, decision_file, length_file
from csvapi.engines.local.range_pass import RangePass
from csvapi.engines.local.range_result import Found
from csvapi.engines.local.written_records import WrittenRecords
from csvapi.native import copying
from csvapi.native.memory import Memory
from csvapi.steps.selecting import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csvapi.csvio.sink import Sink
    from csvapi.engines.local.processes import Progressed

_RECORDS = 1 << 13  # handled together
_BYTES = 1 << 20  # read at once


@dataclass
class _Some:
    """Records that lie together from byte `start` on: the decisions about them, and how long they are."""

    start: int
    decisions: bytes
    lengths: array[int]

    @cached_property
    def size(self) -> int:
        return sum(self.lengths)

    @property
    def stop(self) -> int:
        return self.start + self.size

    def readable(self) -> Iterator[_Some]:
        """The survivors as runs of records that lie together, each small enough to be read at once; or as single
        records."""
        half = len(self.decisions) // 2
        if not half or self.size <= _BYTES:
            yield self
        else:
            first = _Some(self.start, self.decisions[:half], self.lengths[:half])
            yield from first.readable()
            yield from _Some(first.stop, self.decisions[half:], self.lengths[half:]).readable()


def copy(last: RangePass, report: Callable[[Progressed], None]) -> Found:
    """Do what the pass `last` would do, now that every record is decided: parse the first kept records for the sample,
    and copy the bytes of all others."""
    at, place = 0, last.bounds[0]
    wanted = max(last.plan.compares(last.begin), SAMPLE if last.plan.samples(last.begin) else 0)
    if wanted:
        at, place = _behind_sample(last, wanted)
    found = replace(last, bounds=(last.bounds[0], place)).run(report)
    copier = _Native() if last.options.native else _Plain()
    written = WrittenRecords(last.output, found.places if last.single else None)
    with last.plan.source.sized(place, last.bounds[1]) as read:
        for some in _records(last, at, place):
            if some.size <= _BYTES:
                _copy_some(read(some.size), some, last, copier)
            else:
                _copy_one(read, some, last)
            kept = some.decisions.count(0)
            written.note(kept, kept)
            found.kept += kept
            report((some.size, len(some.decisions), kept))
    found.places = written.places
    return found


def _records(last: RangePass, at: int, place: int) -> Iterator[_Some]:
    """The records from number `at` on, which begins at `place`, some at a time."""
    with (
        decision_file(last.workspace).open("rb") as decisions,
        length_file(last.workspace, last.number).open("rb") as ends,
    ):
        decisions.seek(last.base + at)
        ends.seek(LENGTH * at)
        while lengths := array("I", ends.read(LENGTH * _RECORDS)):
            some = _Some(place, decisions.read(len(lengths)), lengths)
            yield from some.readable()
            place = some.stop


def _behind_sample(last: RangePass, wanted: int) -> tuple[int, int]:
    """The number of the record after the first kept ones, and the byte at which it begins."""
    at, place = 0, last.bounds[0]
    for some in _records(last, at, place):
        wanted -= some.decisions.count(0)
        at, place = at + len(some.decisions), some.stop
        if wanted <= 0:
            break
    return at, place


def _copy_some(text: bytes, some: _Some, last: RangePass, copier: _Native | _Plain) -> None:
    for sink, others in ((last.output, False), (last.dropped, True)):
        if sink:
            copier.copy(text, some, sink, others=others)


def _copy_one(read: Callable[[int], bytes], record: _Some, last: RangePass) -> None:
    sink = last.dropped if any(record.decisions) else last.output
    for place in range(record.start, record.stop, _BYTES):
        text = read(min(_BYTES, record.stop - place))
        if sink:
            sink.write(text)


class _Native:
    """Copies by the kernel."""

    def __init__(self) -> None:
        self.out = Memory(_BYTES).view

    def copy(self, text: bytes, some: _Some, sink: Sink, *, others: bool) -> None:
        """Write the records that stay, or the others."""
        done = copying.gather_lengths(text, some.lengths, self.out, some.decisions, others=others)
        sink.write_now(self.out[: done.copied])


class _Plain:
    """Copies slices, one for all records that lie together."""

    def copy(self, text: bytes, some: _Some, sink: Sink, *, others: bool) -> None:
        """Write the records that stay, or the others."""
        mask = some.decisions.translate(GOES if others else STAYS)
        here, before = (int.from_bytes(each, "little") for each in (mask, b"\0" + mask))
        edges = (here ^ before).to_bytes(len(mask) + 1, "little")
        places = list(compress(accumulate(some.lengths, initial=0), edges))
        sink.write_all([text[first:last] for first, last in zip(places[::2], places[1::2], strict=True)])
