"""Blocks: runs of whole records, read once, in memory that does not grow with the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import compress, repeat
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from csvapi.csvio.keys import canonical
from csvapi.csvio.records import BLANK, Cut, cut, repair
from csvapi.errors import MalformedCsv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from csvapi.csvio.source import Source
    from csvapi.csvio.wire import Wire

Cell = bytes | None
Mask = bytes  # one byte per record: 1 stays, 0 goes

BLOCK_SIZE = 64 * 1024  # measured: larger ones fall out of the processor's cache


@dataclass(slots=True)
class Block:
    """Records by their raw text (`raw`), their keys (`plain`), their row numbers and, on demand, their columns.

    A record's fields are its key split at delimiters. Of those the csv module read the fields are in `odd`; what is in
    `plain` for them means nothing.
    """

    wire: Wire
    raw: list[bytes]
    plain: list[bytes]
    rows: Sequence[int]
    odd: dict[int, list[bytes]] = field(default_factory=dict)
    width: int = 0  # number of fields where every record has the same, 0 where that is not known
    _flat: list[bytes] | None = None
    _from: tuple[Block, Mask] | None = None
    _columns: dict[int, list[Cell]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.raw)

    def fields(self, index: int) -> list[bytes]:
        return self.odd.get(index) or self.plain[index].split(self.wire.delimiter)

    def widths(self) -> list[int]:
        """The number of fields of each record."""
        return [count + 1 for count in self._delimiters()]

    def even(self, width: int) -> bool:
        """Whether every record has `width` fields."""
        return set(self._delimiters()) <= {width - 1}

    def _delimiters(self) -> list[int]:
        """One less than the fields of each record."""
        counts = list(map(bytes.count, self.plain, repeat(self.wire.delimiter)))
        for index, fields in self.odd.items():
            counts[index] = len(fields) - 1
        return counts

    def column(self, position: int) -> list[Cell]:
        """The cells of one column, None where a record has fewer fields."""
        if position not in self._columns:
            self._columns[position] = self._read(position)
        return self._columns[position]

    def _read(self, position: int) -> list[Cell]:
        if self._from and (self._from[0].split or position in self._from[0]._columns):  # noqa: SLF001  its own kind
            return list(compress(self._from[0].column(position), self._from[1]))
        return self._slice(position) if self.width else self._pick(position)

    @property
    def split(self) -> bool:
        """Whether every field of the block is at hand."""
        return self._flat is not None or (self._from is not None and self._from[0].split)

    def _slice(self, position: int) -> list[Cell]:
        """A column of a rectangular block: every `width`-th of all its fields."""
        if self._flat is None:
            delimiter = self.wire.delimiter
            plain = self.plain
            if self.odd:
                plain = plain.copy()
                for index in self.odd:
                    plain[index] = delimiter * (self.width - 1)
            self._flat = delimiter.join(plain).split(delimiter) if plain else []
        cells: list[Cell] = list(self._flat[position :: self.width])
        for index, fields in self.odd.items():
            cells[index] = fields[position]
        return cells

    def _pick(self, position: int) -> list[Cell]:
        rows = map(self.fields, range(len(self)))
        return [fields[position] if position < len(fields) else None for fields in rows]

    def keys(self, positions: Sequence[int] | None) -> list[bytes]:
        """One key per record, of the whole record (None) or of some columns."""
        if positions is None:
            keys = self.plain.copy() if self.odd else self.plain
            for index, fields in self.odd.items():
                keys[index] = canonical(fields, self.wire.delimiter)
            return keys
        columns = [self.column(position) for position in positions]
        delimiter = self.wire.delimiter
        if not self.width:
            return [canonical(cells, delimiter) for cells in zip(*columns, strict=True)]
        plain = cast("list[list[bytes]]", columns)
        keys = plain[0].copy() if len(plain) == 1 else list(map(delimiter.join, zip(*plain, strict=True)))
        for index in self.odd:
            keys[index] = canonical([cells[index] for cells in columns], delimiter)
        return keys

    def select(self, mask: Mask) -> Block:
        """The block of the records whose byte in `mask` is 1."""
        if mask.count(1) == len(self):
            return self
        return Block(
            self.wire,
            list(compress(self.raw, mask)),
            list(compress(self.plain, mask)),
            list(compress(self.rows, mask)),
            {mask.count(1, 0, index): fields for index, fields in self.odd.items() if mask[index]},
            self.width,
            None,
            (self, mask),
        )


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
        more = sum(len(units[at].splitlines()) - 1 for at in self.cut.odd if at < index)
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
    position, row, rest, need = start, 0, b"", 1
    for data, final in _chunks(source, start, stop, size):
        rest += data
        if len(rest) < need and not final:
            continue
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
        need = 2 * len(rest)  # a record longer than a piece is not looked at again before there is twice as much


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
