"""Finding a record by its number, and noting where records begin: passes that make no record an object."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from csvapi.csvio.batch import BLOCK_SIZE
from csvapi.csvio.locations import Location, spans_of, start
from csvapi.csvio.reading import parsers_of, read_batches, read_parsed
from csvapi.csvio.row_index import Bounds, Places, write
from csvapi.csvio.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect
    from csvapi.csvio.locations import Span
    from csvapi.csvio.parsing import LocatedBatch

_AT_ONCE = 8 * BLOCK_SIZE  # which costs the kernel next to nothing
_LONGEST = 1 << 24  # bytes of a record
_DECLINED = 100  # stretches after which the kernel is not asked any more, if it declines as many as it takes


class Sought(NamedTuple):
    """Where a record begins, None if it is not there or not near; how many records are before what was not looked at,
    which is nothing where all were `seen`."""

    at: Location | None
    records: int
    seen: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """Records that were read together: the row of the first one, how many there are, and where each begins."""

    row: int
    count: int
    where: Callable[[int], Location]


def seek(source: Source, first: Location, row: int, near: int, begin: int | None = None) -> Sought:
    """Look for a record from the place of another one on, at most so many bytes further; where the source ends within
    these, its records are counted, too.

    `begin` is where the place is in a source that has only a part of the file. One pass; memory for a batch.
    """
    begin = first.byte if begin is None else begin
    at, whole, seen = None, source.size - begin <= near, first.row - 1
    for run in _runs(source, first, begin, _LONGEST):
        if not whole and run.count and run.where(0).byte - first.byte > near:
            return Sought(None, seen, seen=False)
        if run.row <= row < run.row + run.count:
            at = run.where(row - run.row)
            if not whole or near == sys.maxsize:
                return Sought(at, seen, seen=False)
        seen += run.count
    return Sought(at, seen, seen=True)


def make_index(target: Path, path: Path, dialect: Dialect, limit: int, heartbeat: Callable[[], None]) -> int:
    """Write the index of a file: one pass, memory for a batch and the index; returns its bytes.

    Raises `MalformedCsv` for a record longer than `limit` bytes, and what `heartbeat` does.
    """
    columns, first = start(path, dialect)
    source, places = replace(Source.open(path, dialect), known_width=len(columns)), Places()
    for run in _runs(source, first, first.byte, limit):
        if run.count:
            at = run.where(0)
            places.note(places.records, at.line - first.line, at.byte - first.byte)
        places.records += run.count
        heartbeat()
    with path.open("rb") as file:
        head = file.read(4)
    size = source.size + source.trailing
    return write(target, dialect, Bounds(head, size, source.size, places.records), first, places)


def _runs(source: Source, first: Location, begin: int, limit: int) -> Iterator[_Run]:
    if source.byte_dialect.wide:
        for span in spans_of(replace(source, body=begin), first, source.size, begin=begin):
            yield _run_of(span)
        return
    parsers = parsers_of(source, source.width, limit, native=2 * _AT_ONCE)
    size, shift = _AT_ONCE if len(parsers) > 1 else BLOCK_SIZE, first.byte - begin
    done, taken = 0, dict.fromkeys(("csv", "native"), 0)
    for located in read_batches(source, begin, source.size, parsers, line=first.line, size=size, limit=limit):
        yield _located_run(located, first.row, shift)
        done += len(located)
        taken[located.parser] += 1
        if len(parsers) > 1 and taken["csv"] > max(_DECLINED, taken["native"] - 1):
            break
    else:
        return
    rest, line = located.position + located.size, located.line + located.lines
    for located in read_parsed(source, rest, source.size, line=line, size=BLOCK_SIZE, limit=limit):
        yield _located_run(located, first.row + done, shift)


def _run_of(span: Span) -> _Run:
    return _Run(span.begin.row, len(span.batch), span.location)


def _located_run(located: LocatedBatch, first: int, shift: int) -> _Run:
    row = first + located.batch.rows[0] if len(located) else first

    def where(index: int) -> Location:
        line, position = located.where(index)
        return Location(row + index, line, position + shift)

    return _Run(row, len(located), where)
