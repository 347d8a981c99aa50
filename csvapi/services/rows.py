"""Looking into stored files: records as text, and what is odd about them, page by page."""

from __future__ import annotations

from pathlib import Path

from csvapi.csvio import Dialect
from csvapi.csvio.places import Oddity, Place, Row, oddities, page, start
from csvapi.models import File
from csvapi.services import cursors, files

ROOM = 4 * 1024 * 1024  # bytes of records in one page
LOOKED_AT = 64 * 1024 * 1024  # bytes that one page of issues looks at


def rows(file: File, limit: int, cursor: str | None) -> tuple[list[str], list[Row], str | None]:
    """The column names, a page of records, and the cursor of the next one; costs what it shows."""
    files.check_csv(file)
    dialect = Dialect.from_json(file.dialect)
    with files.reading(file) as source:
        columns, at = _place("rows", file, source, cursor)
        found, following = page(source, dialect, len(columns), limit, at, ROOM)
    return columns, found, _cursor("rows", file, following)


def issues(file: File, limit: int, cursor: str | None) -> tuple[list[Oddity], str | None]:
    """What is odd in a bounded part of the file; the cursor goes on where it ended, also when nothing was odd."""
    files.check_csv(file)
    dialect = Dialect.from_json(file.dialect)
    with files.reading(file) as source:
        columns, at = _place("issues", file, source, cursor)
        found, following = oddities(source, dialect, len(columns), limit, at, LOOKED_AT)
    return found, _cursor("issues", file, following)


def _place(kind: str, file: File, source: Path, cursor: str | None) -> tuple[list[str], Place]:
    columns, first = start(source, Dialect.from_json(file.dialect))
    if cursor is None:
        return columns, first
    place = cursors.read(_kind(kind, file), cursor)
    return columns, Place(*place)


def _cursor(kind: str, file: File, place: Place | None) -> str | None:
    return cursors.write(_kind(kind, file), [place.row, place.line, place.byte]) if place else None


def _kind(kind: str, file: File) -> str:
    """A cursor is for one file as it is read now: with another dialect the records begin elsewhere."""
    return f"{kind} {file.id} {sorted(file.dialect.items())}"
