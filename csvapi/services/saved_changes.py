"""Keeping pipelines and schemas: new ones, new versions, other names, deletion.

Each change locks its user first, so that counts, names and numbers hold until it is made.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from csvapi.errors import Conflict, NameTaken, QuotaExceeded
from csvapi.extensions import runtime, transaction
from csvapi.models import Saved, SavedVersion, now
from csvapi.services import audit, quotas
from csvapi.services.saved_kinds import Content, Kind, check_room, key_of
from csvapi.services.saved_lists import find_in, owned


def create(kind: Kind, user_id: int, name: str, description: str, content: Content) -> SavedVersion:
    """Keep something under a name that is new; returns its first version. Raises NameTaken and QuotaExceeded."""
    with transaction() as session:
        quotas.place(session, user_id, kind.saved, kind.most, f"{kind.noun}s")
        _check_name(session, kind, user_id, name)
        check_room(session, user_id, content.size)
        at = now()
        saved = kind.saved(user_id=user_id, name=name, name_key=key_of(name), description=description, version=1)
        saved.created_at = saved.updated_at = at
        return _add(session, kind, saved, content)


def add(kind: Kind, user_id: int, saved_id: int, content: Content) -> tuple[SavedVersion, bool]:
    """Keep a new version, unless it would be as the latest; returns that, and whether it is new.

    Raises NotFound and QuotaExceeded.
    """
    most = runtime().settings.max_versions
    with transaction() as session:
        quotas.lock(session, user_id)
        latest = find_in(session, kind, user_id, saved_id)
        if latest.sha256 == content.sha256:
            return latest, False
        count = session.scalar(select(func.count()).where(kind.version.saved_id == saved_id)) or 0
        if count >= most:
            detail = f"The {kind.noun} has {count} versions, the most there may be; delete some, or save it as another"
            raise QuotaExceeded(detail, limit=most)
        check_room(session, user_id, content.size)
        saved = latest.saved
        saved.version, saved.updated_at = saved.version + 1, now()
        return _add(session, kind, saved, content), True


def _add(session: Session, kind: Kind, saved: Saved, content: Content) -> SavedVersion:
    """Add the version whose number `saved` has already."""
    version = kind.version(
        saved=saved,
        number=saved.version,
        content=content.value,
        size=content.size,
        sha256=content.sha256,
        created_at=saved.updated_at,
        **content.columns,
    )
    session.add(version)
    session.flush()
    return version


def change(
    kind: Kind,
    user_id: int,
    saved_id: int,
    *,
    name: str | None = None,
    description: str | None = None,
    check: Callable[[SavedVersion], None],
) -> SavedVersion:
    """Change name and description; returns the latest version, which stays as it is.

    `check` may refuse the state that is there before. Raises NotFound, NameTaken, and what `check` raises.
    """
    with transaction() as session:
        quotas.lock(session, user_id)
        latest = find_in(session, kind, user_id, saved_id)
        check(latest)
        saved = latest.saved
        if name is not None:
            _check_name(session, kind, user_id, name, saved.id)
            saved.name, saved.name_key = name, key_of(name)
        if description is not None:
            saved.description = description
        if session.is_modified(saved):
            saved.updated_at = now()
        return latest


def _check_name(session: Session, kind: Kind, user_id: int, name: str, own: int = 0) -> None:
    alike = select(kind.saved.id).where(kind.saved.user_id == user_id, kind.saved.name_key == key_of(name))
    if taken := session.scalar(alike.where(kind.saved.id != own)):
        detail = f"Your {kind.noun} {taken} has this name; choose another one, or save a new version of that"
        raise NameTaken(detail, pointer="/name")


def delete(kind: Kind, user_id: int, saved_id: int) -> None:
    """Delete it with all its versions; tasks keep their steps. Raises NotFound."""
    with transaction() as session:
        quotas.lock(session, user_id)
        saved = owned(session, kind, user_id, saved_id)
        session.execute(delete_rows(kind.saved).where(kind.saved.id == saved.id))
        audit.add(session, kind.deleted, user_id, f"{kind.noun}:{saved.id}")


def delete_version(kind: Kind, user_id: int, saved_id: int, number: int) -> None:
    """Delete a version, whose number is never given again. Raises NotFound, and Conflict for the latest one."""
    with transaction() as session:
        quotas.lock(session, user_id)
        version = find_in(session, kind, user_id, saved_id, number)
        if version.number == version.saved.version:
            raise Conflict(f"This is the latest version; save another one first, or delete the {kind.noun}")
        session.execute(delete_rows(kind.version).where(kind.version.id == version.id))
        audit.add(session, kind.deleted, user_id, f"{kind.noun}:{saved_id}", version=number)
