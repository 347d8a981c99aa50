"""Pages of a file as JSON: what is shown of it at once. Each gives facts about the page, and its items as text.

A record becomes text alone, and joins the others as bytes, so that a page takes a few times the memory of its text.
"""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from csvapi.csvio.detection import HEAD, detect
from csvapi.csvio.locations import Location, page, record_issues, start
from csvapi.csvio.preview import header, rows
from csvapi.errors import InvalidInput, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect

ROOM = 4 * 1024 * 1024  # bytes of records in one page
_LOOKED_AT = 64 * 1024 * 1024  # bytes that one page of issues looks at
_SECONDS = 2.0  # that it looks
Answer = tuple[dict[str, Any], bytes]


def items(objects: Iterable[Any]) -> bytes:
    """A JSON array."""
    return b"[" + b",".join(json.dumps(each, separators=(",", ":")).encode() for each in objects) + b"]"


def records(path: Path, dialect: Dialect, limit: int, at: Location | None) -> Answer:
    """A page of records with their places; the facts are the columns, and where the page that follows begins."""
    columns, first = start(path, dialect)
    found, following = page(path, dialect, len(columns), limit, at or first, ROOM)
    return {"columns": columns, "following": _written(following)}, items(row.as_json() for row in found)


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
