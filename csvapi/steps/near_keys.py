"""The warning that records of two files did not match although their keys are equal but for case or spaces."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from csvapi.steps.folding import folded_row
from csvapi.steps.near_values import named
from csvapi.steps.params import IGNORABLE
from csvapi.steps.remarks import Remark, Sighting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from csvapi.csvio.batch import Batch, Cell
    from csvapi.csvio.byte_dialect import ByteDialect

MOST = 2_000  # first records of either file that are looked at
LARGEST = 1 << 24  # bytes of a second file: larger ones may be read by no machine of a cluster as a whole
_RANGES = 64  # the first ones, among which the first records of the file are; each remembers up to MOST places
_LONGEST = 500  # bytes of a key: of longer ones nothing is said

Key = tuple["Cell", ...]


@dataclass(slots=True)
class FirstRecords(Remark):
    """Of what each range met, the warning is about the first records of the file, however it is cut."""

    def reported(self) -> Sighting:
        """See `Remark.reported`."""
        spots = [spot for spot in self.seen.spots if spot.row < MOST]
        return Sighting(len(spots), 0, spots)


@dataclass
class NearKeys:
    """The keys of the first records of the second file as `known`, without regard to case and spaces; those of the
    first file are looked up there; `exact` are the same keys as they are compared. `more` counts the records that are
    still to be known; `looks` says whether the first records of the file may be in this range."""

    byte_dialect: ByteDialect
    remark: Remark
    known: dict[Key, str] = field(default_factory=dict)
    exact: set[bytes] = field(default_factory=set)
    more: int = MOST
    looks: bool = False

    @classmethod
    def of(cls, columns: Sequence[str], byte_dialect: ByteDialect) -> NearKeys:
        """Where these are the key columns of the first file."""
        known: dict[Key, str] = {}
        describe = partial(_describe, byte_dialect, known)
        remark = FirstRecords("near_duplicates", describe, columns[0] if len(columns) == 1 else None, MOST)
        return cls(byte_dialect, remark, known)

    def begin(self, number: int) -> None:
        """Begin a range, of that number from 0 or 1 on."""
        self.looks = number <= _RANGES

    def know(self, batch: Batch, positions: Sequence[int], exact: Callable[[list[Cell]], bytes | None]) -> None:
        """Take the next records of the second file, whose keys are at these positions; `exact` is what their cells are
        compared as."""
        if self.more > 0:
            few = batch.part(0, self.more)
            for _, cells, key in _keys(few, positions):
                self.known.setdefault(key, named(cells, batch.byte_dialect))
                self.exact.add(exact([*cells]) or b"")
            self.more -= len(few)

    @property
    def whole(self) -> bool:
        """Whether all keys of the second file are known."""
        return self.more > 0

    def look(self, batch: Batch, positions: Sequence[int], found: Callable[[list[list[bytes]]], list[bool]]) -> None:
        """Look up the next records of the first file; `found` says which of some keys the second file has as they
        are."""
        if not self.looks or not len(batch):
            return
        few = batch.part(0, bisect_left(batch.rows, MOST))
        self.looks = len(few) == len(batch)  # all that follow have greater rows
        near = [(row, cells) for row, cells, key in _keys(few, positions) if key in self.known] if len(few) else []
        apart = [each for each, there in zip(near, found([cells for _, cells in near]), strict=True) if not there]
        places = [(row, self.byte_dialect.delimiter.join(cells)) for row, cells in apart]
        self.remark.add(0, len(places), places)


def _keys(batch: Batch, positions: Sequence[int]) -> Iterator[tuple[int, list[bytes], Key]]:
    """The row, the cells and what is looked up of each record that has a key, unless it is a very long one."""
    for row, cells in zip(batch.rows, zip(*map(batch.column, positions), strict=True), strict=True):
        if None not in cells and any(cells) and sum(map(len, cells)) <= _LONGEST:
            key = tuple(folded_row(cells, batch.byte_dialect, IGNORABLE))
            if any(key):
                yield row, list(cells), key


def _describe(byte_dialect: ByteDialect, known: dict[Key, str], seen: Sighting) -> tuple[str, str]:
    verb = "matches" if seen.count == 1 else "match"
    cells = (seen.spots[0].value or b"").split(byte_dialect.delimiter)
    there = known.get(tuple(folded_row(cells, byte_dialect, IGNORABLE)))
    like = f", such as {named(cells, byte_dialect)} and {there}" if there else ""
    noun = "record" if seen.count == 1 else "records"
    detail = f"{seen.count} {noun} {verb} nothing, but would without regard to case and spaces{like}"
    return detail, '"ignore": ["case", "space"] takes them for equal'
