"""How often each value of a column occurs, by the kernel: counted in a table, beyond it sorted by value and added up.

Memory: a table of an eighth of the budget and a sorter of a quarter for each range; then the sorter that ranks them,
and the buffers of what is merged, of a quarter each.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from csvapi.csvio.indexed import IndexedBatch
from csvapi.native.cells import cells
from csvapi.native.grouping import Groups, Stop, put_counts
from csvapi.native.keys import new_secret
from csvapi.native.profiling import EACH, ValueCounter
from csvapi.spill.record_sort import NativeSortedRuns, items
from csvapi.steps.sort_keys import text_key
from csvapi.steps.writing import records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.csvio.batch import Batch
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.native.sorting import Block
    from csvapi.spill.record_sort import Piece
    from csvapi.spill.workspace import Workspace

_FEWEST, _MOST_VALUES = 16, 1 << 22  # of a table
_KNOWN = 4096  # counts whose lines the kernel makes
_FIGURES = b"0123456789."


class ValueCounts:
    """The counts of one range. An absent field counts as an empty one."""

    def __init__(self, workspace: Workspace, number: int, position: int) -> None:
        self.position, self.total = position, 0
        self._runs = NativeSortedRuns(replace(workspace, memory=workspace.memory // 4), f"counts-{number}")
        most = min(max(workspace.memory // 8 // EACH, _FEWEST), _MOST_VALUES)
        self._counter = ValueCounter(most, new_secret())

    def add(self, batch: Batch) -> None:
        """Count the values of a batch."""
        self.total += len(batch)
        if isinstance(batch, IndexedBatch):
            self._count(batch)
        else:
            self._put(Counter(cell or b"" for cell in batch.column(self.position)))

    def _count(self, batch: IndexedBatch) -> None:
        done, index = 0, batch.index
        while (done := self._counter.add(index, self.position, batch.kept, done)) < len(index):
            if len(self._counter):
                self._empty_table()
            else:  # a cell that no table has room for
                mask = bytearray(len(index))
                mask[done] = 1
                self._put(Counter(cells(index, self.position, bytes(mask))))
                done += 1

    def _put(self, counted: Counter[bytes]) -> None:
        self._runs.add([*map(text_key, counted)], [count.to_bytes(8, "little") for count in counted.values()])

    def _empty_table(self) -> None:
        at = 0

        def put(block: Block) -> bool:
            nonlocal at
            at = put_counts(self._counter, block, at)
            return at == len(self._counter)

        self._runs.fill(put)
        empty = self._counter.clear()
        if empty:
            self._put(Counter({b"": empty}))

    def close(self, *, shared: bool) -> tuple[NativeSortedRuns, int]:
        """The counts, and of how many records they are; `shared` if they cross to another process."""
        self._empty_table()
        if shared:
            self._runs.free()
        return self._runs, self.total


class Ranking:
    """The lines of all values, those of greater counts first, equal ones in the order of their values.

    A line is the value, its count and its share of the `total`. `distinct` counts the values.
    """

    def __init__(self, byte_dialect: ByteDialect, total: int, workspace: Workspace) -> None:
        self.byte_dialect, self.total, self.distinct = byte_dialect, total, 0
        self.workspace = replace(workspace, memory=workspace.memory // 4)
        self._runs = NativeSortedRuns(self.workspace, "ranks")
        marks = byte_dialect.delimiter + byte_dialect.quote + byte_dialect.escape
        tail = byte_dialect.dialect.line_end.encode()
        known = 0 if set(marks) & set(_FIGURES) else min(_KNOWN, total)
        ends = [
            b"".join((byte_dialect.delimiter, byte_dialect.delimiter.join(self._figures(n)), tail))
            for n in range(1, known + 1)
        ]
        self._groups = Groups(marks + b"\r\n", ends)

    def _figures(self, count: int) -> tuple[bytes, bytes]:
        return b"%d" % count, b"%.6f" % (count / self.total)

    def add(self, parts: Sequence[NativeSortedRuns]) -> None:
        """Add up the counts of all ranges."""
        for piece in items(parts, self.workspace, whole=True):
            self._add(piece, final=False)
        self._add(b"", final=True)
        self.distinct += self._groups.lines

    def _add(self, piece: Piece, *, final: bool) -> None:
        at, stop = 0, Stop.ODD

        def put(block: Block) -> bool:
            nonlocal at, stop
            at, stop = self._groups.add(piece, block, at, final=final)
            return stop != Stop.FULL

        while stop == Stop.ODD:
            self._runs.fill(put)
            if stop == Stop.ODD:
                self._odd(*self._groups.odd())

    def _odd(self, value: bytes, count: int) -> None:
        """A value that the csv module may have to quote, or one with a great count."""
        self.distinct += 1
        line = records([[value, *self._figures(count)]], self.byte_dialect)
        self._runs.add([((1 << 64) - 1 - count).to_bytes(8)], line)

    def lines(self, top: int | None) -> Iterator[bytes]:
        """The lines in order, some at a time; only the first ones with `top`."""
        whole = top is not None
        pieces = items([self._runs], self.workspace, whole=whole)
        if top is None:
            yield from map(bytes, pieces)
        else:
            yield from islice((line for piece in pieces for line in _records(piece)), top)


def _records(piece: Piece) -> Iterator[bytes]:
    """The records of whole items."""
    at = 0
    while at < len(piece):
        key, record = (int.from_bytes(piece[place : place + 4], "little") for place in (at, at + 4))
        at += 8 + key + record
        yield bytes(piece[at - record : at])
