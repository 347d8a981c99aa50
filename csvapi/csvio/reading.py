"""Reading a file in batches: once, in order, in memory that does not grow with the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from csvapi.csvio.batch import BLOCK_SIZE
from csvapi.csvio.buffer import Buffer
from csvapi.csvio.native_parser import NativeParser
from csvapi.csvio.parsing import CsvParser
from csvapi.errors import MalformedCsv

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.csvio.parsing import LocatedBatch, ParsedRecords, Parser
    from csvapi.csvio.source import Source


def parsers_of(source: Source, width: int, limit: int, *, native: int = 0) -> list[Parser]:
    """The parsers for a source whose header has `width` fields: the native one, if it may read so many bytes at once
    and knows the dialect, and the csv module."""
    csv = CsvParser(source, limit)
    quick = NativeParser.of(source.byte_dialect, width, native, limit) if native else None
    csv.patient = quick is None
    return [csv] if quick is None else [quick, csv]


def read_batches(
    source: Source,
    start: int,
    stop: int,
    parsers: Sequence[Parser],
    *,
    line: int = 1,
    size: int = BLOCK_SIZE,
    limit: int = 1 << 24,
) -> Iterator[LocatedBatch]:
    """Read the records of bytes `start` to `stop`, which must both be where records begin.

    Of the parsers the first one that takes something wins; the last one must take every record. One pass, `size` bytes
    at a time; memory: a few times as much, or the longest record. A batch is valid until the next one. Raises
    `MalformedCsv` for a record longer than `limit` bytes.
    """
    homes = [parser.home for parser in parsers if parser.home is not None]
    buffer, need = Buffer(homes[0] if homes else memoryview(bytearray(2 * size)), start, line), 1
    for data, final in _chunks(source, start, stop, size):
        buffer.add(data)
        if buffer.size < need and not final:
            continue
        while buffer.size and (found := _first(parsers, buffer, final=final)) is not None:
            yield found
            buffer.skip(found)
        if buffer.size > limit:
            detail = f"A record is longer than the limit of {limit} bytes near line {buffer.line}; "
            detail += "is a closing quote missing?"
            byte = source.byte(buffer.position)
            raise MalformedCsv(detail, row=buffer.row + 1, line=buffer.line, byte=byte, limit=limit)
        need = 2 * buffer.size  # a record longer than what is read at once is not looked at with every piece of it


def read_parsed(
    source: Source, start: int, stop: int, *, line: int = 1, size: int = BLOCK_SIZE, limit: int = 1 << 24
) -> Iterator[ParsedRecords]:
    """The same by the csv module alone, where every record is to be an object."""
    parsers = [CsvParser(source, limit)]
    return cast(
        "Iterator[ParsedRecords]", read_batches(source, start, stop, parsers, line=line, size=size, limit=limit)
    )


def _first(parsers: Sequence[Parser], buffer: Buffer, *, final: bool) -> LocatedBatch | None:
    found = (parser.parse(buffer, final=final) for parser in parsers)
    return next((each for each in found if each is not None), None)


def _chunks(source: Source, start: int, stop: int, size: int) -> Iterator[tuple[bytes, bool]]:
    previous = b""
    for data in source.pieces(start, stop, size):
        if previous:
            yield previous, False
        previous = data
    yield previous, True
