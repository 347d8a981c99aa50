"""Repeated requests: the first is done, the others get its answer (draft-ietf-httpapi-idempotency-key)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError

from csvapi.errors import InProgress, KeyReused
from csvapi.extensions import changed, transaction
from csvapi.models import Idempotency, now
from csvapi.services.encryption import decrypt, encrypt

KEPT = timedelta(hours=24)
LOCK = timedelta(minutes=2)  # after which a request that was never answered may be done again


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request; the body is stored encrypted because it may contain a secret."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do the request; `owner` identifies this attempt."""

    user_id: int
    key_hash: str
    owner: str


def claim(user_id: int, key: str, fingerprint: str) -> Claim | Answer:
    """Claim the request, or return the answer it already had; only one of several at a time gets the claim.

    Raises InProgress while another one runs, and KeyReused if the key came with another payload before.
    """
    at = now()
    mine = Claim(user_id, hashlib.sha256(key.encode()).hexdigest(), str(uuid4()))
    if _insert(mine, fingerprint):
        return mine
    with transaction() as session:
        found = session.scalar(select(Idempotency).where(*_row(mine)))
    if found is None or found.expires_at <= at:
        _delete(mine, Idempotency.expires_at <= at)
        if _insert(mine, fingerprint):
            return mine
        raise _in_progress()
    if found.fingerprint != fingerprint:
        raise KeyReused("This Idempotency-Key came with another request before; use a new one")
    if found.status is not None:
        body = decrypt(found.body or "")
        if body is not None:
            return Answer(found.status, dict(found.headers or {}), body)
    return _take_over(mine, found.owner)


def _take_over(mine: Claim, owner: str) -> Claim:
    """Take the request over from an attempt that died with its process."""
    at = now()
    with transaction() as session:
        lost = (*_row(mine), Idempotency.owner == owner, Idempotency.locked_until < at)
        values = {"owner": mine.owner, "locked_until": at + LOCK}
        if changed(session.execute(update(Idempotency).where(*lost).values(**values))):
            return mine
    raise _in_progress()


def _in_progress() -> InProgress:
    return InProgress("The first request with this Idempotency-Key is still being worked on", retry_after=1)


def settle(mine: Claim, answer: Answer) -> None:
    """Store the answer for later repetitions."""
    values = {"status": answer.status, "headers": answer.headers, "body": encrypt(answer.body)}
    with transaction() as session:
        session.execute(update(Idempotency).where(*_row(mine), Idempotency.owner == mine.owner).values(**values))


def release(mine: Claim) -> None:
    """Forget a request that failed, so that it can be sent again."""
    _delete(mine, Idempotency.owner == mine.owner)


def forget_expired() -> int:
    """Delete the keys whose time is over; returns how many there were."""
    with transaction() as session:
        return changed(session.execute(delete(Idempotency).where(Idempotency.expires_at < now())))


def _insert(mine: Claim, fingerprint: str) -> bool:
    row = Idempotency(
        user_id=mine.user_id,
        key_hash=mine.key_hash,
        fingerprint=fingerprint,
        owner=mine.owner,
        locked_until=now() + LOCK,
        expires_at=now() + KEPT,
    )
    try:
        with transaction() as session:
            session.add(row)
    except IntegrityError:
        return False
    return True


def _delete(mine: Claim, condition: ColumnElement[bool]) -> None:
    with transaction() as session:
        session.execute(delete(Idempotency).where(*_row(mine), condition))


def _row(mine: Claim) -> tuple[ColumnElement[bool], ...]:
    return (Idempotency.user_id == mine.user_id, Idempotency.key_hash == mine.key_hash)
