"""The sessions of a user: where they are signed in, and ending them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from csvapi.errors import NotFound
from csvapi.extensions import changed, transaction
from csvapi.models import Action, RefreshFamily, now
from csvapi.recent import HARMLESS
from csvapi.services import audit

SHOWN = 200  # sessions in a list, those used last
_USED_EVERY = timedelta(minutes=5)  # how fine `last_used_at` is: not one write for each request


def mine(user_id: int) -> list[RefreshFamily]:
    """The user's active sessions, the most recently used first; at most SHOWN."""
    last = RefreshFamily.last_used_at
    alive = select(RefreshFamily).where(*_alive(user_id)).order_by(last.desc(), RefreshFamily.created_at.desc())
    with transaction() as session:
        return list(session.scalars(alive.limit(SHOWN)))


def end(user_id: int, family: str) -> None:
    """End a session: its tokens are refused from now on. Raises NotFound."""
    with transaction() as session:
        this = update(RefreshFamily).where(*_alive(user_id), RefreshFamily.id == family)
        if not changed(session.execute(this.values(revoked_at=now()))):
            raise NotFound("Session not found")
        audit.add(session, Action.SESSION_ENDED, user_id, f"session:{family}")


def end_others(user_id: int, family: str) -> int:
    """End every session of the user except this one; returns how many there were."""
    with transaction() as session:
        count = revoke_others(session, user_id, family)
        audit.add(session, Action.SESSION_ENDED, user_id, "sessions:others", count=count)
    return count


def revoke_others(session: Session, user_id: int, family: str) -> int:
    """The same within a transaction."""
    others = update(RefreshFamily).where(*_alive(user_id), RefreshFamily.id != family)
    return changed(session.execute(others.values(revoked_at=now())))


def used(session: Session, family: RefreshFamily) -> None:
    """Note that the session was used now."""
    at = now()
    if family.last_used_at is None or at - family.last_used_at > _USED_EVERY:
        used_now = update(RefreshFamily).where(RefreshFamily.id == family.id).values(last_used_at=at)
        session.execute(used_now, execution_options=HARMLESS)


def _alive(user_id: int) -> tuple[ColumnElement[bool], ...]:
    return (RefreshFamily.user_id == user_id, RefreshFamily.revoked_at.is_(None), RefreshFamily.expires_at > now())
