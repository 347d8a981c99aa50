"""Which records a keyed pass drops, asked by those that decide after it."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from operator import sub
from typing import TYPE_CHECKING

from csvapi.engines.cluster.context import marks
from csvapi.engines.cluster.job import unpacked_sizes
from csvapi.native.marking import PLACE, ROW

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.engines.cluster.job import Job, Marked, Scanned
    from csvapi.engines.cluster.run_objects import RunObjects


def stayed_before(scans: Sequence[Scanned], marks: Sequence[Marked], step: int, job: Job) -> Iterator[int]:
    """How many records a keyed step left before each range, and in all."""
    size = ROW + PLACE * job.asides
    gone = (sum(rows) // size for rows in zip(*(unpacked_sizes(each.rows) for each in marks), strict=True))
    given = (each.found.counts[step].records_in for each in scans)
    return accumulate(map(sub, given, gone), initial=0)


@dataclass
class Goes:
    """Whether the record in a row of the file, from 0, goes by a keyed pass; the marks of the last range are kept."""

    objects: RunObjects
    job: Job
    number: int
    bases: Sequence[int]
    place: int = -1
    rows: list[array[int]] = field(default_factory=list)

    def __call__(self, row: int) -> bool:
        """Whether it goes. Rows in ascending order read each range's marks once."""
        place = bisect_right(self.bases, row) - 1
        if place != self.place:
            found = marks(self.objects, self.job, self.number, place, len(self.bases))
            self.place, self.rows = place, [array("I", rows) for rows, _ in found]
        return any(row - self.bases[place] in rows for rows in self.rows)
