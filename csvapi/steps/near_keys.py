"""The warning that records of two files did not match although their keys are equal but for case or spaces."""

from __future__ import annotations

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

MOST = 2_000  # records that are looked at of the second file, and of each range of the first
_LONGEST = 500  # bytes of a key: of longer ones nothing is said

Key = tuple["Cell", ...]


@dataclass
class NearKeys:
    """The keys of the first records of the second file as `known`, without regard to case and spaces; those of the
    first file are looked up there; `exact` are the same keys as they are compared. `more` and `left` count the records
    of either that are still to be looked at."""

    byte_dialect: ByteDialect
    remark: Remark
    known: dict[Key, str] = field(default_factory=dict)
    exact: set[bytes] = field(default_factory=set)
    more: int = MOST
    left: int = 0

    @classmethod
    def of(cls, columns: Sequence[str], byte_dialect: ByteDialect) -> NearKeys:
        """Where these are the key columns of the first file."""
        known: dict[Key, str] = {}
        describe = partial(_describe, byte_dialect, known)
        return cls(byte_dialect, Remark("near_duplicates", describe, columns[0] if len(columns) == 1 else None), known)

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
        if self.left > 0:
            few = batch.part(0, self.left)
            near = [(row, cells) for row, cells, key in _keys(few, positions) if key in self.known]
            apart = [each for each, there in zip(near, found([cells for _, cells in near]), strict=True) if not there]
            first = [(row, self.byte_dialect.delimiter.join(cells)) for row, cells in apart[:1]]
            self.remark.add(len(few), len(apart), first)
            self.left -= len(few)


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
    detail = f"{seen.count} of {seen.of} records {verb} nothing, but would without regard to case and spaces{like}"
    return detail, '"ignore": ["case", "space"] takes them for equal'
