"""Sources: made, changed, paused and looked at by administrators; every change is in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from csvapi.errors import Conflict, NotFound, QuotaExceeded
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import Action, FileState, Source, SourceFile, User, now
from csvapi.services import audit, cursors, listing, schedules, source_content
from csvapi.services.files import MAX_ID

BY_HAND = "Paused by an administrator"
Json = dict[str, Any]


def create(by: int, body: Json) -> Source:
    """Make a source. Its folder is read at once, where it has a cron line only to see that it can be.

    Raises QuotaExceeded, and what `source_content` raises.
    """
    values, most = source_content.values(body), runtime().settings.max_sources
    source = Source(**values, **_times(values["options"]["schedule"]))
    with transaction() as session:
        if (session.scalar(select(func.count()).select_from(Source)) or 0) >= most:
            raise QuotaExceeded(f"There are {most} sources, the most there may be; delete some", limit=most)
        session.add(source)
        session.flush()
        audit.add(session, Action.SOURCE_MADE, by, f"source:{source.id}", owner=source.user_id)
    return source


def _times(schedule: Json) -> Json:
    """When a source is due and read next, from the moment on that it has this schedule."""
    at = now()
    return {"due_at": at if "every" in schedule else schedules.following(schedule, at), "next_at": at}


def all_of_them() -> list[Source]:
    """All sources, the newest first; there are too few for pages."""
    with transaction() as session:
        return list(session.scalars(select(Source).order_by(Source.id.desc())))


def find(source_id: int) -> Source:
    """One source. Raises NotFound."""
    with transaction() as session:
        return _found(session, source_id)


def _found(session: Session, source_id: int) -> Source:
    found = session.get(Source, source_id) if source_id <= MAX_ID else None
    if found is None:
        raise NotFound("There is no such source")
    return found


def change(by: int, source_id: int, body: Json) -> Source:
    """Change a source to what the body says in full; credentials that it leaves out stay (see `source_content`).

    Files that were taken already stay taken. Raises NotFound, and what `create` raises.
    """
    source = find(source_id)
    values = source_content.values(body, source)
    again = _times(values["options"]["schedule"]) if values["options"] != source.options else {}
    with transaction() as session:
        found = _found(session, source_id)
        fields = [name for name, value in values.items() if getattr(found, name) != value]
        for name, value in {**values, **again, "updated_at": now()}.items():
            setattr(found, name, value)
        audit.add(session, Action.SOURCE_CHANGED, by, f"source:{source_id}", fields=fields)
    return find(source_id)


def delete(by: int, source_id: int) -> None:
    """Delete a source and what is known of its files; files, tasks and results stay their owner's. Raises NotFound."""
    with transaction() as session:
        if not (source_id <= MAX_ID and changed(session.execute(delete_rows(Source).where(Source.id == source_id)))):
            raise NotFound("There is no such source")
        audit.add(session, Action.SOURCE_DELETED, by, f"source:{source_id}")


def pause(by: int, source_id: int, reason: str = BY_HAND) -> Source:
    """Do nothing more with a source until it goes on; a step that is under way ends. Raises NotFound."""
    with transaction() as session:
        source = _found(session, source_id)
        if source.paused_at is None:
            source.paused_at, source.paused_reason = now(), reason
            audit.add(session, Action.SOURCE_CHANGED, by, f"source:{source_id}", paused=True)
    return source


def resume(by: int, source_id: int) -> Source:
    """Go on with a source; times that were missed are made up for by one. Raises NotFound, and Conflict without an
    owner who is active."""
    with transaction() as session:
        source = _found(session, source_id)
        owner = session.get(User, source.user_id) if source.user_id is not None else None
        if owner is None or not owner.is_active:
            raise Conflict("The source has no active owner; name another one first")
        if source.paused_at is not None:
            source.paused_at = source.paused_reason = None
            audit.add(session, Action.SOURCE_CHANGED, by, f"source:{source_id}", paused=False)
    return source


def run_now(by: int, source_id: int) -> Source:
    """Have the folder read now, whatever the schedule says. Raises NotFound, and Conflict for a paused one."""
    with transaction() as session:
        source = _found(session, source_id)
        if source.paused_at:
            raise Conflict(f"The source is paused ({source.paused_reason}); let it go on first")
        source.due_at = source.next_at = now()
        audit.add(session, Action.SOURCE_RUN, by, f"source:{source_id}")
    return source


def files(source_id: int, cursor: str | None = None, state: str | None = None) -> Iterator[SourceFile | None]:
    """Its files from a cursor on, the newest first, as `listing.read` yields them. Raises NotFound."""
    find(source_id)
    query = select(SourceFile).where(SourceFile.source_id == source_id)
    if state:
        query = query.where(SourceFile.state == state)
    if cursor:
        query = query.where(SourceFile.id < cursors.read("source files", cursor)[0])
    return listing.read(query.order_by(SourceFile.id.desc()), lambda row: SourceFile.id < row.id, [])


def cursor_of(file: SourceFile) -> str:
    """The cursor of the files after this one."""
    return cursors.write("source files", [file.id])


def counts(source_ids: list[int]) -> dict[int, dict[str, int]]:
    """How many files of each source are in each state."""
    query = select(SourceFile.source_id, SourceFile.state, func.count()).group_by(
        SourceFile.source_id, SourceFile.state
    )
    found: dict[int, dict[str, int]] = {source_id: {} for source_id in source_ids}
    with transaction() as session:
        for source_id, state, count in session.execute(query.where(SourceFile.source_id.in_(source_ids))):
            found[source_id][state] = count
    return found


def retry(by: int, source_id: int | None, file_id: int) -> SourceFile:
    """Try a failed file again, of this source or of any, at the step that failed.

    Raises NotFound, and Conflict for a file that has not failed, or of which a newer version came, whose result must
    not be replaced by an older one's.
    """
    with transaction() as session:
        file = session.get(SourceFile, file_id) if file_id <= MAX_ID else None
        if file is None or source_id not in (None, file.source_id):
            raise NotFound("There is no such file of this source")
        newer = select(SourceFile.name).where(SourceFile.source_id == file.source_id, SourceFile.id > file_id)
        if file.name in session.scalars(newer.where(SourceFile.name == file.name)).all():
            raise Conflict("A newer version of this file was found since then")
        again = update(SourceFile).where(SourceFile.id == file_id, SourceFile.state == FileState.FAILED)
        state = file.resume or FileState.WAITING
        values: Json = {"state": state, "attempts": 0, "next_at": now(), "since": now(), "done_at": None}
        if not changed(session.execute(again.values(**values))):
            raise Conflict("Only a file that failed can be tried again")
        audit.add(session, Action.SOURCE_RETRIED, by, f"source_file:{file_id}")
        session.expire(file)
        return session.get_one(SourceFile, file_id)


def owners(sources: list[Source]) -> dict[int, str]:
    """The e-mail addresses of owners, by their ids."""
    ids = {source.user_id for source in sources if source.user_id is not None}
    with transaction() as session:
        return {row.id: row.email for row in session.execute(select(User.id, User.email).where(User.id.in_(ids)))}
