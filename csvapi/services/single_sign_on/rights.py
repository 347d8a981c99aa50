"""Whether somebody's groups at the provider make them an administrator, decided anew at each sign-in."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from csvapi.config import names
from csvapi.extensions import runtime
from csvapi.models import Action, User
from csvapi.services import audit, tokens


def of(said: dict[str, Any]) -> bool | None:
    """Whether the claims name a group of administrators; None where no such groups are set, so that csvapi decides."""
    wanted = set(names(runtime().settings.oidc_admin_groups))
    if not wanted:
        return None
    return not wanted.isdisjoint(_groups(said, runtime().settings.oidc_groups_claim))


def _groups(said: dict[str, Any], claim: str) -> list[str]:
    """The groups in the claim, by its name or, with periods, within other claims; none where it is anything else."""
    found: Any = said.get(claim)
    if found is None:
        found = said
        for part in claim.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    if isinstance(found, str):
        return [found]
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def give(session: Session, user: User, admin: bool | None) -> None:
    """Make the account an administrator's, or take that away and end the sessions that still have the rights."""
    if admin is None or user.is_admin == admin:
        return
    user.is_admin = admin
    ended = 0 if admin else tokens.revoke_all(session, user.id)
    audit.add(
        session, Action.ADMIN_USER, None, f"user:{user.id}", is_admin=admin, by="single sign-on", sessions_ended=ended
    )
