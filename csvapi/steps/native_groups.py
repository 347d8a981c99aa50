"""Records by groups, by the kernel: see `grouped`, whose way is that of all that the kernel leaves to Python."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import replace
from struct import Struct
from typing import TYPE_CHECKING

from csvapi.csvio.indexed import IndexedBatch
from csvapi.native.aggregating import CACHED, GroupTable
from csvapi.native.figures import HASH, GroupLines, Style
from csvapi.native.grouping import Stop
from csvapi.native.keys import new_secret
from csvapi.native.sorting import Block
from csvapi.spill.record_sort import NativeSortedRuns, Piece, items
from csvapi.steps.gathering import Gathering
from csvapi.steps.grouped import TAG, GroupedRange, Grouping, GroupState, grouped
from csvapi.steps.growth import parts_of_batch

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from csvapi.csvio.batch import Batch
    from csvapi.spill.external_sort import SortedRuns
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.gathering import Part
    from csvapi.steps.native_figures import NativeFigures

_TABLE = 8  # of the memory: a part for the kernel's groups
_ALONE = 1.3  # records of a group, on average, from which on a larger table is worth its cache misses
_LENGTHS = Struct("<II")
_ORDER = Struct(">Q")  # before an item's figures
_ITEMS = 1 << 16  # bytes of finished groups that are given at once
Odd = tuple[bytes, GroupState]  # a group that is for Python, and its key
Put = Callable[[Piece, int, bool], tuple[int, Stop]]
"""Has the kernel write the groups of a piece from a byte on, and the last one if it is final: see `GroupLines.add`."""
Finished = tuple[bytes, int, bytes]  # a group's key as `grouped` gives it, the order of its first record, and a cell


def gathering(grouping: Grouping, workspace: Workspace, number: int) -> GroupedRange | NativeGroupedRange:
    """What takes the records of a range: the kernel, where it makes all the aggregates."""
    if workspace.native and grouping.native:
        return NativeGroupedRange(grouping, grouping.native, workspace, number)
    return GroupedRange(grouping, workspace, number)


class NativeGroupedRange(Gathering):
    """The groups of one range. Memory: an eighth of the workspace's, and what `GroupedRange` takes, to which records
    go that the kernel leaves out."""

    def __init__(self, grouping: Grouping, native: NativeFigures, workspace: Workspace, number: int) -> None:
        self.grouping, self.workspace = grouping, workspace
        self.rest = GroupedRange(grouping, workspace, number)
        self._table = GroupTable(native.figures, grouping.positions, workspace.memory // _TABLE, new_secret())
        self._records = 0  # that are in the table

    def add(self, batch: Batch, line: Callable[[int], int]) -> None:
        """See `Gathering.add`."""
        if not isinstance(batch, IndexedBatch) or batch.index.scanner.form.delimiter != self.grouping.delimiter:
            self.rest.add(batch, line)
            return
        self.grouping.see(batch)
        marks = bytearray(len(batch.index))
        whole = self._see(batch, self._fold(batch, marks), marks.count(1))
        if marks.count(1):
            self.rest.take(batch.select(batch.packed(bytes(marks))), asks=not whole)
        self.workspace.heartbeat()

    def _fold(self, batch: IndexedBatch, marks: bytearray) -> list[tuple[int, int]]:
        """Add the records to the table, but for those that are marked; what was met in each source."""
        rows = None if isinstance(batch.all_rows, range) else array("Q", batch.all_rows)
        base, done = self.rest.base + (batch.start if rows is None else 0), 0
        self._records += len(batch)
        seen = [(0, 0)] * len(self.grouping.sources)
        while True:
            added = self._table.add(batch.index, base, marks, batch.kept, rows, done)
            seen = [(a + c, b + d) for (a, b), (c, d) in zip(seen, added.seen, strict=True)]
            done = added.done
            if done == len(batch.index):
                return seen
            if len(self._table):
                self._empty()
            else:  # a record that no table has room for
                marks[done], done = 1, done + 1

    def _see(self, batch: IndexedBatch, seen: Sequence[tuple[int, int]], marked: int) -> bool:
        """Count the cells without a value. Returns whether all records were looked at, because some of them are to be
        shown; else those that are marked are still to be counted."""
        asked = [(source.asked, *met) for source, met in zip(self.grouping.sources, seen, strict=True) if source.asked]
        for remark, missing, filled in asked:
            spots = len(remark.seen.spots)
            if (spots < remark.most and (filled or marked)) or (not spots and missing):
                for part in parts_of_batch(batch, self.grouping.width):
                    for source in self.grouping.sources:
                        if source.asked:
                            source.of(part)
                return True
        for remark, missing, _ in asked:
            remark.add(len(batch) - marked, missing, ())
        return False

    def _empty(self) -> None:
        at = 0

        def put(block: Block) -> bool:
            nonlocal at
            at = self._table.put(block, at)
            return at == len(self._table)

        assert isinstance(self.rest.runs, NativeSortedRuns)  # noqa: S101  as the kernel may be used
        self.rest.runs.fill(put)
        self._table.clear(CACHED if self._records < _ALONE * at else None)
        self._records = 0

    def close(self) -> SortedRuns | NativeSortedRuns:
        """See `Gathering.close`: the groups in the order of their keys."""
        self._empty()
        del self._table
        return self.rest.close()


def finished(parts: Sequence[Part], grouping: Grouping, workspace: Workspace) -> Iterator[Finished]:
    """Each group of all ranges once, as `grouped` gives them, of one aggregate."""
    for key, group in grouped(parts, grouping, workspace):
        yield _finished(key, group, grouping)


def finished_items(
    parts: Sequence[Part], grouping: Grouping, native: NativeFigures, workspace: Workspace
) -> Iterator[bytes]:
    """The same by the kernel, as items: the lengths of key and record, the key as it was sorted, order and cell."""
    lines = GroupLines(native.figures, native.columns, Style(grouping.delimiter, b"", b"\n"), None, 0)
    yield from NativeMerge(grouping, lines, parts, workspace).finished()


def _finished(key: bytes, group: GroupState, grouping: Grouping) -> Finished:
    (cell,) = group.cells(grouping.aggregates)
    return key, group.first, cell


def _item(key: bytes, first: int, cell: bytes) -> bytes:
    lengths = _LENGTHS.pack(HASH + len(key) + TAG, _ORDER.size + len(cell))
    return b"".join((lengths, bytes(HASH), key, bytes(TAG), _ORDER.pack(first), cell))


class NativeMerge:
    """Merges the groups of all ranges; the kernel writes them by `lines`, or gives them back one by one."""

    def __init__(self, grouping: Grouping, lines: GroupLines, parts: Sequence[Part], workspace: Workspace) -> None:
        self.grouping, self.lines, self.parts, self.workspace = grouping, lines, parts, workspace
        self._key, self._group = b"", GroupState(0, [])

    @classmethod
    def of_records(cls, grouping: Grouping, style: Style, parts: Sequence[Part], workspace: Workspace) -> NativeMerge:
        """One that writes the groups' records."""
        assert grouping.native is not None  # noqa: S101  only then
        native, keys = grouping.native, len(grouping.positions[0])
        lines = GroupLines(native.figures, native.columns, style, keys, grouping.bound.limit)
        return cls(grouping, lines, parts, workspace)

    def odd(self, ordered: NativeSortedRuns) -> Iterator[Odd]:
        """Merge all; gives each group that is for the caller to write, with its key, and puts the records of the others
        into `ordered`, by the order of the first record of each."""

        def put(piece: Piece, at: int, final: bool) -> tuple[int, Stop]:
            stop = Stop.FULL

            def some(block: Block) -> bool:
                nonlocal at, stop
                at, stop = self.lines.add(piece, block, at, final=final)
                return stop != Stop.FULL

            ordered.fill(some)
            return at, stop

        yield from filter(None, self._groups(put))

    def finished(self) -> Iterator[bytes]:
        """Merge all; gives all groups, of one aggregate, as `finished_items` does."""
        block = Block(_ITEMS)

        def put(piece: Piece, at: int, final: bool) -> tuple[int, Stop]:
            nonlocal block
            block.clear()
            while True:
                at, stop = self.lines.add(piece, block, at, final=final)
                if stop != Stop.FULL or len(block):
                    return at, stop
                block = Block(2 * block.size)

        for odd in self._groups(put):
            yield _item(*_finished(*odd, self.grouping)) if odd else bytes(block.items)

    def _groups(self, put: Put) -> Iterator[Odd | None]:
        """Groups that are for Python, with their keys; None after each call of `put`."""
        half, rest = replace(self.workspace, memory=self.workspace.memory // 2), b""
        for piece in items([part.state for part in self.parts], half, whole=True):
            at = _reach(piece, rest)
            rest += piece[:at]
            if at < len(piece):
                yield from self._taken(rest, 0, put, final=True)
                rest = yield from self._taken(piece, at, put, final=False)
        yield from self._taken(rest, 0, put, final=True)
        if self._key:
            yield self._key[HASH:-TAG], self._group

    def _taken(self, piece: Piece, at: int, put: Put, *, final: bool) -> Generator[Odd | None, None, bytes]:
        """Take the groups from a byte on. The last one, which the next piece may go on with unless this is `final`, is
        given back."""
        stop = Stop.END
        while at < len(piece):
            if self._key or stop == Stop.ODD:
                at = yield from self._by_python(piece, at)
            if at < len(piece):
                at, stop = put(piece, at, final)
                yield None
            if stop == Stop.OPEN:
                return bytes(piece[at:])
        return b""

    def _by_python(self, piece: Piece, at: int) -> Generator[Odd, None, int]:
        """Take the group there, or go on with the one at hand, up to an item that begins one that the kernel packed."""
        while at < len(piece):
            size, more = _LENGTHS.unpack_from(piece, at)
            middle = at + _LENGTHS.size + size
            key = bytes(piece[at + _LENGTHS.size : middle])
            if key != self._key and self._key:
                yield self._key[HASH:-TAG], self._group
                self._key = b""
                if not piece[middle]:
                    return at
            group = GroupState.unpacked(bytes(piece[middle : middle + more]), self.grouping)
            if key == self._key:
                self._group.merge(group, self.grouping, self.parts)
            else:
                self._key, self._group = key, group
            at = middle + more
        return at


def _reach(piece: Piece, rest: bytes) -> int:
    """Up to where the items of a piece have the key of those in `rest`, if there are any."""
    at, size = 0, _LENGTHS.unpack_from(rest)[0] if rest else 0
    key = rest[_LENGTHS.size : _LENGTHS.size + size]
    while rest and at < len(piece):
        size, more = _LENGTHS.unpack_from(piece, at)
        start = at + _LENGTHS.size
        if piece[start : start + size] != key:
            break
        at = start + size + more
    return at
