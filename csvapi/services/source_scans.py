"""Reading the folder of a source: which files are new, and which of them are complete.

A file is complete if it was the same in two readings, some seconds apart, or if the file that marks it as done lies
beside it. The rows have one for each version of each file, so that none is taken twice, whoever reads the folder.
"""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from csvapi.errors import CsvapiError
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import FileState, Source, SourceFile, now
from csvapi.places import names
from csvapi.places.place import Entry
from csvapi.services import schedules, source_places

BATCH = 200
AGAIN = timedelta(days=1)  # at most, between notes that a file is still there
LONGEST_WAIT = 1800  # seconds between tries while a folder cannot be read
_SHOWN = 100  # characters of a name

log = structlog.get_logger(__name__)


def claim(source_id: int) -> Source | None:
    """Claim a source that is due; None if somebody else has it. The claim ends with the lease."""
    with transaction() as session:
        source = session.get(Source, source_id)
        if source is None or source.paused_at or source.next_at > now():
            return None
        still = (Source.id == source_id, Source.scans == source.scans, Source.next_at == source.next_at)
        lease = now() + timedelta(seconds=runtime().settings.lease + 2 * runtime().settings.source_timeout)
        claimed = source.scans + 1
        values = {"scans": claimed, "next_at": lease}
        if not changed(session.execute(update(Source).where(*still, Source.paused_at.is_(None)).values(**values))):
            return None
    source.scans = claimed
    return source


def scan(source: Source) -> None:
    """Read the folder, note what is there, and say when it is read next. A failure is shown on the source."""
    began = now()
    try:
        with source_places.opened(source.origin, source.origin_secret) as place:
            listing = place.list(runtime().settings.source_max_files)
        entries = _wanted(source.options, listing.entries)
        late = source.due_at > began  # a reading in between, for files that were arriving
        for batch in _batches(entries):
            _note(source, batch, began, takes_new=not late)
        problem = _full() if listing.more else _untaken(source.options, listing.entries)
        waits = _forget_gone(source, [entry.name for entry in entries], complete=not listing.more)
    except CsvapiError as error:
        _failed(source, error)
        return
    due = source.due_at if late else schedules.following(source.options["schedule"], began)
    soon = began + timedelta(seconds=source.options["settle"])
    values = {"due_at": due, "next_at": min(due, soon) if waits else due, "failures": 0, "error": problem}
    _end(source, **values, **({} if listing.more else {"scanned_at": began}))


def _full() -> str:
    most = runtime().settings.source_max_files
    return (
        f"The folder has more than {most} entries (CSVAPI_SOURCE_MAX_FILES), and the others were not looked at; let "
        "files be moved or deleted once their results are delivered (`after`)"
    )


def _untaken(options: dict[str, Any], entries: Sequence[Entry]) -> str | None:
    """What is to be said of files that match and are not taken because of their names; hidden ones are not meant."""
    found = [
        entry.name
        for entry in entries
        if fnmatch.fnmatchcase(entry.name, options["match"])
        and not entry.name.startswith(".")
        and not names.is_safe(entry.name)
    ]
    if not found:
        return None
    return (
        f"{len(found)} files of the folder are not taken, since their names have control characters or more than "
        f"{names.LONGEST} bytes; give them others, the first is {found[0][:_SHOWN]!a}"
    )


def _failed(source: Source, error: CsvapiError) -> None:
    wait = timedelta(seconds=min(60 * 2 ** min(source.failures, 10), LONGEST_WAIT))
    _end(source, next_at=now() + wait, failures=source.failures + 1, error=error.sentence)
    log.warning("source_not_read", source=source.id, reason=error.sentence)


def _end(source: Source, **values: Any) -> None:
    """Store how the reading ended, unless another one has begun, or somebody asked for one (`due_at`) meanwhile."""
    same = (Source.id == source.id, Source.scans == source.scans)
    with transaction() as session:
        asked = session.scalar(select(Source.due_at).where(*same, Source.due_at != source.due_at))
        if asked is not None:
            values |= {"due_at": asked, "next_at": asked}
        session.execute(update(Source).where(*same).values(**values))


def _wanted(options: dict[str, Any], entries: Sequence[Entry]) -> list[Entry]:
    """The files that match and whose names are safe; with a marker those that have theirs beside them."""
    marker, there = options.get("marker"), {entry.name for entry in entries}
    return [
        entry
        for entry in entries
        if names.is_safe(entry.name)
        and fnmatch.fnmatchcase(entry.name, options["match"])
        and (not marker or (not entry.name.endswith(marker) and entry.name + marker in there))
    ]


def _batches(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    iterator = iter(entries)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def mark_of(entry: Entry) -> str:
    """The digest of what makes a file this version of it."""
    return hashlib.sha256(f"{entry.size} {entry.version}\0{entry.name}".encode()).hexdigest()


def _note(source: Source, batch: list[Entry], at: datetime, *, takes_new: bool) -> None:
    marks = {mark_of(entry): entry for entry in batch}
    arriving = (SourceFile.state == FileState.ARRIVING, SourceFile.name.in_([entry.name for entry in batch]))
    of_source = select(SourceFile).where(SourceFile.source_id == source.id)
    try:
        with transaction() as session:
            known = {row.mark: row for row in session.scalars(of_source.where(SourceFile.mark.in_(marks)))}
            others = {row.name: row for row in session.scalars(of_source.where(*arriving)) if row.mark not in marks}
            others = {
                entry.name: others[entry.name] for entry in batch if entry.name in others
            }  # but for case, on MySQL
            for mark, entry in marks.items():
                if row := known.get(mark):
                    _seen_again(session, source, row, at)
                elif row := others.pop(entry.name, None):
                    values = {"mark": mark, "size": entry.size, "version": entry.version, "since": at}
                    session.execute(_arriving(row).values(listed_at=at, **values))
                elif takes_new:
                    session.add(_new(source, entry, mark, at))
            # what was arriving, and is now a version that was taken before
            gone = [row.id for row in others.values()]
            session.execute(delete(SourceFile).where(SourceFile.id.in_(gone), SourceFile.state == FileState.ARRIVING))
    except IntegrityError:
        log.info("source_read_twice", source=source.id)  # another process has noted them at the same time


def _arriving(row: SourceFile) -> Any:
    return update(SourceFile).where(SourceFile.id == row.id, SourceFile.state == FileState.ARRIVING)


def _seen_again(session: Session, source: Source, row: SourceFile, at: datetime) -> None:
    settled = at - row.since >= timedelta(seconds=source.options["settle"]) or source.options.get("marker")
    if row.state == FileState.ARRIVING and settled:
        session.execute(_arriving(row).values(state=FileState.WAITING, next_at=at, since=at, listed_at=at))
    elif at - row.listed_at >= AGAIN:
        session.execute(update(SourceFile).where(SourceFile.id == row.id).values(listed_at=at))


def _new(source: Source, entry: Entry, mark: str, at: datetime) -> SourceFile:
    row = SourceFile(source_id=source.id, mark=mark, since=at, listed_at=at, created_at=at)
    row.name, row.size, row.version = entry.name, entry.size, entry.version
    if source.options.get("marker"):
        row.state, row.next_at = FileState.WAITING, at
    return row


def _forget_gone(source: Source, listed: list[str], *, complete: bool) -> bool:
    """Forget files that were arriving and are gone; returns whether any is still arriving."""
    still = (SourceFile.source_id == source.id, SourceFile.state == FileState.ARRIVING)
    with transaction() as session:
        arriving = session.execute(select(SourceFile.id, SourceFile.name).where(*still)).all()
        there = set(listed)
        gone = [row.id for row in arriving if row.name not in there] if complete else []
        for start in range(0, len(gone), BATCH):
            session.execute(delete(SourceFile).where(SourceFile.id.in_(gone[start : start + BATCH]), *still))
    return len(arriving) > len(gone)


def forget_old() -> int:
    """Delete the rows of files that are done or failed and were gone from their folder for CSVAPI_RETENTION, by the
    last reading of it; returns how many there were."""
    ended = SourceFile.state.in_([FileState.DONE, FileState.FAILED])
    kept = timedelta(seconds=max(runtime().settings.retention, 2 * AGAIN.total_seconds()))
    with transaction() as session:
        read = session.execute(select(Source.id, Source.scanned_at).where(Source.scanned_at.is_not(None))).all()
        total = 0
        for source_id, scanned_at in read:
            assert scanned_at is not None  # noqa: S101  by the query
            old = (SourceFile.source_id == source_id, ended, SourceFile.listed_at < scanned_at - kept)
            total += changed(session.execute(delete(SourceFile).where(*old)))
    return total
