"""Pages of a file as JSON: what is shown of it at once. Each gives facts about the page, and its items as text.

A record becomes text alone, and joins the others as bytes, so that a page takes a few times the memory of its text.
"""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.detection import HEAD, detect
from csvapi.csvio.locations import PAGE_BATCH, Location, page, page_of, record_issues, spans_of, start
from csvapi.csvio.preview import header, rows
from csvapi.csvio.seeking import seek
from csvapi.csvio.source import Source
from csvapi.errors import InvalidInput, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect
    from csvapi.csvio.locations import Row
    from csvapi.csvio.row_index import Bounds, Stretch

ROOM = 4 * 1024 * 1024  # bytes of records in one page
_LOOKED_AT = 64 * 1024 * 1024  # bytes that one page of issues looks at
_SECONDS = 2.0  # that it looks
Answer = tuple[dict[str, Any], bytes]


def items(objects: Iterable[Any]) -> bytes:
    """A JSON array."""
    return b"[" + b",".join(json.dumps(each, separators=(",", ":")).encode() for each in objects) + b"]"


def records(path: Path, dialect: Dialect, limit: int, at: Location | None) -> Answer:
    """A page of records with their places, from a place on; the facts are the columns, and where the page that follows
    begins."""
    columns, first = start(path, dialect)
    found, following = page(path, dialect, len(columns), limit, at or first, ROOM)
    return _page(columns, found, following)


def records_from(path: Path, dialect: Dialect, limit: int, row: int, near: int) -> Answer:
    """The same from the record with a number on: a pass up to it, or to the end of a file that is not longer than
    `near` bytes; then `total` says how many records there are.

    No record has a number beyond the last. One that lies further than `near` bytes from the first is not looked for:
    the facts say how many records are not so `far`, which is 0 for one that was.
    """
    columns, first = start(path, dialect)
    source = replace(Source.open(path, dialect), known_width=len(columns))
    sought = seek(source, first, row, near)
    total = sought.records if sought.seen else None
    if sought.at is None:
        return _page(columns, [], None, total=total, far=0 if sought.seen else sought.records)
    found, following = page(path, dialect, len(columns), limit, sought.at, ROOM)
    return _page(columns, found, following, total=total)


def records_between(
    path: Path,
    offset: int,
    dialect: Dialect,
    columns: list[str],
    limit: int,
    row: int,
    bounds: Bounds,
    stretch: Stretch,
) -> Answer:
    """The same by an index: `stretch` says between which places to look. The file at `path` begins with byte `offset`
    of the one that is indexed."""
    at, after = stretch
    begin, stop = at.byte - offset, (after.byte if after else bounds.end) - offset
    byte_dialect = ByteDialect.of(dialect, bounds.head)
    source = Source(path, byte_dialect, stop, begin, known_width=len(columns))
    sought = seek(source, at, row, sys.maxsize, begin)
    if sought.at is None:
        return _page(columns, [], None, total=bounds.records)
    begin = sought.at.byte - offset
    there = spans_of(replace(source, body=begin), sought.at, stop, PAGE_BATCH, begin)
    found, following = page_of(there, len(columns), limit, ROOM)
    return _page(columns, found, following or after, total=bounds.records)


def _page(
    columns: list[str], found: list[Row], following: Location | None, *, total: int | None = None, far: int = 0
) -> Answer:
    facts = {"columns": columns, "following": _written(following), "total": total, "far": far}
    return facts, items(row.as_json() for row in found)


def issues(path: Path, dialect: Dialect, limit: int, at: Location | None) -> Answer:
    """What is odd in a bounded part of the file; the facts say where the page that follows begins."""
    columns, first = start(path, dialect)
    found, following = record_issues(path, dialect, len(columns), limit, at or first, _LOOKED_AT, _SECONDS)
    return {"following": _written(following)}, items(each.as_json() for each in found)


def objects(path: Path, dialect: Dialect, limit: int) -> Answer:
    """The first records as objects by column, with names that are unique; an absent field is null."""
    columns, found = rows(path, dialect, limit)
    names = unique_names(columns, max(map(len, found), default=0))
    absent = [None] * len(columns)
    return {}, items(dict(zip(names, [*row, *absent[len(row) :]], strict=False)) for row in found)


def columns(path: Path, dialect: Dialect, limit: int, most: int) -> Answer:
    """The names of the columns.

    Raises MalformedCsv for a header longer than `limit` bytes, TooLarge for more than `most` columns, and InvalidInput
    where the file cannot be read in this dialect.
    """
    try:
        found = header(path, dialect, limit=limit)
    except (ValueError, TypeError, csv.Error) as error:
        raise InvalidInput(f"dialect: the file cannot be read this way: {error}") from error
    if len(found) > most:
        raise TooLarge(f"The file has {len(found)} columns; the limit is {most}", limit=most)
    return {"columns": found}, b""


def detected(ends: tuple[bytes, bytes], size: int, path: Path, limit: int, most: int, delimiter: str = "") -> Answer:
    """What the first and last bytes of a file say of it, with the columns of a pass (see `columns`).

    `delimiter` is that of a file of which it is known.

    Raises as `detect` and `columns` do.
    """
    found = detect(*ends, complete=size <= HEAD, size=size, delimiter=delimiter)
    named, _ = columns(path, found.dialect, limit, most)
    found = replace(found, columns=tuple(named["columns"]))
    return {"dialect": found.dialect.as_json(), "detection": found.as_json(), **named}, b""


def _written(location: Location | None) -> list[int] | None:
    return [location.row, location.line, location.byte] if location else None


def unique_names(columns: list[str], width: int) -> list[str]:
    """Names for the keys of an object: a repeated one gets `.1`, `.2` …, a field past the header `column_5`."""
    names: list[str] = []
    taken, seen = set(columns), set[str]()
    counts: dict[str, int] = {}
    for position in range(1, max(width, len(columns)) + 1):
        name = wanted = columns[position - 1] if position <= len(columns) else f"column_{position}"
        count = counts.get(wanted, 0)
        while name in seen or (name != wanted and name in taken):
            count += 1
            name = f"{wanted}.{count}"
        counts[wanted] = count
        seen.add(name)
        names.append(name)
    return names
