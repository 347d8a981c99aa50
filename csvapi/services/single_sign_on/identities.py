"""Which account an identity at the provider opens: by issuer and subject alone, never by an address.

An identity without an account waits for a week: its owner links it with an account by that account's password, or an
administrator does.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from csvapi.errors import Conflict, InvalidInput, NotFound
from csvapi.extensions import changed, transaction
from csvapi.models import Action, Identity, User, now
from csvapi.services import audit, tokens

WAITS = timedelta(days=7)


def digest(issuer: str, subject: str) -> str:
    """What an identity is found by; no two pairs have the same."""
    return hashlib.sha256(f"{len(issuer)} {issuer}{subject}".encode(errors="surrogatepass")).hexdigest()


def owner(issuer: str, subject: str) -> User | None:
    """The account that the identity opens, also one that is not active."""
    with transaction() as session:
        mine = select(User).join(Identity, Identity.user_id == User.id)
        return session.scalar(mine.where(Identity.digest == digest(issuer, subject)))


def wait(issuer: str, subject: str, label: str) -> None:
    """Remember an identity that has no account yet, for administrators, or anew for another week."""
    found = digest(issuer, subject)
    with suppress(IntegrityError), transaction() as session:  # another request has just done the same
        row = session.scalar(select(Identity).where(Identity.digest == found))
        if row is None:
            row = Identity(digest=found, issuer=issuer, subject=subject)
            session.add(row)
        if row.user_id is None:
            row.label, row.expires_at = label, now() + WAITS


def link(session: Session, issuer: str, subject: str, label: str, user_id: int) -> int:
    """Let the identity open the account, within a transaction; returns its id.

    Raises Conflict if it opens one already; two at once end in an IntegrityError of one of them.
    """
    mine = Identity.digest == digest(issuer, subject)
    values = {"user_id": user_id, "label": label, "expires_at": None, "last_login_at": now()}
    if changed(session.execute(update(Identity).where(mine, Identity.user_id.is_(None)).values(**values))):
        return session.scalars(select(Identity.id).where(mine)).one()
    if session.scalar(select(Identity.id).where(mine)) is not None:
        raise Conflict("This sign-on opens an account already")
    row = Identity(digest=digest(issuer, subject), issuer=issuer, subject=subject, **values)
    session.add(row)
    session.flush()
    return row.id


def used(session: Session, issuer: str, subject: str) -> None:
    """Note that the identity signed in now."""
    mine = update(Identity).where(Identity.digest == digest(issuer, subject))
    session.execute(mine.values(last_login_at=now()))


def link_waiting(identity_id: int, email: str, by: int | None) -> None:
    """Let a waiting identity open the account with this address or name, as an administrator decides.

    Raises NotFound, InvalidInput if there is no such account, Conflict for an identity that opens one already.
    """
    with transaction() as session:
        user = session.scalar(select(User).where(User.email == email.strip().lower(), User.deletion_at.is_(None)))
        row = session.get(Identity, identity_id)
        if row is None:
            raise NotFound("There is no such identity; it may have waited for too long")
        if user is None:
            raise InvalidInput("There is no account with this address")
        waiting = update(Identity).where(Identity.id == identity_id, Identity.user_id.is_(None))
        if not changed(session.execute(waiting.values(user_id=user.id, expires_at=None))):
            raise Conflict("The identity opens an account already; unlink it first")
        audit.add(session, Action.ADMIN_LINKED, by, f"identity:{identity_id}", user=user.id)


def unlink(identity_id: int) -> None:
    """Delete the identity: it opens nothing any more, and its account's sessions by the provider end.

    Raises NotFound.
    """
    with transaction() as session:
        row = session.get(Identity, identity_id)
        if row is None:
            raise NotFound("There is no such identity")
        if row.user_id is not None:
            tokens.revoke_all(session, row.user_id, by_provider=True)
        session.delete(row)


def forget_expired() -> int:
    """Delete identities that have waited for too long."""
    with transaction() as session:
        return changed(session.execute(delete(Identity).where(Identity.expires_at < now())))
