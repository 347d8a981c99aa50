"""Where records end and what their fields are: plain text by splitting, everything else by the csv module.

`cut` looks at one chunk of bytes that begins at a record's start. Its parts go two ways, both exact:

* plain: without a special character a record is a line and a field is what lies between delimiters;
* hard: from any other line on the csv module alone decides where the record ends and, if its quotes are well formed,
  what its fields are; the fields of a record with malformed quotes are read again (`quote_repair`).

A byte order mark before a record (of files that were joined) stays in its bytes and is no part of its first field. A
line that begins with the dialect's comment character where a record could begin is none, whatever quotes it holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from csvapi.csvio.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from csvapi.csvio.byte_dialect import ByteDialect

BLANK = frozenset((b"\n", b"\r\n", b"\r"))


@dataclass(slots=True)
class ParseResult:
    """`data` as `units`: raw records, blank lines and, which are listed in `comments`, comments. `parsed_fields` is
    what the csv module read in some of them; others have their keys in `line_texts`. `misquoted` are those of
    `parsed_fields` with malformed quotes, `marked` those with a byte order mark.
    """

    data: bytes
    units: list[bytes]
    line_texts: list[bytes]
    rest: bytes
    parsed_fields: dict[int, list[bytes]] = field(default_factory=dict)
    unclosed: int | None = None
    misquoted: list[int] = field(default_factory=list)
    marked: list[int] = field(default_factory=list)
    comments: list[int] = field(default_factory=list)

    @property
    def only_records(self) -> bool:
        """Whether every unit is a record."""
        return not self.comments and (b"" not in self.line_texts or BLANK.isdisjoint(self.units))

    def records(self) -> list[int]:
        """The units that are records."""
        gone = frozenset(self.comments)
        return [at for at, unit in enumerate(self.units) if unit not in BLANK and at not in gone]

    @property
    def lines(self) -> int:
        """Physical lines."""
        if not self.parsed_fields:
            return len(self.units)
        return (
            len(self.units)
            - len(self.parsed_fields)
            + sum(line_count(self.units[index]) for index in self.parsed_fields)
        )


def cut(data: bytes, byte_dialect: ByteDialect, *, final: bool) -> ParseResult:
    """Cut `data` into whole records; what may go on after it is left in `rest` unless this is the `final` chunk.

    The fields of records with malformed quotes are the csv module's until `repair` reads them again.
    """
    marked = bool(byte_dialect.mark) and not data.isascii() and byte_dialect.mark in data
    if not marked and byte_dialect.special(data, 0) < 0:
        done = _plain(data, final=final)
    else:
        done = _mixed(data, byte_dialect, final=final, marked=marked)
    if byte_dialect.comment:
        done.comments = [at for at, unit in enumerate(done.units) if is_comment(unit, 0, byte_dialect)]
    return done


def read(data: bytes, byte_dialect: ByteDialect, width: int, *, final: bool = True) -> ParseResult:
    """Cut `data` and repair what needs it: what a pass reads in a file with `width` columns."""
    done = cut(data, byte_dialect, final=final)
    return repair(done, byte_dialect, width) if done.misquoted else done


def repair(done: ParseResult, byte_dialect: ByteDialect, width: int) -> ParseResult:
    """Read the fields of records with malformed quotes as people mean them; `width` is the header's, 0 if unknown."""
    codec, errors = byte_dialect.text
    for index in done.misquoted:
        if index != done.unclosed:
            text = record_text(done.units[index], byte_dialect).decode(codec, errors)
            plain = [cell.decode(codec, errors) for cell in done.parsed_fields[index]]
            done.parsed_fields[index] = byte_dialect.encoded(byte_dialect.repair.fields(text, plain, width))
    return done


def line_count(text: bytes) -> int:
    """The physical lines of `text`, without making them."""
    ends = text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")
    return ends + (not text.endswith((b"\n", b"\r")) if text else 0)


def record_text(unit: bytes, byte_dialect: ByteDialect) -> bytes:
    """A record without byte order mark and line end."""
    body = unit[unmarked(unit, 0, byte_dialect) :]
    return body[: len(body) - (2 if body.endswith(b"\r\n") else body.endswith((b"\r", b"\n")))]


def is_comment(data: bytes, start: int, byte_dialect: ByteDialect) -> bool:
    """Whether the line that begins at `start`, where a record could begin, is a comment."""
    comment = byte_dialect.comment
    return bool(comment) and data.startswith(comment, unmarked(data, start, byte_dialect))


def unmarked(data: bytes, start: int, byte_dialect: ByteDialect) -> int:
    """Where the text of the record that begins at `start` begins."""
    while byte_dialect.mark and data.startswith(byte_dialect.mark, start):
        start += len(byte_dialect.mark)
    return start


def _whole(data: bytes, *, final: bool) -> tuple[bytes, bytes]:
    """`data` up to its last line end, and what follows; a `\r` at the end may be half of a line end."""
    if final or data.endswith(b"\n"):
        return data, b""
    end = max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1
    return data[:end], data[end:]


def _plain(data: bytes, *, final: bool) -> ParseResult:
    whole, rest = _whole(data, final=final)
    return ParseResult(whole, whole.splitlines(keepends=True), whole.splitlines(), rest)


def _mixed(data: bytes, byte_dialect: ByteDialect, *, final: bool, marked: bool) -> ParseResult:
    """Runs of plain records are split; the csv module reads those between them."""
    whole, rest = _whole(data, final=final)
    done = ParseResult(whole, [], [], rest)
    feed = Lines(whole, byte_dialect)
    run_end = _marked_end(feed, byte_dialect) if marked else _plain_end(feed, byte_dialect)
    reader = byte_dialect.reader(feed, final=final)
    start, end = 0, run_end(0)
    while end < len(whole):
        _split(whole[start:end], done)
        if is_comment(whole, end, byte_dialect):
            start = feed.next_line(end)
            _split(whole[end:start], done)
            end = run_end(start)
            continue
        feed.begin(unmarked(whole, end, byte_dialect))
        fields, fault = next(reader, ([], ""))
        if feed.starved and not final:
            done.data, done.rest = whole[:end], data[end:]
            return done
        start = feed.position
        _add(done, whole[end:start], byte_dialect.encoded(fields), byte_dialect, fault, starved=feed.starved)
        end = run_end(start)
    _split(whole[start:], done)
    return done


def _add(
    done: ParseResult, unit: bytes, fields: list[bytes], byte_dialect: ByteDialect, fault: str, *, starved: bool
) -> None:
    """Add a record that the csv module read."""
    index = len(done.units)
    done.units.append(unit)
    done.line_texts.append(unit)
    done.parsed_fields[index] = fields or [b""]
    done.unclosed = index if starved else None
    if fault or (not byte_dialect.dialect.double_quote and byte_dialect.quote and _is_malformed(unit, byte_dialect)):
        done.misquoted.append(index)
    if byte_dialect.mark and unit.startswith(byte_dialect.mark):
        done.marked.append(index)


def _is_malformed(unit: bytes, byte_dialect: ByteDialect) -> bool:
    codec, errors = byte_dialect.text
    return byte_dialect.repair.is_malformed(record_text(unit, byte_dialect).decode(codec, errors))


def _split(span: bytes, done: ParseResult) -> None:
    """Add plain records."""
    done.units.extend(span.splitlines(keepends=True))
    done.line_texts.extend(span.splitlines())


def _plain_end(feed: Lines, byte_dialect: ByteDialect) -> Callable[[int], int]:
    """Where the plain records end that begin at a record's start; looks at each byte once."""
    position = -1

    def run_end(start: int) -> int:
        nonlocal position
        if position < start:
            position = byte_dialect.special(feed.data, start)
            position = len(feed.data) if position < 0 else position
        return feed.line_start(start, position) if position < len(feed.data) else position

    return run_end


def _marked_end(feed: Lines, byte_dialect: ByteDialect) -> Callable[[int], int]:
    """The same where some records have a byte order mark, up to the next one of these."""
    plain_end = _plain_end(feed, byte_dialect)

    def run_end(start: int) -> int:
        end = plain_end(start)
        mark = feed.data.find(byte_dialect.mark, start, end)
        return end if mark < 0 else feed.line_start(start, mark)

    return run_end
