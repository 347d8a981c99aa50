"""Invitations: codes that each allow one registration, where CSVAPI_REGISTRATION is `invite`."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from csvapi.errors import InvalidInput, NotFound
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import Action, Invitation, now
from csvapi.services import audit
from csvapi.services.digests import of_secret

PREFIX = "invite_"
HINT = len(PREFIX) + 5  # characters of a code that are kept in clear
LONGEST_NOTE = 200


def create(made_by: int | None, note: str = "") -> tuple[Invitation, str]:
    """Create an invitation; returns it with its code, which is not stored."""
    code = PREFIX + secrets.token_urlsafe(24)
    life = timedelta(seconds=runtime().settings.invitation_ttl)
    invitation = Invitation(
        code_hash=of_secret(code), hint=code[:HINT], note=note[:LONGEST_NOTE], made_by=made_by, expires_at=now() + life
    )
    with transaction() as session:
        session.add(invitation)
        session.flush()
        audit.add(session, Action.ADMIN_INVITED, made_by, f"invitation:{invitation.id}")
    return invitation, code


def revoke(invitation_id: int) -> None:
    """Delete an invitation. Raises NotFound for one that was used or does not exist."""
    with transaction() as session:
        unused = delete(Invitation).where(Invitation.id == invitation_id, Invitation.used_at.is_(None))
        if not changed(session.execute(unused)):
            raise NotFound("There is no such invitation, or it has been used")


def check(code: str) -> None:
    """Raise InvalidInput for an invalid code: unknown, used or expired."""
    with transaction() as session:
        if session.scalar(select(Invitation.id).where(*_good(code))) is None:
            raise _refusal(code)


def use(session: Session, code: str, user_id: int) -> None:
    """Use the code up in the transaction that creates the account; only one of several at a time succeeds."""
    mine = update(Invitation).where(*_good(code)).values(used_at=now(), used_by=user_id)
    if not changed(session.execute(mine)):
        raise _refusal(code)


def forget_expired() -> int:
    """Delete expired invitations, used or not; the audit log keeps who made them."""
    with transaction() as session:
        return changed(session.execute(delete(Invitation).where(Invitation.expires_at < now())))


def _good(code: str) -> tuple[ColumnElement[bool], ...]:
    return (
        Invitation.code_hash == of_secret(code.strip()),
        Invitation.used_at.is_(None),
        Invitation.expires_at > now(),
    )


def _refusal(code: str) -> InvalidInput:
    if not code.strip():
        return InvalidInput(
            "invitation: a code is needed to register here; ask an administrator", pointer="/invitation"
        )
    return InvalidInput("invitation: the code is not known, was used before or has expired", pointer="/invitation")
