"""Rows of a pivot on their way: made of groups in the order of their keys, then put in that of their first records."""

from __future__ import annotations

import marshal
import sys
from dataclasses import dataclass, field
from struct import Struct
from typing import TYPE_CHECKING

from csvapi.native.crossing import CrossedLines, Crossing, Halt
from csvapi.native.figures import HASH
from csvapi.spill.record_sort import items
from csvapi.steps.group_keys import parts_of
from csvapi.steps.grouped import TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from csvapi.native.figures import Style
    from csvapi.native.sorting import Block
    from csvapi.spill.record_sort import NativeSortedRuns
    from csvapi.spill.workspace import Workspace

_VERSION = 2  # of marshal
_LENGTHS, _ORDER, _KEY = Struct("<II"), Struct(">Q"), Struct("<I")


@dataclass(slots=True)
class Row:
    """`index` is its key, `first` the order of its first record; it has cells in the columns of these numbers."""

    index: bytes
    first: int = sys.maxsize
    numbers: list[int] = field(default_factory=list)
    cells: list[bytes] = field(default_factory=list)

    def packed(self) -> tuple[bytes, bytes]:
        """What it is ordered by, and all of it as bytes for `unpacked`."""
        return _ORDER.pack(self.first), marshal.dumps((self.index, self.first, self.numbers, self.cells), _VERSION)

    @classmethod
    def unpacked(cls, data: bytes) -> Row:
        """What `packed` made bytes of."""
        return cls(*marshal.loads(data))  # noqa: S302  we made it ourselves

    @classmethod
    def of_item(cls, item: bytes) -> Row:
        """What the kernel put together: see crossing.inc."""
        (first,), (size,) = _ORDER.unpack_from(item, _LENGTHS.size), _KEY.unpack_from(item, _LENGTHS.size + _ORDER.size)
        start = _LENGTHS.size + _ORDER.size + _KEY.size
        row, at = cls(parts_of(item[start : start + size])[0], first), start + size
        while at < len(item):
            number, length = _LENGTHS.unpack_from(item, at)
            at += _LENGTHS.size + length
            row.numbers.append(number)
            row.cells.append(item[at - length : at])
        return row


@dataclass
class NativeRows:
    """Rows by the kernel. `new` is called for the name of each column that is met, with the order of the first record
    that was; `long` for a row of so many bytes, and the order of a record of it, and raises what is to be raised."""

    table: Crossing
    new: Callable[[bytes, int], None]
    long: Callable[[int, int], None]

    def add(self, groups: bytes, ordered: NativeSortedRuns) -> None:
        """Put groups together, and the rows that are complete into `ordered`."""
        at, halt = 0, Halt.END

        def put(block: Block) -> bool:
            nonlocal at, halt
            at, halt = self.table.add(groups, block, at)
            return halt != Halt.FULL

        while at < len(groups):
            ordered.fill(put)
            if halt != Halt.END:
                self._look(groups, at, halt)

    def _look(self, groups: bytes, at: int, halt: Halt) -> None:
        """At a group that the kernel does not take."""
        size, more = _LENGTHS.unpack_from(groups, at)
        key, record = groups[at + _LENGTHS.size :][: size - TAG][HASH:], at + _LENGTHS.size + size
        (order,) = _ORDER.unpack_from(groups, record)
        if halt == Halt.LONG:
            self.long(self.table.size + more - _ORDER.size + 1, order)
        name = parts_of(key)[1]
        self.new(name, order)
        self.table.know(key[len(key) - len(_escaped(name)) :], order)

    def end(self, ordered: NativeSortedRuns) -> None:
        """Put the last row into `ordered`, too."""
        ordered.fill(self.table.end)


def written(
    ordered: NativeSortedRuns, share: Workspace, lines: CrossedLines | None, by_python: Callable[[Row], bytes]
) -> Iterator[tuple[int, bytes]]:
    """How many records, and these, of rows in their order: by the kernel, but for those that are for Python."""
    for piece in items([ordered], share, whole=True):
        at = 0
        while at < len(piece):
            done = lines.write(piece, at) if lines else None
            if done:
                yield done.lines, bytes(done.text)
                at = done.at
            if at < len(piece) and (done is None or done.odd):
                size = _LENGTHS.size + sum(_LENGTHS.unpack_from(piece, at))
                yield 1, by_python(Row.of_item(bytes(piece[at : at + size])))
                at += size
        share.heartbeat()


def crossed_lines(keys: int, places: dict[int, int], style: Style | None, limit: int) -> CrossedLines | None:
    """What writes them, with the columns at these places by their numbers; None where the dialect needs Python."""
    if style is None:
        return None
    where: Sequence[int] = [places[number] - keys for number in range(len(places))]
    return CrossedLines(keys, where, style, limit)


def _escaped(name: bytes) -> bytes:
    return name.replace(b"\0", b"\0\xff") + b"\0\0"
