"""Reading a file in blocks: once, in order, in memory that does not grow with the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from csvapi.csvio.blocks import BLOCK_SIZE, Block
from csvapi.csvio.records import BLANK, Cut, cut, line_count, repair
from csvapi.errors import MalformedCsv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csvapi.csvio.source import Source
    from csvapi.csvio.wire import Wire


@dataclass(slots=True)
class Piece:
    """What was read at `position`: a block, and the blank lines and issues around it."""

    block: Block
    position: int
    size: int
    line: int
    cut: Cut

    def __len__(self) -> int:
        return len(self.block)

    @property
    def lines(self) -> int:
        return self.cut.lines

    @property
    def blank(self) -> int:
        return len(self.cut.units) - len(self.block)

    @property
    def _units(self) -> list[int]:
        """The unit of each record, where there are blank lines."""
        return [at for at, unit in enumerate(self.cut.units) if unit not in BLANK]

    def records(self, units: list[int]) -> list[int]:
        """The records of the block that are these units, none of which is a blank line."""
        if not units or not self.blank:
            return units
        return list(map({unit: index for index, unit in enumerate(self._units)}.__getitem__, units))

    def where(self, index: int) -> tuple[int, int]:
        """The physical line and the position of the block's record number `index` (from 0)."""
        units = self.cut.units
        if self.blank:
            index = self._units[index]
        more = sum(line_count(units[at]) - 1 for at in self.cut.odd if at < index)
        return self.line + index + more, self.position + sum(map(len, units[:index]))


class Portion(Protocol):
    """Records read together: how many, the bytes they take in the file, and their physical lines."""

    def __len__(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def lines(self) -> int: ...


Quick = TypeVar("Quick", bound=Portion)


def pieces(
    source: Source, start: int, stop: int, *, line: int = 1, size: int = BLOCK_SIZE, limit: int = 1 << 24
) -> Iterator[Piece]:
    """Read the records of bytes `start` to `stop`, which must both be where records begin.

    One pass; memory: a few blocks, or the longest record. Raises `MalformedCsv` for a record longer than `limit` bytes.
    """
    return portions(source, start, stop, line=line, size=size, limit=limit, quick=lambda *_: None)


def portions(
    source: Source,
    start: int,
    stop: int,
    *,
    quick: Callable[[bytes, int, int, bool], Quick | None],
    line: int = 1,
    size: int = BLOCK_SIZE,
    limit: int = 1 << 24,
) -> Iterator[Piece | Quick]:
    """As `pieces`; but `quick` is asked first for what it makes of some bytes, their position, the row they begin with,
    and whether they are the last ones; it takes from their start whole records up to near their end, or none."""
    position, row, need, have = start, 0, 1, 0
    waiting: list[bytes] = []  # joined when there is enough, so that a long record is not copied with every chunk
    for data, final in _chunks(source, start, stop, size):
        waiting.append(data)
        have += len(data)
        if have < need and not final:
            continue
        rest = b"".join(waiting)
        while rest:
            portion: Piece | Quick | None = quick(rest, position, row, final) if len(rest) <= limit else None
            if portion is None:
                portion = _piece(source, rest, position, row, line, limit, final=final)
            if portion is None:
                break
            rest = rest[portion.size :]
            position, row, line = position + portion.size, row + len(portion), line + portion.lines
            yield portion
            if not final and not isinstance(portion, Piece):
                break
        if len(rest) > limit:
            raise _too_long(source, limit, position, row, line)
        # a record longer than a piece is not looked at again before there is twice as much
        waiting, have, need = [rest], len(rest), 2 * len(rest)


def _piece(source: Source, rest: bytes, position: int, row: int, line: int, limit: int, *, final: bool) -> Piece | None:
    done = cut(rest, source.wire, final=final)
    if len(rest) > limit and (whole := _within(done, limit)) < len(done.data):
        done = cut(rest[:whole], source.wire, final=False)  # the records before one that is too long
    if not done.units:
        return None
    if done.misquoted:
        repair(done, source.wire, source.width)
    return Piece(_block(done, source.wire, row), position, len(done.data), line, done)


def _within(done: Cut, limit: int) -> int:
    """The bytes before the first record longer than `limit`."""
    size = 0
    for unit in done.units:
        if len(unit) > limit:
            break
        size += len(unit)
    return size


def _too_long(source: Source, limit: int, position: int, row: int, line: int) -> MalformedCsv:
    detail = f"A record is longer than the limit of {limit} bytes near line {line}; is a closing quote missing?"
    return MalformedCsv(detail, row=row + 1, line=line, byte=source.byte(position), limit=limit)


def _chunks(source: Source, start: int, stop: int, size: int) -> Iterator[tuple[bytes, bool]]:
    previous = b""
    for data in source.pieces(start, stop, size):
        if previous:
            yield previous, False
        previous = data
    yield previous, True


def _block(done: Cut, wire: Wire, row: int) -> Block:
    if b"" not in done.plain or BLANK.isdisjoint(done.units):
        return Block(wire, done.units, done.plain, range(row, row + len(done.units)), done.odd)
    mask = bytes(unit not in BLANK for unit in done.units)
    whole = Block(wire, done.units, done.plain, range(len(done.units)), done.odd).select(mask)
    whole.rows = range(row, row + len(whole))
    return whole
