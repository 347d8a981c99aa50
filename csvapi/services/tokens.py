"""Access and refresh tokens: issued at login, rotated at every refresh, revoked as a family on reuse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask_jwt_extended import create_access_token, create_refresh_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import PyJWTError
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from csvapi.errors import InvalidToken
from csvapi.extensions import changed, runtime, transaction
from csvapi.keys import opened
from csvapi.models import Action, RefreshFamily, User, now
from csvapi.services import audit, user_agents


@dataclass(frozen=True, slots=True)
class Tokens:
    """An access token and the refresh token that comes with it."""

    access: str
    refresh: str


def issue(session: Session, user: User, agent: str = "") -> Tokens:
    """Tokens of a new refresh family, for a user who has just shown a password; `agent` is the User-Agent."""
    family = begin(session, user, agent)
    return _tokens(user.id, family.id, family.current_jti)


def begin(session: Session, user: User, agent: str = "") -> RefreshFamily:
    """Start a new refresh family."""
    family = RefreshFamily(
        id=str(uuid4()),
        user_id=user.id,
        current_jti=str(uuid4()),
        expires_at=now() + _refresh_life(),
        agent=user_agents.family(agent),
        last_used_at=now(),
    )
    session.add(family)
    return family


def rotate(refresh: str) -> Tokens:
    """Exchange a refresh token for a new pair; the old one is invalid at once.

    A compare-and-set of the family's current token lets exactly one of several concurrent uses succeed. A token that is
    no longer the current one was used before: its whole family is revoked. Raises InvalidToken whenever it is refused.
    """
    claims = _decode(refresh)
    jti = str(uuid4())
    with transaction() as session:
        user = session.get(User, claims["user_id"])
        turned = session.execute(
            update(RefreshFamily)
            .where(
                RefreshFamily.id == claims["family"],
                RefreshFamily.current_jti == claims["jti"],
                RefreshFamily.revoked_at.is_(None),
            )
            .values(current_jti=jti, expires_at=now() + _refresh_life(), last_used_at=now())
        )
        won = changed(turned) == 1 and user is not None and user.is_active
        if not won and revoke(session, claims["family"]):
            audit.add(session, Action.REPLAYED, claims["user_id"], f"session:{claims['family']}")
    if not won:
        raise InvalidToken("Token is invalid or expired")
    return _tokens(claims["user_id"], claims["family"], jti)


def revoke(session: Session, family: str) -> bool:
    """End a sign-in; returns whether it was still active."""
    alive = update(RefreshFamily).where(RefreshFamily.id == family, RefreshFamily.revoked_at.is_(None))
    return bool(changed(session.execute(alive.values(revoked_at=now()))))


def revoke_all(session: Session, user_id: int, *, by_provider: bool = False) -> int:
    """End every sign-in of a user, or those by the provider of the single sign-on; returns how many there were."""
    alive = update(RefreshFamily).where(RefreshFamily.user_id == user_id, RefreshFamily.revoked_at.is_(None))
    if by_provider:
        alive = alive.where(RefreshFamily.by_provider)
    return changed(session.execute(alive.values(revoked_at=now())))


def forget_expired() -> int:
    """Delete refresh families that nobody can use any more; returns how many there were."""
    with transaction() as session:
        gone = session.execute(delete(RefreshFamily).where(RefreshFamily.expires_at < now()))
        return changed(gone)


def _decode(token: str) -> dict[str, Any]:
    try:
        claims = opened(token)
    except (PyJWTError, JWTExtendedException, ValueError, RecursionError) as error:
        raise InvalidToken("Token is invalid or expired") from error
    if claims.get("token_type") != "refresh" or not {"user_id", "family", "jti"} <= claims.keys():
        raise InvalidToken("Token has wrong type")
    return claims


def _refresh_life() -> timedelta:
    return timedelta(seconds=runtime().settings.refresh_ttl)


def _tokens(user_id: int, family: str, jti: str) -> Tokens:
    access = create_access_token(user_id, additional_claims={"token_type": "access", "family": family})
    refresh = create_refresh_token(user_id, additional_claims={"token_type": "refresh", "family": family, "jti": jti})
    return Tokens(access, refresh)
