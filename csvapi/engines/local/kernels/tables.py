"""Making tables of blocks: by scanning for all separators at once, where that is certain to be right.

`Tables.take` makes a table of a block only if each record in it has the header's width and each quote opens or closes a
field (`quotes`). Everything else goes the general way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from csvapi.engines.local.kernels import quotes
from csvapi.engines.local.kernels.quotes import Bytes, Places
from csvapi.engines.local.kernels.table import PADDING, Table

if TYPE_CHECKING:
    from csvapi.csvio.wire import Wire

_LF, _CR = b"\n"[0], b"\r"[0]


@dataclass
class Tables:
    """Makes tables of blocks for one pass; `taken` counts the blocks, `left` those that were none."""

    wire: Wire
    width: int
    decodes: Callable[[memoryview], bool]
    repeats_header: Callable[[bytes], bool]
    sparse: int = 64  # bytes to a quote from which on a record with quotes is a rare one
    taken: int = 0
    left: int = 0

    def take(self, rest: bytes, position: int, row: int, final: bool) -> Table | None:
        """The whole records at the beginning of `rest`, or None where a table would not be certain.

        As long as more is to come, those that end in the last bytes are not taken: a table must have bytes behind it.
        """
        text = rest
        if final:
            text += b"\n" * (not rest.endswith(b"\n"))
            text += bytes(PADDING + -(len(text) + PADDING) % quotes.WORD)
        chars = np.frombuffer(text, np.uint8, max(len(text) - PADDING * (not final), 0) // quotes.WORD * quotes.WORD)
        table = self._take(rest, text, chars, position, row, final=final) if self.width and len(chars) else None
        self.taken += table is not None
        self.left += table is None and len(chars) > 0
        return table

    def _take(self, rest: bytes, text: bytes, chars: Bytes, position: int, row: int, *, final: bool) -> Table | None:
        returns = b"\r" in rest
        if b"\0" in rest or (returns and rest.count(b"\r", 0, len(chars)) != rest.count(b"\r\n", 0, len(chars) + 1)):
            return None
        if self.repeats_header(rest) or (self.wire.mark and not rest.isascii() and self.wire.mark in rest):
            return None
        feeds = chars == _LF
        separators = feeds | (chars == self.wire.delimiter[0])
        found, covered = None, np.empty(0, np.int64)
        if self.wire.quote and self.wire.quote in rest:
            found = quotes.read(chars, separators, self.wire, self.sparse, returns=returns)
            if not found:
                return None
            covered = found.covered
            separators[covered] = False
        ends = self._ends(chars, np.flatnonzero(separators))
        if ends is None or (final and ends[-1, -1] + 1 < len(rest)):
            return None
        stops = ends[:, -1] + 1
        lines = int(np.count_nonzero(feeds[: stops[-1]]))
        if lines - np.count_nonzero(feeds[covered[covered < stops[-1]]]) != len(stops):
            return None  # a line ends before the last column
        starts = np.concatenate(([0], stops[:-1]))
        if returns:
            ends[:, -1] -= chars[ends[:, -1] - 1] == _CR
        if self.width == 1 and (starts == ends[:, 0]).any():
            return None  # blank lines, or one empty field
        stops[-1] = min(stops[-1], len(rest))
        if not rest.isascii() and not self.decodes(memoryview(rest)[: stops[-1]]):
            return None
        return Table(self.wire, text, stops, starts, ends, found, position, row, lines)

    def _ends(self, chars: Bytes, separators: Places) -> Places | None:
        """Where the fields end, a row for each record; what follows the last line end goes."""
        feeds = chars[separators[-self.width :]] == _LF
        if not feeds.any():
            return None
        ends = separators[: len(separators) - int(feeds[::-1].argmax())]
        if len(ends) % self.width:
            return None
        ends = ends.reshape(-1, self.width)
        return ends if (chars[ends[:, -1]] == _LF).all() else None
