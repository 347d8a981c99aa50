"""A text's lines, as the csv module is given them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.csvio.byte_dialect import ByteDialect

_LINE_END = re.compile(rb"\r\n|\n|\r")


class Lines:
    """Lines of `data` for the csv module from `position` on; `starved` once it asked for more than there are.

    When it asks for another line of the record that began at `record`, a quoted field is open: the lines that stay
    within its quotes are given as one text. To the csv module that is the same, and a field of many lines costs what
    its bytes cost.
    """

    def __init__(self, data: bytes, byte_dialect: ByteDialect) -> None:
        self.data = data
        self.codec, self.errors = byte_dialect.text
        self.quoted, self.escape = byte_dialect.quoted, byte_dialect.escape
        self.position = self.record = 0
        self.starved = False
        self.lone = b"\r" in data and data.count(b"\r") != data.count(b"\r\n")  # some end lines on their own

    def __iter__(self) -> Iterator[str]:
        while self.position < len(self.data):
            start, self.position = self.position, self._line_end()
            yield self.data[start : self.position].decode(self.codec, self.errors)
        self.starved = True

    def begin(self, record: int) -> None:
        """Continue at the start of a record."""
        self.position = self.record = record

    def next_line(self, record: int) -> int:
        """Where the line ends that begins at the start of a record, as if nothing in it were special."""
        self.begin(record)
        return self._line_end()

    def _line_end(self) -> int:
        if self.position > self.record and (end := self._quoted_end()) > self.position:
            return end
        if self.lone:
            found = _LINE_END.search(self.data, self.position)
            return found.end() if found else len(self.data)
        return self.data.find(b"\n", self.position) + 1 or len(self.data)

    def _quoted_end(self) -> int:
        """Where the lines end that lie within quotes, from a line on that does.

        After an escaped line end the field need not be a quoted one: then the next line stays alone.
        """
        escaped = self.escape and self.escape in self.data[max(self.record, self.position - 3) : self.position]
        found = None if escaped or not self.quoted else self.quoted.match(self.data, self.position)
        if not found:
            return self.position
        end = found.end()
        return end if end == len(self.data) else self.line_start(self.position, end)

    def line_start(self, start: int, position: int) -> int:
        """Where the line that holds `position` begins, not before `start`."""
        begin = self.data.rfind(b"\n", start, position)
        if self.lone:
            begin = max(begin, self.data.rfind(b"\r", start, position))
        return begin + 1 if begin >= 0 else start
