"""The contents of stored files, page by page: records as text and issues, each read in a child process."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from csvapi.csvio import Dialect, pages
from csvapi.csvio.locations import Location
from csvapi.extensions import runtime
from csvapi.services import cursors, files, row_indices

if TYPE_CHECKING:
    from csvapi.csvio.row_index import RowIndex
    from csvapi.models import File

NEAR = 4 * 1024 * 1024  # bytes from the first record on in which one is looked for without an index

_SHORT, _MOST = 16 * 1024, 500  # bytes of a preview that is kept, and how many of them
_KEPT = 60.0  # seconds, until the next one comes


@dataclass(slots=True)
class _Shown:
    """First records that were shown a moment ago, by the file's key, its dialect and their number."""

    since: float = 0.0
    found: dict[tuple[str, str, int], bytes] = field(default_factory=dict)

    def keep(self, key: tuple[str, str, int], records: bytes) -> None:
        """All of them go together, so that nobody's are there for long."""
        if len(self.found) >= _MOST or time.monotonic() - self.since > _KEPT:
            self.found, self.since = {}, time.monotonic()
        self.found[key] = records


_shown = _Shown()


@dataclass(frozen=True)
class Page:
    """A page of records: the column names, the records as JSON, the cursor of the next page, and how many records the
    file has, None where nobody has counted them."""

    columns: list[str]
    records: bytes
    next: str | None
    total: int | None


def rows(file: File, limit: int, cursor: str | None, from_row: int | None = None) -> Page | None:
    """A page of records, from a cursor, a record's number or the first one on; reads only this page.

    A record's place is in the file's index; if there is none, it is looked for near the first one. None where an index
    is being made: ask again in a moment. Raises what `Pool.call` raises, as every function here does.
    """
    files.check_csv(file)
    at = _location("rows", file, cursor)
    with row_indices.of(file) as index:
        if at is None and from_row is not None:
            return _by_index(file, index, limit, from_row) if index else _from_row(file, limit, from_row)
        with files.beginning(file, _most() if at is None else file.size) as source:
            found = runtime().pool.call(file.user_id, pages.records, source, _dialect(file), limit, at)
        return _page(file, *found, index.bounds.records if index else None)


def _by_index(file: File, index: RowIndex, limit: int, row: int) -> Page:
    stretch = index.stretch(row, limit, pages.ROOM)
    if stretch is None:
        return Page(file.columns, b"[]", None, index.bounds.records)
    at, after = stretch
    with files.part(file, at.byte, after.byte if after else index.bounds.end) as (path, offset):
        where = (path, offset, _dialect(file), file.columns)
        found = runtime().pool.call(file.user_id, pages.records_between, *where, limit, row, index.bounds, stretch)
    return _page(file, *found)


def _from_row(file: File, limit: int, row: int) -> Page | None:
    if row <= row_indices.near(file):
        with files.beginning(file, NEAR + _most()) as source:
            found = runtime().pool.call(file.user_id, pages.records_from, source, _dialect(file), limit, row, NEAR)
        if not found[0]["far"]:
            return _page(file, *found)
        row_indices.note_near(file, found[0]["far"])
    if row_indices.ask(file):
        return None
    with files.reading(file) as source:
        found = runtime().pool.call(file.user_id, pages.records_from, source, _dialect(file), limit, row, sys.maxsize)
    return _page(file, *found)


def _page(file: File, facts: dict[str, Any], records: bytes, total: int | None = None) -> Page:
    known = facts["total"] if total is None else total
    return Page(facts["columns"], records, _cursor("rows", file, facts["following"]), known)


def issues(file: File, limit: int, cursor: str | None) -> tuple[bytes, str | None]:
    """The issues in a bounded part of the file, and the cursor of the next part, even if this one has no issues."""
    files.check_csv(file)
    at = _location("issues", file, cursor)
    with files.reading(file) as source:
        facts, found = runtime().pool.call(file.user_id, pages.issues, source, _dialect(file), limit, at)
    return found, _cursor("issues", file, facts["following"])


def objects(file: File, limit: int) -> bytes:
    """The first `limit` records as JSON objects by column name; reads nothing else.

    What was made of a stored file stays for a while: clients poll, and neither the file nor its key ever changes.
    """
    key = file.storage_key, json.dumps(file.dialect), limit
    if (known := _shown.found.get(key)) is not None:
        return known
    found = _objects(file, limit)
    if not file.object_url and len(found) <= _SHORT:
        _shown.keep(key, found)
    return found


def _objects(file: File, limit: int) -> bytes:
    with files.beginning(file, _most()) as source:
        return runtime().pool.call(file.user_id, pages.objects, source, _dialect(file), limit)[1]


def _dialect(file: File) -> Dialect:
    return Dialect.from_json(file.dialect)


def _most() -> int:
    """More bytes than a first page reads."""
    return 2 * pages.ROOM + runtime().settings.max_record


def _location(kind: str, file: File, cursor: str | None) -> Location | None:
    return Location(*cursors.read(_kind(kind, file), cursor)) if cursor is not None else None


def _cursor(kind: str, file: File, location: list[int] | None) -> str | None:
    return cursors.write(_kind(kind, file), location) if location else None


def _kind(kind: str, file: File) -> str:
    """The kind of a cursor includes what decides where records begin: the dialect, and which part of a file is read."""
    return f"{kind} {file.id} {sorted(file.dialect.items())}{file.sha256 if file.reading else ''}"
