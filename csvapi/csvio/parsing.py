"""Parsers: what they make of the bytes of a buffer, and the one that is the authority, which asks the csv module."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from csvapi.csvio.batch import Batch, ParsedBatch
from csvapi.csvio.records import BLANK, ParseResult, cut, line_count, record_text, repair

if TYPE_CHECKING:
    from csvapi.csvio.buffer import Buffer
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.csvio.source import Source

_STRETCH, _LONGEST = 1024, 64 * 1024


class LocatedBatch(Protocol):
    """A batch and where it is: what a parser made of the bytes from one place of a file on.

    position  the byte where its first record begins, or the blank lines before it
    size      its bytes, with those of blank lines
    line      the physical line, from 1 in its range, where it begins
    lines     its physical lines
    blank     the blank lines among them
    parser    which parser read it: "csv" or "native"
    unclosed  whether its last record ends within quotes, which only the last one of a file may

    `len()` is the number of records.
    """

    @property
    def batch(self) -> Batch: ...
    @property
    def position(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def line(self) -> int: ...
    @property
    def lines(self) -> int: ...
    @property
    def blank(self) -> int: ...
    @property
    def parser(self) -> str: ...
    @property
    def unclosed(self) -> bool: ...

    def __len__(self) -> int: ...

    def where(self, index: int) -> tuple[int, int]:
        """The physical line and the position of the batch's record number `index` (from 0)."""
        ...

    def lengths(self) -> array[int]:
        """The bytes of each record: unsigned, 4 bytes each."""
        ...

    def count_equal(self, record: bytes) -> tuple[int, int]:
        """How many records are these bytes but for their line ends, and the number of the first one."""
        ...


class Parser(Protocol):
    """Makes a batch of the bytes that a buffer holds.

    `parse` takes whole records from the buffer's start on, as many as it likes, and leaves the buffer as it is; or
    gives None: the bytes are less than a record, or not for this parser. Whatever it takes must be what the csv module
    would read there. `final` says that the file ends where the buffer does.

        class Lines:
            '''Takes records of one field, without quotes and blank lines.'''

            home = None

            def parse(self, buffer, *, final):
                text = bytes(buffer.rest)
                whole = text if final else text[: text.rfind(b"\\n") + 1]
                if not whole or self.quote in whole or self.delimiter in whole or b"\\r" in whole or b"\\n\\n" in whole:
                    return None
                lines = whole.splitlines(keepends=True)
                return ParsedRecords(ParsedBatch(...), buffer.position, len(whole), buffer.line, ...)
    """

    @property
    def home(self) -> memoryview | None:
        """The memory that a buffer should be in for this parser; None if any will do."""
        ...

    def parse(self, buffer: Buffer, *, final: bool) -> LocatedBatch | None:
        """A batch of the first whole records in the buffer, or None to decline; see the class."""
        ...


@dataclass(slots=True)
class ParsedRecords:
    """What the csv module, or a split of plain text, made of the bytes at `position`. See `LocatedBatch`."""

    batch: ParsedBatch
    position: int
    size: int
    line: int
    result: ParseResult

    @property
    def parser(self) -> str:
        """See `LocatedBatch`: "csv"."""
        return "csv"

    @property
    def unclosed(self) -> bool:
        """See `LocatedBatch`."""
        return self.result.unclosed is not None

    def __len__(self) -> int:
        return len(self.batch)

    @property
    def lines(self) -> int:
        """See `LocatedBatch`."""
        return self.result.lines

    @property
    def blank(self) -> int:
        """See `LocatedBatch`."""
        return len(self.result.units) - len(self.batch)

    @property
    def _units(self) -> list[int]:
        """The unit of each record, where there are blank lines."""
        return [at for at, unit in enumerate(self.result.units) if unit not in BLANK]

    def records(self, units: list[int]) -> list[int]:
        """The records of the batch that are these units, none of which is a blank line."""
        if not units or not self.blank:
            return units
        return list(map({unit: index for index, unit in enumerate(self._units)}.__getitem__, units))

    def where(self, index: int) -> tuple[int, int]:
        """See `LocatedBatch.where`."""
        units = self.result.units
        if self.blank:
            index = self._units[index]
        more = sum(line_count(units[at]) - 1 for at in self.result.parsed_fields if at < index)
        return self.line + index + more, self.position + sum(map(len, units[:index]))

    def lengths(self) -> array[int]:
        """See `LocatedBatch.lengths`."""
        return array("I", map(len, self.batch.raw))

    def count_equal(self, record: bytes) -> tuple[int, int]:
        """See `LocatedBatch.count_equal`."""
        byte_dialect = self.batch.byte_dialect
        found = [index for index, raw in enumerate(self.batch.raw) if record_text(raw, byte_dialect) == record]
        return len(found), found[0] if found else 0


@dataclass
class CsvParser:
    """The csv module, the authority on every record; text in which nothing is special is split.

    Where it is `patient`, it takes all that there is; else, since another parser declined what is there, a stretch as
    small as it can be: the double of the one before while it is asked again and again.
    """

    source: Source
    limit: int
    patient: bool = True
    stretch: int = _STRETCH
    stopped: int = -1  # where the last stretch ended

    @property
    def home(self) -> None:
        """Any memory."""

    def parse(self, buffer: Buffer, *, final: bool) -> ParsedRecords | None:
        """See `Parser.parse`; None only if the buffer does not begin with a whole record within the limit."""
        if self.patient:
            return self._parsed(buffer, buffer.size, final=final)
        again = buffer.position == self.stopped
        self.stretch = min(2 * self.stretch, _LONGEST) if again else _STRETCH
        size = self.stretch
        found = None
        while found is None:
            size = min(size, buffer.size)
            found = self._parsed(buffer, size, final=final and size == buffer.size)
            if size == buffer.size:
                break
            size *= 4
        self.stopped = buffer.position + found.size if found else -1
        return found

    def _parsed(self, buffer: Buffer, size: int, *, final: bool) -> ParsedRecords | None:
        """Parse the first `size` bytes."""
        source, text = self.source, bytes(buffer.rest[:size])
        done = cut(text, source.byte_dialect, final=final)
        if size > self.limit and (whole := _within(done, self.limit)) < len(done.data):
            done = cut(text[:whole], source.byte_dialect, final=False)  # the records before one that is too long
        if not done.units:
            return None
        if done.misquoted:
            repair(done, source.byte_dialect, source.width)
        batch = _batch(done, source.byte_dialect, buffer.row)
        return ParsedRecords(batch, buffer.position, len(done.data), buffer.line, done)


def _within(done: ParseResult, limit: int) -> int:
    """The bytes before the first record longer than `limit`."""
    size = 0
    for unit in done.units:
        if len(unit) > limit:
            break
        size += len(unit)
    return size


def _batch(done: ParseResult, byte_dialect: ByteDialect, row: int) -> ParsedBatch:
    if b"" not in done.line_texts or BLANK.isdisjoint(done.units):
        return ParsedBatch(
            byte_dialect, done.units, done.line_texts, range(row, row + len(done.units)), done.parsed_fields
        )
    mask = bytes(unit not in BLANK for unit in done.units)
    whole = ParsedBatch(byte_dialect, done.units, done.line_texts, range(len(done.units)), done.parsed_fields).select(
        mask
    )
    whole.rows = range(row, row + len(whole))
    return whole
