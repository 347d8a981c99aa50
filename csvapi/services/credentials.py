"""Changing what an account is opened with: its password, by its owner or by a mailed link; the proof of its address.

A password that an administrator or a mailed link sets (a reset) ends every session and every API key: whoever had the
account before is out. A change by the owner, who knows the old one, ends the other sessions, and the keys if asked to.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from csvapi.errors import InvalidInput, WrongCredentials
from csvapi.extensions import runtime, transaction
from csvapi.models import Action, MailToken, User
from csvapi.services import accounts, api_keys, audit, mailing, passwords, sessions, tokens


def prove(user: User, password: str, address: str, pointer: str) -> None:
    """Raise InvalidInput unless this is the user's password; failures count as failed logins do (TooManyRequests)."""
    try:
        accounts.authenticate(user.email, password, address)
    except WrongCredentials as error:
        raise InvalidInput(f"{pointer[1:]} is not your password", pointer=pointer) from error


def change(user: User, current: str, new: str, *, address: str, family: str, end_keys: bool = False) -> None:
    """Set a new password; ends every other session and mailed links to set one, and the keys when `end_keys` says so.

    Raises InvalidInput for a wrong current password and for a weak new one.
    """
    prove(user, current, address, "/current_password")
    passwords.check_strength(new, user.email, pointer="/new_password")
    hashed = passwords.hash_password(new)
    with transaction() as session:
        session.execute(update(User).where(User.id == user.id).values(password_hash=hashed))
        session.execute(delete(MailToken).where(MailToken.user_id == user.id, MailToken.kind == mailing.RESET))
        ended = sessions.revoke_others(session, user.id, family)
        keys = api_keys.end_all(session, user.id) if end_keys else 0
        audit.add(session, Action.PASSWORD_CHANGED, user.id, sessions_ended=ended, keys_ended=keys)


def renew(session: Session, user_id: int, password_hash: str) -> dict[str, Any]:
    """Set a password in the owner's stead; ends sessions, keys and mailed links, and says how many."""
    session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))
    return shut_out(session, user_id)


def shut_out(session: Session, user_id: int) -> dict[str, Any]:
    """End everything that opens the account but its password: sessions, API keys, mailed links."""
    session.execute(delete(MailToken).where(MailToken.user_id == user_id))
    return {"sessions_ended": tokens.revoke_all(session, user_id), "keys_ended": api_keys.end_all(session, user_id)}


def ask(kind: str, email: str) -> None:
    """Have a link mailed to the address; says nothing of whether it has an account, nor does the time it takes.

    Raises MailOff, and InvalidInput for what is no address. An address gets a few mails an hour; more are left out.
    """
    mailing.check_on()
    email = accounts.cleaned(email)
    if runtime().throttle.may_mail(email):
        with transaction() as session:
            mailing.ask(session, kind, email)


def reset(token: str, password: str) -> None:
    """Set a new password by a mailed token, which is used up; ends sessions and keys (see `renew`).

    Raises InvalidInput for a token that opens nothing, and for a weak password, which leaves the token as it is.
    """
    user = _owner(mailing.RESET, token)
    passwords.check_strength(password, user.email)
    hashed = passwords.hash_password(password)
    with transaction() as session:
        if not mailing.use(session, mailing.RESET, token):
            raise _refusal()
        ended = renew(session, user.id, hashed)
        session.execute(update(User).where(User.id == user.id).values(awaits_verification=False))
        audit.add(session, Action.PASSWORD_RESET, user.id, **ended)


def verify(token: str) -> None:
    """Let the account log in: its owner reads its mail. Raises InvalidInput for a token that opens nothing."""
    user = _owner(mailing.VERIFY, token)
    with transaction() as session:
        if not mailing.use(session, mailing.VERIFY, token):
            raise _refusal()
        session.execute(update(User).where(User.id == user.id).values(awaits_verification=False))
        audit.add(session, Action.VERIFIED, user.id)


def _owner(kind: str, token: str) -> User:
    user = mailing.owner(kind, token)
    if user is None:
        raise _refusal()
    return user


def _refusal() -> InvalidInput:
    return InvalidInput(
        "token: the link was used before, has expired or is not whole; ask for another", pointer="/token"
    )
