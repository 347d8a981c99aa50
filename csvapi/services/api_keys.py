"""API keys: credentials for programs, shown once and stored as a hash."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete as delete_rows
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from csvapi.errors import InvalidInput, NotFound
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import Action, ApiKey, User, now
from csvapi.recent import HARMLESS
from csvapi.services import audit, quotas
from csvapi.services.digests import of_secret
from csvapi.services.files import MAX_ID

PREFIX = "csvapi_"
HINT = len(PREFIX) + 5  # characters of a key that are kept in clear
MOST = 100  # keys of a user
SCOPES = ("read", "write")
_USED_EVERY = timedelta(minutes=1)  # how fine `last_used_at` is: not one write for each request


def create(
    user_id: int, name: str, scopes: Sequence[str] = SCOPES, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Create a key; returns it with its secret, which is not stored. Without an end of its own it has CSVAPI_KEY_TTL.

    Raises QuotaExceeded, and InvalidInput for an end in the past.
    """
    if expires_at is not None and expires_at <= now():
        raise InvalidInput("expires_at must be in the future", pointer="/expires_at")
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        user_id=user_id,
        name=name,
        hint=secret[:HINT],
        secret_hash=of_secret(secret),
        scopes=" ".join(scope for scope in SCOPES if scope in scopes),
        expires_at=expires_at or now() + timedelta(seconds=runtime().settings.key_ttl),
    )
    with transaction() as session:
        quotas.place(session, user_id, ApiKey, MOST, "API keys")
        session.add(key)
        session.flush()
        audit.add(session, Action.KEY_MADE, user_id, f"key:{key.id}", scopes=key.scopes)
    return key, secret


def mine(user_id: int) -> list[ApiKey]:
    """The user's keys, the newest first."""
    with transaction() as session:
        return list(session.scalars(select(ApiKey).where(ApiKey.user_id == user_id).order_by(ApiKey.id.desc())))


def delete(user_id: int, key_id: int) -> None:
    """Delete the key; it is refused from now on. Raises NotFound."""
    with transaction() as session:
        mine = delete_rows(ApiKey).where(ApiKey.id == key_id, ApiKey.user_id == user_id)
        gone = key_id <= MAX_ID and changed(session.execute(mine))
        if gone:
            audit.add(session, Action.KEY_REVOKED, user_id, f"key:{key_id}")
    if not gone:
        raise NotFound("API key not found")


def end_all(session: Session, user_id: int) -> int:
    """Delete every key of the user; returns how many there were."""
    return changed(session.execute(delete_rows(ApiKey).where(ApiKey.user_id == user_id)))


def holder(secret: str) -> tuple[User, ApiKey] | None:
    """The active user of a key, and the key; None if the key is unknown or has expired."""
    if not secret.startswith(PREFIX):
        return None
    at = now()
    with transaction() as session:
        alive = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > at)
        found = session.execute(
            select(ApiKey, User)
            .join(User, User.id == ApiKey.user_id)
            .where(ApiKey.secret_hash == of_secret(secret), alive)
        ).first()
        if found is None or not found.User.is_active:
            return None
        used = found.ApiKey.last_used_at
        if used is None or at - used > _USED_EVERY:
            used_now = update(ApiKey).where(ApiKey.id == found.ApiKey.id).values(last_used_at=at)
            session.execute(used_now, execution_options=HARMLESS)
    return found.User, found.ApiKey
