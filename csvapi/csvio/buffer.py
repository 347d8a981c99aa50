"""A stretch of a file in memory: what parsers read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from csvapi.csvio.parsing import LocatedBatch


class Buffer:
    """The bytes of a file from `position` on, where record number `row` of the range begins in physical line `line`.

    `home` is memory that is filled first, since a parser may know more about what lies there; what does not fit goes to
    other memory, until it fits again.
    """

    def __init__(self, home: memoryview, position: int, line: int) -> None:
        self.home = self.text = home
        self.position, self.row, self.line = position, 0, line
        self.start = self.stop = 0

    @property
    def size(self) -> int:
        """The number of bytes that no parser has taken yet."""
        return self.stop - self.start

    @property
    def rest(self) -> memoryview:
        """The bytes that no parser has taken yet."""
        return self.text[self.start : self.stop]

    @property
    def at_home(self) -> bool:
        """Whether the bytes lie in `home`."""
        return self.text is self.home

    def add(self, data: bytes) -> None:
        """Append what follows in the file; this invalidates every batch that lies in the buffer."""
        needed = self.size + len(data)
        if self.stop + len(data) > len(self.text) or (not self.at_home and needed <= len(self.home)):
            rest = bytes(self.rest)
            if needed <= len(self.home):
                self.text = self.home
            elif needed > len(self.text):
                self.text = memoryview(bytearray(2 * needed))
            self.start, self.stop = 0, len(rest)
            self.text[: len(rest)] = rest
        self.text[self.stop : self.stop + len(data)] = data
        self.stop += len(data)

    def skip(self, taken: LocatedBatch) -> None:
        """Go on after what a parser took."""
        self.start += taken.size
        self.position += taken.size
        self.row += len(taken)
        self.line += taken.lines
