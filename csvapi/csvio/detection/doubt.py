"""Whether the encoding was a close call between two that give another text, and where these differ first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from csvapi.csvio.detection.reading import split_lines
from csvapi.csvio.detection.records import printable
from csvapi.csvio.detection.result import Issue

if TYPE_CHECKING:
    from csvapi.csvio.detection.encoding import Decoded
    from csvapi.csvio.detection.records import Record, Table
    from csvapi.csvio.dialect import Dialect

CLOSE = 0.65
"""Of encodings found with less confidence one in five is another (docs/detection.md); they are of a few words each."""
_VALUE = 100


@dataclass(frozen=True, slots=True)
class _Other:
    """The text in the other encoding."""

    encoding: str
    rival: str

    def of(self, text: str) -> str:
        return text.encode(self.encoding, "surrogateescape").decode(self.rival, "surrogateescape")

    def differs(self, text: str) -> bool:
        return not text.isascii() and self.of(text) != text


def in_doubt(table: Table, dialect: Dialect, decoded: Decoded) -> Issue | None:
    """The issue `encoding_in_doubt`, with the first cell that the other encoding would change; one pass over the head.

    Where the head is ASCII, the cell is a line of the file's end, whose place is not known.
    """
    if not decoded.rival or decoded.confidence >= CLOSE:
        return None
    other = _Other(decoded.encoding, decoded.rival)
    lines = [index for index, line in enumerate(table.text.lines) if other.differs(line)]
    if not lines:
        values = [line.rstrip("\r\n") for line in split_lines(decoded.tail) if other.differs(line)]
        return _issue(other, values[0], len(values)) if values else None
    line = lines[0]
    found = [(index, each) for index, each in enumerate(table.records) if each.first <= line < each.stop]
    row = found[0][0] + (not dialect.header) if found else 0
    value = _cell(found[0][1], other) if found else ""
    issue = _issue(other, value or table.text.lines[line].rstrip("\r\n"), len(lines))
    return replace(issue, row=row, line=line + 1, byte=table.text.byte(line))


def _cell(record: Record, other: _Other) -> str:
    return next(filter(other.differs, record.fields), "")


def _issue(other: _Other, value: str, count: int) -> Issue:
    shown, changed = (printable(text)[:_VALUE] for text in (value, other.of(value)))
    detail = (
        f"the file is read as {other.encoding}, but {other.rival} fits its few letters beyond ASCII nearly as well; "
        f"{shown!r} would be {changed!r}"
    )
    hint = f'if that is right, change the dialect: {{"encoding": "{other.rival}"}}'
    return Issue("encoding_in_doubt", detail, count=count, value=shown, hint=hint)
