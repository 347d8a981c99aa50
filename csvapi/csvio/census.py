"""What a file holds besides good records: counted on the first pass, the first of each kind located."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from csvapi.csvio.records import record_text

if TYPE_CHECKING:
    from csvapi.csvio.parsed_batch import ParsedBatch
    from csvapi.csvio.parsing import LocatedBatch, ParsedRecords
    from csvapi.csvio.preview import Head
    from csvapi.csvio.source import Source

KINDS = ("ragged", "undecodable", "nul", "quotes", "bom", "repeated_header")


@dataclass(slots=True)
class Issue:
    """How many records have it, and where the first one is: row and line from 1, byte from 0."""

    count: int = 0
    row: int = 0
    line: int = 0
    byte: int = 0

    def as_json(self) -> dict[str, int]:
        """As the receipt has it: without a place where there is none."""
        if not self.count:
            return {"count": 0}
        return {"count": self.count, "row": self.row, "line": self.line, "byte": self.byte}


@dataclass(slots=True)
class Census:
    """The counts of one range; `add` appends those of the range that follows. `blank` counts all lines that are no
    records, comments too; of a comment the row is that of the record after it."""

    records: int = 0
    lines: int = 0
    blank: int = 0
    comments: Issue = field(default_factory=Issue)
    issues: dict[str, Issue] = field(default_factory=lambda: {kind: Issue() for kind in KINDS})

    def add(self, other: Census) -> None:
        """Add the counts of the range that follows, whose rows and lines count from its beginning."""
        for kind, issue in other.issues.items():
            self.issues[kind] = self._joined(self.issues[kind], issue)
        self.comments = self._joined(self.comments, other.comments)
        self.records += other.records
        self.lines += other.lines
        self.blank += other.blank

    def _joined(self, mine: Issue, other: Issue) -> Issue:
        if mine.count or not other.count:
            return Issue(mine.count + other.count, mine.row, mine.line, mine.byte)
        return Issue(other.count, other.row + self.records, other.line + self.lines, other.byte)

    def as_json(self) -> dict[str, Any]:
        """As the receipt has it: the numbers of records and of blank lines, and each kind of issue."""
        found = {kind: issue.as_json() for kind, issue in self.issues.items()}
        return {"records": self.records, "blank_lines": self.blank - self.comments.count, **found}


class Counter:
    """Looks at each batch of a range once; a batch without issues costs four C-level scans."""

    def __init__(self, source: Source, first: Head) -> None:
        self.source = source
        self.width = len(first.columns)
        self.header = record_text(first.record, source.byte_dialect)
        self.census = Census()

    def count(self, located: ParsedRecords) -> list[int]:
        """Count what `located` holds and return the indexes of its ragged records; also sets the width of the batch."""
        batch, census = located.batch, self.census
        ragged = self.ragged(batch)
        self._found("ragged", located, ragged)
        self._scan(located)
        if located.result.comments:
            self._commented(located)
        census.records += len(batch)
        census.lines += located.result.lines
        census.blank += located.blank
        return ragged

    def _commented(self, located: ParsedRecords) -> None:
        comments = located.result.comments
        if not self.census.comments.count:
            row = self.census.records + bisect_left(located.result.records(), comments[0]) + 1
            self.census.comments = Issue(0, row, *located.where_unit(comments[0]))
        self.census.comments.count += len(comments)

    def count_good(self, located: LocatedBatch) -> None:
        """Count records that are known to have no issue, except that some may repeat the header."""
        self.census.records += len(located)
        self.census.lines += located.lines
        count, first = located.count_equal(self.header) if self.header else (0, 0)
        if count:
            self._found("repeated_header", located, [first])
            self.census.issues["repeated_header"].count += count - 1

    def ragged(self, batch: ParsedBatch) -> list[int]:
        """The indexes of the records not as wide as the header; without any, the batch knows its width."""
        if batch.even(self.width):
            batch.width = self.width
            return []
        return [index for index, width in enumerate(batch.widths()) if width != self.width]

    def _scan(self, located: ParsedRecords) -> None:
        raw, text, byte_dialect = located.batch.raw, located.result.data, self.source.byte_dialect
        if b"\0" in text:
            self._found("nul", located, [index for index, record in enumerate(raw) if b"\0" in record])
        if not text.isascii() and not self.decodes(text):
            self._found("undecodable", located, [i for i, record in enumerate(raw) if not self.decodes(record)])
        if located.result.parsed_fields:
            self._found("quotes", located, misquoted(located))
        marked = located.records(located.result.marked)
        self._found("bom", located, marked)
        suspects = list(range(len(raw))) if self.repeats_header(text) else marked
        self._found(
            "repeated_header", located, [i for i in suspects if record_text(raw[i], byte_dialect) == self.header]
        )

    def repeats_header(self, text: bytes) -> bool:
        """Whether some line of `text` has the header's bytes."""
        if not self.header:
            return False
        if _is_line(text, 0, self.header):
            return True
        ends = (b"\n", b"\r") if b"\r" in text else (b"\n",)
        return any(self._follows(text, line_end) for line_end in ends)

    def _follows(self, text: bytes, line_end: bytes) -> bool:
        """Whether a line after this line end has the header's bytes."""
        line = line_end + self.header
        place = text.find(line)
        while place >= 0 and not _is_line(text, place + 1, self.header):
            place = text.find(line, place + 1)
        return place >= 0

    def decodes(self, text: bytes | memoryview) -> bool:
        """Whether the bytes are text in the file's encoding; time: one scan of them."""
        undecodable = self.source.byte_dialect.undecodable
        if undecodable is not None:
            return len(text) == len(bytes(text).translate(None, undecodable))
        try:
            str(text, self.source.byte_dialect.inner)
        except UnicodeDecodeError:
            return False
        return True

    def _found(self, kind: str, located: LocatedBatch, indexes: list[int]) -> None:
        issue = self.census.issues[kind]
        if indexes and not issue.count:
            line, position = located.where(indexes[0])
            issue.row, issue.line, issue.byte = located.batch.rows[indexes[0]] + 1, line, position
        issue.count += len(indexes)


def _is_line(text: bytes, start: int, line: bytes) -> bool:
    stop = start + len(line)
    return text.startswith(line, start) and text[stop : stop + 1] in (b"", b"\n", b"\r")


def misquoted(located: ParsedRecords) -> list[int]:
    """The records whose quotes are malformed: text after a closing quote, an odd number of quotes, one never closed."""
    batch, quote, escape = located.batch, located.batch.byte_dialect.quote, located.batch.byte_dialect.escape
    found = located.records(located.result.misquoted)
    if not quote:
        return found
    escaped = re.compile(re.escape(escape) + b"(?s:.)") if escape else None
    odd = (index for index in batch.parsed_fields if _quotes(batch.raw[index], quote, escaped) % 2)
    return sorted({*found, *odd})


def _quotes(record: bytes, quote: bytes, escaped: re.Pattern[bytes] | None) -> int:
    """The quotes of a record that are not escaped."""
    return (escaped.sub(b"", record) if escaped else record).count(quote)
