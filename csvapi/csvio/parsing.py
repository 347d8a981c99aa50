"""Parsers: what they make of the bytes of a buffer, and the one that is the authority, which asks the csv module."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from csvapi.csvio.batch import Batch
from csvapi.csvio.parsed_batch import ParsedBatch
from csvapi.csvio.records import ParseResult, cut, line_count, record_text, repair

if TYPE_CHECKING:
    from csvapi.csvio.buffer import Buffer
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.csvio.source import Source

_STRETCH, _LONGEST = 1024, 64 * 1024


class WrongCut(Exception):
    """A range of a file does not end where it was assumed that a record begins, or refuses a record whose place it
    does not know."""


class LocatedBatch(Protocol):
    """A batch and where it is: what a parser made of the bytes from one position of a file on.

    `len()` is the number of records. Valid as long as the batch, until the parser is called again.
    """

    @property
    def batch(self) -> Batch:
        """The records, without the blank lines and comments between them."""

    @property
    def position(self) -> int:
        """The byte of the file at which the first record begins, or the blank lines before it."""

    @property
    def size(self) -> int:
        """The bytes that the parser took, with those of blank lines."""

    @property
    def line(self) -> int:
        """The physical line, from 1 in its range, at which it begins."""

    @property
    def lines(self) -> int:
        """The physical lines of it: a record with a line end within quotes has several."""

    @property
    def blank(self) -> int:
        """The blank lines and comments among them."""

    @property
    def parser(self) -> str:
        """Which parser read it, as the receipt names it: "csv" or "native"."""

    @property
    def unclosed(self) -> bool:
        """Whether its last record ends within quotes, which only the last one of a file may."""

    def __len__(self) -> int:
        """The number of records."""

    def where(self, index: int) -> tuple[int, int]:
        """The physical line and the byte of the file at which the batch's record number `index` (from 0) begins."""

    def lengths(self) -> array[int]:
        """The bytes of each record with its line end: unsigned, 4 bytes each; shape (len,)."""

    def count_equal(self, record: bytes) -> tuple[int, int]:
        """How many records are these bytes but for their line ends, and the number of the first one (0 if none)."""


class Parser(Protocol):
    """Makes a batch of the bytes that a buffer holds. Parsers are asked in turn; the first that takes some bytes wins.

    So a parser may decline whatever it is not certain of. Whatever it takes must be what the csv module would read
    there, which is the last parser of every pass and takes everything.

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

    Time should be linear in the bytes that it looks at, and memory a few times these. It raises nothing for what a file
    holds: declining is the way.
    """

    @property
    def home(self) -> memoryview | None:
        """The memory that a buffer should be in for this parser; None if any will do."""

    def parse(self, buffer: Buffer, *, final: bool) -> LocatedBatch | None:
        """Make a batch of the first whole records in the buffer, as many as it likes, or return None to decline.

        It begins at the start of `buffer.rest`, which is the start of a record, and leaves the buffer as it is. `final`
        says that the file ends where the buffer does; otherwise the last record may go on after it. None means that
        this parser does not read these bytes, or that they are less than a record.
        """


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
        """The unit of each record, where there are blank lines or comments."""
        return self.result.records()

    def records(self, units: list[int]) -> list[int]:
        """The records of the batch that are these units, none of which is a blank line."""
        if not units or not self.blank:
            return units
        return list(map({unit: index for index, unit in enumerate(self._units)}.__getitem__, units))

    def where(self, index: int) -> tuple[int, int]:
        """See `LocatedBatch.where`."""
        return self.where_unit(self._units[index] if self.blank else index)

    def where_unit(self, unit: int) -> tuple[int, int]:
        """The same of any unit, a comment say."""
        units = self.result.units
        more = sum(line_count(units[at]) - 1 for at in self.result.parsed_fields if at < unit)
        return self.line + unit + more, self.position + sum(map(len, units[:unit]))

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

    If `patient`, it takes all bytes of the buffer. Otherwise another parser has declined them, and it takes as little
    as it can: a short stretch, twice as long each time that it is asked again directly after the last one.
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
    if done.only_records:
        return ParsedBatch(
            byte_dialect, done.units, done.line_texts, range(row, row + len(done.units)), done.parsed_fields
        )
    records = frozenset(done.records())
    mask = bytes(at in records for at in range(len(done.units)))
    whole = ParsedBatch(byte_dialect, done.units, done.line_texts, range(len(done.units)), done.parsed_fields).select(
        mask
    )
    whole.rows = range(row, row + len(whole))
    return whole
