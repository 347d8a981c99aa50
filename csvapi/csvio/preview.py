"""The first records of a file as text, and its column names; reads no more than it needs."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from csvapi.csvio.reading import read_parsed
from csvapi.csvio.records import cut, line_count, read
from csvapi.csvio.source import Source
from csvapi.csvio.widths import common_width
from csvapi.errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect
    from csvapi.csvio.parsing import ParsedRecords

_BLOCK = 16 * 1024


@dataclass(frozen=True)
class Head:
    """The header record (empty without one), the column names, and where the first data record begins.

    `fields` are the header's or, without one, those of the first record, as many as there are columns. `blank` counts
    the lines above the header that are no records, `comments` those of them that are comments; the first one is at
    `comment`, a line and a byte.
    """

    record: bytes
    fields: list[bytes]
    columns: list[str]
    start: int
    line: int
    blank: int
    comments: int = 0
    comment: tuple[int, int] = (0, 0)


@dataclass
class _Above:
    """The lines above the header that are no records, and the first comment among them."""

    lines: int = 0
    comments: int = 0
    comment: tuple[int, int] = (0, 0)

    def add(self, located: ParsedRecords, lines: int) -> None:
        """The first ones of a batch."""
        found = [at for at in located.result.comments if at < lines]
        if found and not self.comments:
            self.comment = located.where_unit(found[0])
        self.lines += lines
        self.comments += len(found)


def head(source: Source, *, limit: int = 1 << 24, most: int = sys.maxsize) -> Head:
    """Read the first record. Raises `MalformedCsv` if it is longer than `limit` bytes, `TooLarge` if it has more fields
    than `most`, before it makes any of them.

    If its quotes are malformed, its fields are as many as most of the records after it have. Without a header there are
    as many columns as most of the first records have fields.
    """
    byte_dialect, above = source.byte_dialect, _Above()
    first_line = 1 + source.preamble_lines
    alone = replace(source, known_width=0)
    for located in read_parsed(alone, source.body, source.size, line=first_line, size=_BLOCK, limit=limit):
        if not len(located.batch):
            above.add(located, len(located.result.units))
            continue
        width = located.batch.widths()[0]
        if width > most:
            raise TooLarge(f"The file has {width} columns; the limit is {most}.", limit=most)
        fields = located.batch.fields(0)
        if 0 in located.records(located.result.misquoted):
            width = _width_after(alone, located, limit)
            fields = read(located.batch.raw[0], byte_dialect, width).parsed_fields[0]
        line, position = located.where(0)
        if not source.byte_dialect.dialect.header:
            width = common_width(_widths(located), wanted=len(fields))
            names = [f"column_{number}" for number in range(1, width + 1)]
            return Head(b"", fields + [b""] * (width - len(fields)), names, source.body, first_line, 0)
        record = located.batch.raw[0]
        above.add(located, located.result.records()[0])
        names = [cell.decode(byte_dialect.inner, "replace") for cell in fields]
        at = position + len(record), line + line_count(record)
        return Head(record, fields, names, *at, above.lines, above.comments, above.comment)
    return Head(b"", [], [], source.body, first_line, 0)


def _width_after(source: Source, located: ParsedRecords, limit: int) -> int:
    """The most frequent width of the records after the first one of `located`, in this batch or the next with any."""
    widths = _widths(located, 1)
    if not widths:
        following = read_parsed(source, located.position + located.size, source.size, size=_BLOCK, limit=limit)
        widths = next((_widths(after) for after in following if len(after.batch)), [])
    return Counter(widths).most_common(1)[0][0] if widths else 0


def _widths(located: ParsedRecords, first: int = 0) -> list[int]:
    """How many fields the records from number `first` on have: the well-formed ones or, without any, all of them as
    the csv module reads them."""
    quoted = bool(located.batch.byte_dialect.dialect.quote)  # else it is only a last escape that is open
    malformed = set(located.records(located.result.misquoted)) if quoted else set()
    widths = [width for index, width in enumerate(located.batch.widths()) if index >= first and index not in malformed]
    if widths:
        return widths
    plain = cut(b"".join(located.batch.raw[first:]), located.batch.byte_dialect, final=True)
    return [len(fields) for fields in plain.parsed_fields.values()]


def header(source: Path, dialect: Dialect, *, limit: int = 1 << 24) -> list[str]:
    """The column names; column_1, column_2, … where the file has none. Raises what `head` does."""
    return head(Source.open(source, dialect), limit=limit).columns


def text_rows(source: Path, dialect: Dialect) -> Iterator[list[str | None]]:
    """Every data record as text; a missing field is None, a byte that is no text U+FFFD."""
    opened = Source.open(source, dialect)
    first = head(opened)
    byte_dialect = opened.byte_dialect
    for located in read_parsed(opened, first.start, opened.size, size=_BLOCK):
        for index in range(len(located.batch)):
            row: list[str | None] = [cell.decode(byte_dialect.inner, "replace") for cell in located.batch.fields(index)]
            yield row + [None] * (len(first.columns) - len(row))


def rows(source: Path, dialect: Dialect, limit: int, offset: int = 0) -> tuple[list[str], list[list[str | None]]]:
    """The column names, and `limit` records after the first `offset` ones."""
    return header(source, dialect), list(islice(text_rows(source, dialect), offset, offset + limit))
