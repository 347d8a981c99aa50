"""The native parser: takes what the kernel proves to be what the csv module would read."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from csvapi.csvio.indexed import IndexedBatch
from csvapi.native.form import Form
from csvapi.native.loader import load
from csvapi.native.scanner import Scanner

if TYPE_CHECKING:
    from csvapi.csvio.buffer import Buffer
    from csvapi.csvio.byte_dialect import ByteDialect

FIELDS = 1 << 15  # of a batch, about: a step may make an object of each
_SMALLEST = 16 * 1024  # bytes looked at
_HIGH = bytes(range(128, 256))


def native_form(byte_dialect: ByteDialect, width: int) -> Form | None:
    """What the kernel must know of a byte dialect; None where there is no kernel, or none for the dialect."""
    special = (
        byte_dialect.escape
        or byte_dialect.dialect.skip_space
        or len(byte_dialect.delimiter) != 1
        or max(len(byte_dialect.quote), len(byte_dialect.comment)) > 1
    )
    signs = byte_dialect.delimiter + byte_dialect.quote + byte_dialect.comment
    if special or not width or load() is None or not signs.isascii():
        return None
    utf8 = byte_dialect.inner == "utf-8"
    undefined = b"" if utf8 else _HIGH if byte_dialect.undecodable is None else byte_dialect.undecodable
    if undefined.translate(None, _HIGH):
        return None
    doubled, comment = byte_dialect.dialect.double_quote, byte_dialect.comment
    return Form(width, byte_dialect.delimiter, byte_dialect.quote, doubled, utf8, undefined, comment)


@dataclass
class NativeParser:
    """Takes records that the kernel proves to be what the csv module would read, of the header's width.

    It knows dialects whose delimiter and quote are one ASCII byte each, without an escape character or spaces that are
    skipped; of an encoding in which bytes mean something only together, other than UTF-8, it takes what is ASCII.
    """

    byte_dialect: ByteDialect
    scanner: Scanner
    limit: int
    seen: tuple[int, int] = (-1, 0)  # the position and the size of what is less than a record
    window: int = 64 * 1024  # bytes to look at: some `FIELDS` fields, as far as the last batch tells

    @classmethod
    def of(cls, byte_dialect: ByteDialect, width: int, size: int, limit: int) -> NativeParser | None:
        """A parser that reads `size` bytes at most at once, and no record longer than `limit`; None where there is no
        kernel, or none for the dialect."""
        form = native_form(byte_dialect, width)
        return cls(byte_dialect, Scanner(form, size), limit) if form else None

    @property
    def home(self) -> memoryview:
        """Where a buffer must be for this parser to read it."""
        return self.scanner.text

    def parse(self, buffer: Buffer, *, final: bool) -> IndexedRecords | None:
        """See `Parser.parse`; None for what only the csv module reads exactly."""
        if buffer.home is not self.home or not buffer.at_home:
            return None
        if self.seen == (buffer.position, buffer.size) and not final:
            return None  # the record that the last index left, which is not whole yet
        stop = min(buffer.stop, buffer.start + self.window)
        index = self.scanner.scan(buffer.start, stop, final=final and stop == buffer.stop)
        if not len(index) and not index.declined and stop < buffer.stop:
            stop = buffer.stop
            index = self.scanner.scan(buffer.start, stop, final=final)
        if not len(index):
            return None
        if not index.declined and stop == buffer.stop:
            self.seen = buffer.position + index.size, buffer.size - index.size
        self.window = max(_SMALLEST, FIELDS * index.size // (len(index) * self.scanner.form.width))
        found = IndexedRecords(IndexedBatch(self.byte_dialect, index, buffer.row), buffer.position, buffer.line)
        if index.size > self.limit and max(found.lengths()) > self.limit:
            return None
        return found


@dataclass
class IndexedRecords:
    """What the native parser made of the bytes at `position`. See `csvio.parsing.LocatedBatch`."""

    batch: IndexedBatch
    position: int
    line: int
    _before: tuple[int, int] = (0, 0)  # the record that was asked about last, and the lines before it

    def __len__(self) -> int:
        return len(self.batch.index)

    @property
    def parser(self) -> str:
        """See `LocatedBatch`: "native"."""
        return "native"

    @property
    def unclosed(self) -> bool:
        """See `LocatedBatch`; the kernel declines such a record."""
        return False

    @property
    def size(self) -> int:
        """See `LocatedBatch`."""
        return self.batch.index.size

    @property
    def lines(self) -> int:
        """See `LocatedBatch`."""
        return self.batch.index.lines

    @property
    def blank(self) -> int:
        """See `LocatedBatch`; the kernel declines blank lines."""
        return 0

    def where(self, index: int) -> tuple[int, int]:
        """See `LocatedBatch.where`; quick where `index` is not less than the last one."""
        record, lines = self._before if self._before[0] <= index else (0, 0)
        lines += self.batch.index.count_lines(record, index)
        self._before = index, lines
        return self.line + lines, self._ends[index - 1] if index else self.position

    @cached_property
    def _ends(self) -> array[int]:
        """Where each record ends."""
        ends = array("Q", bytes(8 * len(self)))
        self.batch.index.record_ends(self.position, ends)
        return ends

    def count_equal(self, record: bytes) -> tuple[int, int]:
        """See `LocatedBatch.count_equal`."""
        return self.batch.index.count_equal(record)

    def lengths(self) -> array[int]:
        """See `LocatedBatch.lengths`."""
        out = array("I", bytes(4 * len(self)))
        self.batch.index.record_lengths(out)
        return out
