"""The operator's way in while the provider is away: a link for one administrator, good once and for a quarter hour."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import delete

from csvapi.errors import Forbidden, InvalidToken
from csvapi.extensions import transaction
from csvapi.models import Action, MailToken, User, now
from csvapi.services import accounts, administration, audit, browser_sessions, mailing
from csvapi.services.digests import of_secret
from csvapi.services.single_sign_on.signing_in import Entered

KIND = "entry"  # among the tokens of links
LIFE = timedelta(minutes=15)
PATH = "/account/entry/"


def make(email: str) -> str:
    """The path of a new link for the administrator with this address, who is made if there is none.

    It takes the place of an earlier one; a password stays as it is.
    """
    user_id = administration.admin_without_password(email)
    token = secrets.token_urlsafe(32)
    with transaction() as session:
        session.execute(delete(MailToken).where(MailToken.user_id == user_id, MailToken.kind == KIND))
        link = MailToken(user_id=user_id, kind=KIND, token_hash=of_secret(token), expires_at=now() + LIFE)
        session.add(link)
        audit.add(session, Action.ADMIN_ENTRY, None, f"user:{user_id}")
    return f"{PATH}?token={token}"


def enter(token: str, code: str, address: str, agent: str) -> Entered:
    """Sign in with the link, which is used up, and the code of the second factor where there is one.

    Raises InvalidToken for a link that is unknown, used or too old, and what a wrong code raises at a login.
    """
    user = mailing.owner(KIND, token)
    if user is None:
        raise InvalidToken("This link was used before, or is older than 15 minutes; make another one")
    accounts.check_second_factor(user, code, address)
    with transaction() as session:
        if not mailing.use(session, KIND, token):
            raise InvalidToken("This link was used before; make another one")
        found = session.get_one(User, user.id)
        if not found.is_admin:
            raise Forbidden("This account is not an administrator's any more")
        family = browser_sessions.start(session, found, agent, "link of the operator")
    return Entered(found, family.id, "/admin/")
