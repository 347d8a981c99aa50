"""Where records end and what their fields are: plain text by splitting, everything else by the csv module.

`cut` looks at one chunk of bytes that begins at a record's start. Three paths, each exact:

* plain: no special character, so a record is a line and a field is what lies between delimiters;
* unquoted: every field of every record is quoted and no quote hides anything, proved by counting, so the text without
  its quotes is plain and has the same fields;
* general: a line without special characters that begins where a record begins is plain; from any other line on the
  csv module alone decides where the record ends and what its fields are.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from csvapi.csvio.keys import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.csvio.wire import Wire

_LINE_END = re.compile(rb"\r\n|\n|\r")
BLANK = frozenset((b"\n", b"\r\n", b"\r"))


@dataclass(slots=True)
class Cut:
    """`data` as `units`: raw records and blank lines; `plain` their keys; `odd` what the csv module read in some."""

    data: bytes
    units: list[bytes]
    plain: list[bytes]
    rest: bytes
    odd: dict[int, list[bytes]] = field(default_factory=dict)
    unclosed: int | None = None

    @property
    def lines(self) -> int:
        """Physical lines."""
        if not self.odd:
            return len(self.units)
        return len(self.units) - len(self.odd) + sum(len(self.units[index].splitlines()) for index in self.odd)


def cut(data: bytes, wire: Wire, *, final: bool) -> Cut:
    """Cut `data` into whole records; what may go on after it is left in `rest` unless this is the `final` chunk."""
    if wire.special(data, 0) < 0:
        return _plain(data, final=final)
    return _unquoted(data, wire) or _general(data, wire, final=final)


def _whole(data: bytes, *, final: bool) -> tuple[bytes, bytes]:
    """`data` up to its last line end, and what follows; a `\r` at the end may be half of a line end."""
    if final or data.endswith(b"\n"):
        return data, b""
    end = max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1
    return data[:end], data[end:]


def _plain(data: bytes, *, final: bool) -> Cut:
    whole, rest = _whole(data, final=final)
    return Cut(whole, whole.splitlines(keepends=True), whole.splitlines(), rest)


def _unquoted(data: bytes, wire: Wire) -> Cut | None:
    """The cut of a chunk whose every field is quoted, or None where counting does not prove that.

    Between its first and its last quote, every other quote must be part of `","` or of quote, line end, quote. Turning
    the second kind into the first, as many disjoint `","` as half the quotes means that each quote is in exactly one,
    so the state after each is "inside a quoted field". As many delimiters as `","` and no line ends: nothing is hidden.
    """
    quote, delimiter = wire.quote, wire.delimiter
    if not quote or not data.startswith(quote) or (wire.escape and wire.escape in data):
        return None
    line_end = b"\r\n" if quote + b"\r\n" in data else b"\n"
    last = data.rfind(quote + line_end)
    if last < len(quote):
        return None
    end = last + len(quote + line_end)
    between = quote + delimiter + quote
    inner = data[len(quote) : last].replace(quote + line_end + quote, between)
    joints = inner.count(between)
    if inner.count(quote) != 2 * joints or inner.count(delimiter) != joints or b"\n" in inner or b"\r" in inner:
        return None
    whole = data[:end]
    plain = whole.replace(quote, b"").splitlines()
    if b"" in plain:  # a record of one empty field, which is not a blank line
        return None
    return Cut(whole, whole.splitlines(keepends=True), plain, data[end:])


class _Feed:
    """Lines of `data` for the csv module from `position` on; `starved` once it asked for more than there are."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.starved = False
        self.lone = b"\r" in data and data.count(b"\r") != data.count(
            b"\r\n"
        )  # carriage returns that end lines on their own

    def __iter__(self) -> Iterator[bytes]:
        while self.position < len(self.data):
            start, self.position = self.position, self._line_end()
            yield self.data[start : self.position]
        self.starved = True

    def _line_end(self) -> int:
        if self.lone:
            found = _LINE_END.search(self.data, self.position)
            return found.end() if found else len(self.data)
        return self.data.find(b"\n", self.position) + 1 or len(self.data)

    def line_start(self, start: int, position: int) -> int:
        """Where the line that holds `position` begins, not before `start`."""
        begin = self.data.rfind(b"\n", start, position)
        if self.lone:
            begin = max(begin, self.data.rfind(b"\r", start, position))
        return begin + 1 if begin >= 0 else start


@dataclass(slots=True)
class Hard:
    """A record that the csv module read; `starved` where it asked for more than there was."""

    begin: int
    end: int
    fields: list[bytes]
    starved: bool


def hard_records(whole: bytes, wire: Wire, hard: Sequence[int] | None) -> Iterator[Hard]:
    """What only the csv module may read in whole lines that begin where a record begins, in order.

    It starts at the next line that holds a special character or, where `hard` is given, at the next of these lines.
    """
    feed = _Feed(whole)
    reader = wire.reader(feed)
    end = 0
    while (begin := _next_hard(feed, wire, hard, end)) < len(whole):
        feed.position = begin
        fields = next(reader)
        end = feed.position
        yield Hard(begin, end, fields, feed.starved)


def _general(data: bytes, wire: Wire, *, final: bool) -> Cut:
    """Spans of lines that are no more than they seem are split; the csv module reads from any other line on."""
    whole, rest = _whole(data, final=final)
    units: list[bytes] = []
    plain: list[bytes] = []
    odd: dict[int, list[bytes]] = {}
    quoted = wire.only_quotes and whole.startswith(wire.quote)
    start, unclosed = 0, None

    def add_plain(span: bytes) -> None:
        units.extend(span.splitlines(keepends=True))
        if quoted and b"\r" + wire.quote in span:  # without its quotes an empty field would make one line end of two
            plain.extend(line.replace(wire.quote, b"") for line in span.splitlines())
        else:
            plain.extend((span.replace(wire.quote, b"") if quoted else span).splitlines())

    for record in hard_records(whole, wire, _hard_lines(whole, wire) if quoted else None):
        add_plain(whole[start : record.begin])
        if record.starved and not final:
            return Cut(whole[: record.begin], units, plain, data[record.begin :], odd)
        start = record.end
        unclosed = len(units) if record.starved else None
        odd[len(units)] = record.fields
        units.append(whole[record.begin : start])
        plain.append(canonical(record.fields, wire.delimiter))
    add_plain(whole[start:])
    return Cut(whole, units, plain, rest, odd, unclosed)


def _next_hard(feed: _Feed, wire: Wire, hard: Sequence[int] | None, start: int) -> int:
    """Where the next line begins that only the csv module may read; the end of the data when there is none."""
    if hard is not None:
        index = bisect_left(hard, start)
        return hard[index] if index < len(hard) else len(feed.data)
    position = wire.special(feed.data, start)
    return feed.line_start(start, position) if position >= 0 else len(feed.data)


def _hard_lines(data: bytes, wire: Wire) -> list[int]:
    """The starts of the lines with quotes that are not certainly records of quoted fields which hide nothing.

    The proof is that of `_unquoted`, for one line that begins where a record begins: its first and its last quote are
    in no `","`, all others are in exactly one, and there are no other delimiters.
    """
    quote, delimiter = wire.quote, wire.delimiter
    between = quote + delimiter + quote
    ends = (quote + b"\n", quote + b"\r\n", quote + b"\r")
    not_ends = tuple(between[:-1] + end for end in ends)
    hard: list[int] = []
    start = 0
    for line in data.splitlines(keepends=True):
        quotes = line.count(quote)
        if quotes and not (
            line.count(between) * 2 + 2 == quotes
            and line.count(delimiter) * 2 + 2 == quotes
            and line.startswith(quote)
            and line.endswith(ends)
            and not line.startswith(between)
            and not line.endswith(not_ends)
        ):
            hard.append(start)
        start += len(line)
    return hard
