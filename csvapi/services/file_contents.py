"""The contents of stored files, page by page: records as text and issues, each read in a child process."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from csvapi.csvio import Dialect, pages
from csvapi.csvio.locations import Location
from csvapi.extensions import runtime
from csvapi.services import cursors, files

if TYPE_CHECKING:
    from csvapi.models import File


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


def rows(
    file: File, limit: int, cursor: str | None, from_row: int | None = None
) -> tuple[list[str], bytes, str | None]:
    """The column names, a page of records as JSON, and the cursor of the next page; reads only this page.

    A page that begins at a record's number reads the file up to there, too; a cursor goes before the number.
    Raises what `Pool.call` raises, as every function here does.
    """
    files.check_csv(file)
    at = _location("rows", file, cursor) or from_row
    with files.beginning(file, _most() if at is None else file.size) as source:
        facts, found = runtime().pool.call(
            file.user_id, pages.records, source, Dialect.from_json(file.dialect), limit, at
        )
    return facts["columns"], found, _cursor("rows", file, facts["following"])


def issues(file: File, limit: int, cursor: str | None) -> tuple[bytes, str | None]:
    """The issues in a bounded part of the file, and the cursor of the next part, even if this one has no issues."""
    files.check_csv(file)
    at = _location("issues", file, cursor)
    with files.reading(file) as source:
        facts, found = runtime().pool.call(
            file.user_id, pages.issues, source, Dialect.from_json(file.dialect), limit, at
        )
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
        dialect = Dialect.from_json(file.dialect)
        return runtime().pool.call(file.user_id, pages.objects, source, dialect, limit)[1]


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
