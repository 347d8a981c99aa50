"""Blocks as tables: where every field of every record begins and ends, found by scanning for separators at once.

`Tables.take` makes a table of a block only if each record in it has the header's width. Records that the csv module
must read are overwritten with a stand-in of the same length and width, so that positions stay true, and are `odd`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from csvapi.csvio.blocks import Block
from csvapi.csvio.keys import canonical
from csvapi.csvio.records import Hard, hard_records

if TYPE_CHECKING:
    from csvapi.csvio.wire import Wire

Places = NDArray[np.int64]

PADDING = 16  # bytes behind the text, so that words may be read at any of its positions
_SPARSE = 64  # bytes per quote from which on each line with one is left to the csv module
_RARE = 100  # bytes for each place that shows an irregular line
_LF, _CR = b"\n"[0], b"\r"[0]


@dataclass(slots=True)
class Table:
    """Records of `data` that end at `stops`. Their fields lie in `text` (padded) and end at `ends`, one row each."""

    wire: Wire
    data: bytes
    stops: Places
    text: bytes
    starts: Places
    ends: Places
    odd: dict[int, list[bytes]]
    position: int
    row: int
    lines: int

    def __len__(self) -> int:
        return len(self.stops)

    @property
    def size(self) -> int:
        return len(self.data)

    def span(self, position: int, records: Places) -> tuple[Places, Places]:
        """Where a field begins and ends in `text`, in records that are not odd."""
        first = self.starts[records] if position == 0 else self.ends[records, position - 1] + 1
        return first, self.ends[records, position]

    def cells(self, position: int, records: Places) -> list[bytes]:
        """A field of records that are not odd."""
        first, last = self.span(position, records)
        text = self.text
        return [text[begin:end] for begin, end in zip(first.tolist(), last.tolist(), strict=True)]

    def block(self, records: Places) -> Block:
        """Some records as a block, for whatever has no kernel."""
        stops = self.stops[records].tolist()
        begins = np.concatenate(([0], self.stops))[records].tolist()
        raw = list(map(self.data.__getitem__, map(slice, begins, stops)))
        spans = map(slice, self.starts[records].tolist(), self.ends[records, -1].tolist())
        plain = list(map(self.text.__getitem__, spans))
        odd = {index: self.odd[record] for index, record in enumerate(records.tolist()) if record in self.odd}
        for index, fields in odd.items():
            plain[index] = canonical(fields, self.wire.delimiter)
        return Block(self.wire, raw, plain, (records + self.row).tolist(), odd, self.ends.shape[1])

    def halves(self, records: Places) -> tuple[Places, Places]:
        """Which of `records` are plain, and which are odd."""
        if not self.odd:
            return records, records[:0]
        odd = np.zeros(len(self), np.bool_)
        odd[list(self.odd)] = True
        of = odd[records]
        return records[~of], records[of]


@dataclass
class Tables:
    """Makes tables of blocks for one pass; `taken` counts the blocks, `left` those that were none."""

    wire: Wire
    width: int
    decodes: Callable[[bytes], bool]
    taken: int = 0
    left: int = 0

    def take(self, rest: bytes, position: int, row: int, final: bool) -> Table | None:
        """The whole records at the beginning of `rest`, or None where a table would not be certain."""
        whole = rest if final else rest[: rest.rfind(b"\n") + 1]
        table = self._take(whole, position, row, final=final) if whole and self.width else None
        self.taken += table is not None
        self.left += table is None and len(whole) > 0
        return table

    def _take(self, whole: bytes, position: int, row: int, *, final: bool) -> Table | None:
        if b"\0" in whole or not self.decodes(whole):
            return None
        if b"\r" in whole and whole.count(b"\r") != whole.count(b"\r\n"):
            return None
        quote = self.wire.quote
        dense = bool(quote) and whole.count(quote) * _SPARSE > len(whole)
        hard = list(hard_records(whole, self.wire, _hard(whole, self.wire) if dense else None))
        if hard and hard[-1].starved:
            if final:
                return None
            whole = whole[: hard.pop().begin]
        if not whole or not self._even(whole, hard):
            return None
        return self._table(whole, hard, position, row, dense=dense)

    def _even(self, whole: bytes, hard: list[Hard]) -> bool:
        """Whether what the csv module read has the header's width, and its quotes are in pairs."""
        quote = self.wire.quote
        return all(
            len(record.fields) == self.width and not whole.count(quote, record.begin, record.end) % 2 for record in hard
        )

    def _table(self, whole: bytes, hard: list[Hard], position: int, row: int, *, dense: bool) -> Table | None:
        plain = bytes(self._stand_in(whole, hard)) if hard else whole
        if not plain.endswith(b"\n"):
            plain += b"\n"
        text = (plain.translate(None, self.wire.quote) if dense else plain) + bytes(PADDING)
        chars = np.frombuffer(text, np.uint8, len(text) - PADDING)
        separators = np.flatnonzero((chars == self.wire.delimiter[0]) | (chars == _LF))
        if len(separators) % self.width:
            return None
        ends = separators.reshape(-1, self.width)
        last = ends[:, -1]
        if not (chars[last] == _LF).all() or np.count_nonzero(chars == _LF) != len(ends):
            return None
        starts = np.concatenate(([0], last[:-1] + 1))
        stops = np.flatnonzero(np.frombuffer(plain, np.uint8) == _LF) + 1 if dense else last + 1
        if b"\r" in text:
            ends[:, -1] -= chars[last - 1] == _CR
        if self.width == 1 and (starts == ends[:, 0]).any():
            return None  # blank lines, or one empty field
        stops[-1] = len(whole)
        indexes = np.searchsorted(stops, [record.begin for record in hard], side="right").tolist()
        lines = sum(len(whole[record.begin : record.end].splitlines()) - 1 for record in hard) + len(stops)
        odd = {index: record.fields for index, record in zip(indexes, hard, strict=True)}
        return Table(self.wire, whole, stops, text, starts, ends, odd, position, row, lines)

    def _stand_in(self, whole: bytes, hard: Sequence[Hard]) -> bytearray:
        """`whole` with as many delimiters, and nothing else special, in the place of each record in `hard`."""
        data = bytearray(whole)
        used = (self.wire.delimiter, self.wire.quote)
        filler = next(each for each in (b"x", b"y", b"z") if each not in used)
        between = self.wire.delimiter * (self.width - 1)
        for record in hard:
            line_end = b"\r\n" if data.endswith(b"\r\n", record.begin, record.end) else b"\n"
            end = record.end - (len(line_end) if data.endswith(line_end, record.begin, record.end) else 0)
            data[record.begin : end] = between + filler * (end - record.begin - len(between))
        return data


def _hard(whole: bytes, wire: Wire) -> list[int]:
    """The starts of the lines that may hide something: of those with unquoted fields only if these are too many."""
    places = _irregular(whole, wire)
    if len(places) * _RARE > len(whole):
        places = _unpaired(whole, wire)
    return sorted({whole.rfind(b"\n", 0, place) + 1 for place in places.tolist()})


def _irregular(whole: bytes, wire: Wire) -> Places:
    """Where it shows that a line is not quoted fields that hide nothing.

    If a line begins and ends with a quote, each of its delimiters is between two quotes, and each of its quotes is
    either behind a delimiter or at the line's start, or before a delimiter or at its end, but not both, then quotes
    open and close fields in turn, from its start to its end.
    """
    chars = np.frombuffer(b"\n" + whole + b"\n", np.uint8)  # a line end on both sides
    quotes, delimiters, feeds = (chars == each for each in (wire.quote[0], wire.delimiter[0], _LF))
    returns = chars == _CR
    stops = feeds | returns
    here = quotes[1:-1]
    between = np.zeros_like(quotes)
    between[1:-1] = delimiters[1:-1] & quotes[:-2] & quotes[2:]
    opens, closes = (feeds | between)[:-2], (stops | between)[2:]
    wrong = here & (opens == closes)
    wrong |= delimiters[1:-1] & ~between[1:-1]
    wrong |= ~here & feeds[:-2]
    wrong |= ~here & stops[2:] & ~returns[1:-1]
    if whole.endswith(b"\n"):
        wrong[-1] = False  # between the last line end and the one that was added
    return np.flatnonzero(wrong)


def _unpaired(whole: bytes, wire: Wire) -> Places:
    """The quotes that are not at the border of a field which hides nothing.

    A pair of quotes is good if nothing special is between them, a delimiter or line end precedes the first one and
    follows the second one. Where all quotes of a line are in good pairs, by induction from its start each of them opens
    and closes a field, and the line without its quotes has the same fields. Lines may begin inside a record of another
    line; whether they do the csv module finds when it reads the hard line in which that record begins.
    """
    quote = wire.quote[0]
    chars = np.frombuffer(b"\n" + whole + b"\n", np.uint8)  # a line end on both sides: positions are one more
    places = np.flatnonzero((chars == quote) | (chars == wire.delimiter[0]) | (chars == _LF))
    kinds = chars[places]
    quotes = np.flatnonzero(kinds == quote)
    at, before, after = places[quotes], places[quotes - 1], places[quotes + 1]
    quote_before, quote_after = kinds[quotes - 1] == quote, kinds[quotes + 1] == quote
    opens = ~quote_before & quote_after & (before == at - 1)
    ends = (after == at + 1) | ((after == at + 2) & (chars[at + 1] == _CR) & (chars[after] == _LF))
    closes = quote_before & ~quote_after & ends
    good = np.append(opens[:-1] & closes[1:], [False])
    covered = good | np.insert(good[:-1], 0, values=False)
    bad: Places = at[~covered] - 1
    return bad
