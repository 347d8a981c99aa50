"""A block as a table: where every field of every record begins and ends, and what may be asked of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from csvapi.csvio.blocks import Block
from csvapi.csvio.keys import canonical, quote_beside
from csvapi.engines.local.kernels.quotes import Bytes, Mask, Places, Quotes, Words

if TYPE_CHECKING:
    from csvapi.csvio.wire import Wire

BELOW = np.array([(1 << 8 * length) - 1 for length in range(9)], np.uint64)  # the low bytes of a word, so many
PADDING = 128  # bytes behind the records, so that words and rows of words may be read at any of their positions


@dataclass
class Table:
    """Records that `text` begins with, which end at `stops`; their fields end at `ends`, one row for each record. At
    least `PADDING` bytes follow.

    Fields keep their quotes, which are described by `quotes` if there are any.
    """

    wire: Wire
    text: bytes
    stops: Places
    starts: Places
    ends: Places
    quotes: Quotes | None
    position: int
    row: int
    lines: int

    def __len__(self) -> int:
        return len(self.stops)

    @property
    def size(self) -> int:
        return int(self.stops[-1])

    def begin(self, record: int) -> int:
        """Where a record begins in `text`."""
        return int(self.stops[record - 1]) if record else 0

    @cached_property
    def chars(self) -> Bytes:
        return np.frombuffer(self.text, np.uint8)

    @cached_property
    def hides(self) -> Mask | None:
        """Which records have a field that hides something special or, where quotes are few, that has quotes."""
        if self.quotes is None:
            return None
        places = self.quotes.hidden() if self.quotes.places is None else self.quotes.places
        return self._holding(places) if len(places) else None

    @cached_property
    def minimal(self) -> Mask | None:
        """Which records need all the quotes they have and so are, behind a line end, their keys; None if unknown."""
        quotes, wire = self.quotes, self.wire
        if quotes is None or quotes.places is None or wire.quote != quote_beside(wire.delimiter):
            return None
        ends = self.ends.ravel()
        needed = np.zeros(len(ends) + 1, np.bool_)  # by field
        needed[np.searchsorted(ends, quotes.hidden())] = True
        opening = quotes.opening()
        idle = opening[~needed[np.searchsorted(ends, opening)]]
        return self._holding(quotes.covered) & ~self._holding(idle)

    def _holding(self, places: Places) -> Mask:
        """Which records hold one of these places; those behind the last record count for nothing."""
        mask = np.zeros(len(self) + 1, np.bool_)
        mask[np.searchsorted(self.stops, places, side="right")] = True
        return mask[:-1]

    @cached_property
    def words(self) -> Words:
        """The eight bytes from each position on, the first one lowest."""
        return np.ndarray((len(self.text) - 7,), "<u8", self.text, 0, (1,))

    def shows(self, text: bytes) -> bool:
        """Whether `text` lies in a field as it lies in `self.text`, whatever the field's quotes."""
        return not self.quotes or self.wire.quote not in text

    def _field(self, position: int | Places, records: Places) -> tuple[Places, Places]:
        if isinstance(position, int):
            first = self.ends[:, position - 1][records] + 1 if position else self.starts[records]
            return first, self.ends[:, position][records]
        first = np.where(position, self.ends[records, position - 1] + 1, self.starts[records])
        return first, self.ends[records, position]

    def span(self, position: int | Places, records: Places) -> tuple[Places, Places]:
        """Where a field begins and ends in `text`, without the quotes around it; those in it are still doubled."""
        first, last = self._field(position, records)
        if self.quotes:
            around = self.chars[first] == self.wire.quote[0]
            first += around
            last -= around
        return first, last

    def cells(self, position: int | Places, records: Places) -> list[bytes]:
        """What a field holds."""
        first, last = self.span(position, records)
        cells = list(map(self.text.__getitem__, map(slice, first.tolist(), last.tolist())))
        if self.hides is not None:
            quote = self.wire.quote
            for index in np.flatnonzero(self.chars[first - 1] == quote[0]).tolist():
                cells[index] = cells[index].replace(quote * 2, quote)
        return cells

    def odd(self, records: Places, positions: Sequence[int] | None = None) -> Mask:
        """For which of `records` the key of these columns (None for all) is more than their text without quotes."""
        if self.hides is None:
            return np.zeros(len(records), np.bool_)
        odd = self.hides[records]
        if positions is not None and odd.any():
            quote = self.wire.quote[0]
            odd &= np.any([self.chars[self._field(each, records)[0]] == quote for each in positions], axis=0)
        return odd

    def unquoted(self, records: Places) -> tuple[bytes, Places, Places]:
        """A text without any quotes, and where `records` that are not odd begin in it and how long they are."""
        starts, ends, text = self.starts[records], self.ends[records, -1], self.text
        if self.quotes and self.quotes.places is None:
            places = np.flatnonzero(self.chars == self.wire.quote[0])
            text = text.translate(None, self.wire.quote) + bytes(PADDING)
            starts -= np.searchsorted(places, starts)
            ends -= np.searchsorted(places, ends)
        return text, starts, ends - starts

    def keys(self, records: Places) -> list[bytes]:
        """The keys of whole records that are odd."""
        spans = zip(self.starts[records].tolist(), self.ends[records, -1].tolist(), strict=True)
        keys = [b"\n" + self.text[begin:end] for begin, end in spans]
        where = np.arange(len(records)) if self.minimal is None else np.flatnonzero(~self.minimal[records])
        for index, fields in zip(where.tolist(), self._fields(records[where]), strict=True):
            keys[index] = canonical(fields, self.wire.delimiter)
        return keys

    def block(self, records: Places) -> Block:
        """Some records as a block, for whatever has no kernel."""
        stops = self.stops[records].tolist()
        begins = np.concatenate(([0], self.stops))[records].tolist()
        raw = list(map(self.text.__getitem__, map(slice, begins, stops)))
        spans = map(slice, self.starts[records].tolist(), self.ends[records, -1].tolist())
        plain = list(map(self.text.__getitem__, spans))
        odd = {}
        if self.quotes:
            plain = [line.replace(self.wire.quote, b"") for line in plain]
            where = np.flatnonzero(self.odd(records))
            odd = dict(zip(where.tolist(), self._fields(records[where]), strict=True))
        return Block(self.wire, raw, plain, (records + self.row).tolist(), odd, self.ends.shape[1])

    def _fields(self, records: Places) -> list[list[bytes]]:
        """What the fields of some records hold, record by record."""
        width = self.ends.shape[1]
        cells = self.cells(np.tile(np.arange(width), len(records)), np.repeat(records, width))
        return [cells[first : first + width] for first in range(0, len(cells), width)]
