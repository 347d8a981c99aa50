"""Records with their places, from any record's start: pages of a file cost what they show, wherever they begin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate, compress
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from csvapi.csvio.batch import BLOCK_SIZE
from csvapi.csvio.census import misquoted
from csvapi.csvio.preview import head
from csvapi.csvio.reading import read_parsed
from csvapi.csvio.records import line_count, record_text
from csvapi.csvio.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from csvapi.csvio.batch import Batch
    from csvapi.csvio.dialect import Dialect
    from csvapi.csvio.parsing import ParsedRecords

PAGE_BATCH = 16 * 1024


@dataclass(frozen=True, slots=True)
class Location:
    """Where a record begins: its row and line from 1, its byte of the file from 0."""

    row: int
    line: int
    byte: int

    def as_json(self) -> dict[str, int]:
        """As an answer has it."""
        return {"row": self.row, "line": self.line, "byte": self.byte}


@dataclass(frozen=True, slots=True)
class Span:
    """A batch, where it begins, and where what follows begins; the place of a record is made when it is asked for.

    `units` are the numbers of the batch's records among all lines of the batch, blank ones too; `bytes` and `lines`
    say where each of these begins, the latter only where one has several lines. `misquoted` and `marked` are the
    records with malformed quotes and those with a byte order mark.
    """

    batch: Batch
    begin: Location
    end: Location
    units: Sequence[int]
    bytes: list[int]
    lines: list[int] | None
    misquoted: frozenset[int]
    marked: frozenset[int]

    def location(self, index: int) -> Location:
        """Where the record with this position in the batch begins."""
        unit = self.units[index]
        line = self.lines[unit] if self.lines else self.begin.line + unit
        return Location(self.begin.row + index, line, self.bytes[unit])


def start(path: Path, dialect: Dialect) -> tuple[list[str], Location]:
    """The column names, and the place of the first data record (or of the blank lines before it)."""
    source = Source.open(path, dialect)
    first = head(source)
    return first.columns, Location(1, first.line, source.byte(first.start))


def spans(path: Path, dialect: Dialect, width: int, at: Location, size: int = BLOCK_SIZE) -> Iterator[Span]:
    """The records from a place on, in a file of `width` columns: one pass from there, memory for a batch.

    Wide files are read from the place, too: the encodings they are in have no state between records.
    """
    source = replace(Source.open(path, dialect), body=at.byte, known_width=width)
    yield from spans_of(source, at, source.size, size)


def spans_of(
    source: Source, at: Location, stop: int, size: int = BLOCK_SIZE, begin: int | None = None
) -> Iterator[Span]:
    """The same of a source that is open and knows its width, up to a byte at which a record begins.

    `begin` is where the place is in a source that has only a part of the file.
    """
    for located in read_parsed(source, at.byte if begin is None else begin, stop, line=at.line, size=size):
        span = _located(located, at, wide=source.byte_dialect.wide)
        yield span
        at = span.end


def _located(located: ParsedRecords, at: Location, *, wide: bool) -> Span:
    units, restore = located.result.units, located.batch.byte_dialect.restore
    sizes = map(len, map(restore, units)) if wide else map(len, units)
    offsets = list(accumulate(sizes, initial=at.byte))
    lines = None
    if located.result.lines != len(units):
        lines = list(accumulate(map(line_count, units), initial=at.line))
    kept: Sequence[int] = range(len(units))
    if located.blank:
        kept = located.result.records()
    end = Location(at.row + len(located.batch), lines[-1] if lines else at.line + len(units), offsets[-1])
    faults = frozenset(misquoted(located)), frozenset(located.records(located.result.marked))
    return Span(located.batch, at, end, kept, offsets, lines, *faults)


@dataclass(frozen=True, slots=True)
class Row:
    """A record, which becomes text when it is asked for its values: as such it takes many times the memory."""

    location: Location
    width: int
    _batch: Batch
    _index: int

    @property
    def values(self) -> list[str | None]:
        """Its cells: a missing field is None, a byte that is no text U+FFFD."""
        inner, fields = self._batch.byte_dialect.inner, self._batch.fields(self._index)
        return [cell.decode(inner, "replace") for cell in fields] + [None] * (self.width - len(fields))

    @property
    def raw(self) -> bytes:
        """The bytes of the file."""
        return self._batch.byte_dialect.restore(self._batch.raw[self._index])

    def as_json(self) -> dict[str, Any]:
        """As an answer has it: where it stands, and its values as text."""
        return {**self.location.as_json(), "values": self.values}


def page(
    path: Path, dialect: Dialect, width: int, limit: int, at: Location, room: int
) -> tuple[list[Row], Location | None]:
    """At most `limit` records, about `room` bytes, from a place on; and the place of the next, None at the end.

    Reads a little more than it gives, wherever the place is.
    """
    return page_of(spans(path, dialect, width, at, PAGE_BATCH), width, limit, room)


def page_of(found: Iterable[Span], width: int, limit: int, room: int) -> tuple[list[Row], Location | None]:
    """The same of what is read."""
    rows: list[Row] = []
    for span in found:
        for index in range(len(span.batch)):
            if len(rows) == limit or (rows and room <= 0):
                return rows, span.location(index)
            rows.append(Row(span.location(index), width, span.batch, index))
            room -= len(span.batch.raw[index])
    return rows, None


KINDS = {
    "ragged": "it has {found} fields, the header has {width}",
    "undecodable": "it holds bytes that are not {encoding}",
    "nul": "it holds a NUL",
    "quotes": "text stands after a closing quote, or a quote is not closed",
    "bom": "a byte order mark stands before it, which is no part of its first field",
    "repeated_header": "it is the header again",
}


@dataclass(frozen=True, slots=True)
class RecordIssue:
    """Something odd about one record."""

    kind: str
    location: Location
    detail: str

    def as_json(self) -> dict[str, Any]:
        """As an answer has it; `kind` repeats `code` for older clients."""
        return {"code": self.kind, "kind": self.kind, "detail": self.detail, **self.location.as_json()}


def record_issues(
    path: Path, dialect: Dialect, width: int, limit: int, at: Location, room: int, seconds: float = inf
) -> tuple[list[RecordIssue], Location | None]:
    """At most `limit` issues, looking at about `room` bytes from a place on, or for so many seconds; the place to go
    on from, or None.

    Records without any cost a few scans of their batch.
    """
    stop = monotonic() + seconds
    found: list[RecordIssue] = []
    begin = at.byte
    opened = Source.open(path, dialect)
    header = record_text(head(opened).record, opened.byte_dialect)
    for span in spans(path, dialect, width, at):
        for index in _suspects(span, width, header):
            if len(found) >= limit:
                return found, span.location(index)
            found += _of(span, index, width, header)
        if span.end.byte - begin >= room or monotonic() >= stop:
            return found, span.end
    return found, None


def _suspects(span: Span, width: int, header: bytes) -> list[int]:
    """The records that may be odd, quickly."""
    batch = span.batch
    odd = [each != width for each in batch.widths()]
    text = b"".join(batch.raw)
    if b"\0" in text or (header and header in text) or not _decodes(batch, text):
        return list(range(len(batch)))
    for index in span.misquoted | span.marked:
        odd[index] = True
    return list(compress(range(len(batch)), odd))


def _of(span: Span, index: int, width: int, header: bytes) -> list[RecordIssue]:
    batch = span.batch
    raw, fields = batch.raw[index], len(batch.fields(index))
    odd = {
        "ragged": fields != width,
        "undecodable": not _decodes(batch, raw),
        "nul": b"\0" in raw,
        "quotes": index in span.misquoted,
        "bom": index in span.marked,
        "repeated_header": bool(header) and record_text(raw, batch.byte_dialect) == header,
    }
    words = {"found": fields, "width": width, "encoding": batch.byte_dialect.codec}
    location = span.location(index)
    return [RecordIssue(kind, location, KINDS[kind].format(**words)) for kind, so in odd.items() if so]


def _decodes(batch: Batch, text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode(batch.byte_dialect.inner)
    except UnicodeDecodeError:
        return False
    return True
