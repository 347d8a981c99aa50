"""The contents of stored files, page by page: records as text and issues, each read in a child process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.csvio import Dialect, pages
from csvapi.csvio.locations import Location
from csvapi.extensions import runtime
from csvapi.services import cursors, files

if TYPE_CHECKING:
    from csvapi.models import File


def rows(file: File, limit: int, cursor: str | None) -> tuple[list[str], bytes, str | None]:
    """The column names, a page of records as JSON, and the cursor of the next page; reads only this page.

    Raises what `Pool.call` raises, as every function here does.
    """
    files.check_csv(file)
    at = _location("rows", file, cursor)
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
    """The first `limit` records as JSON objects by column name; reads nothing else."""
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
