"""Changing the credentials of an account: its password, by its owner or a mailed link; verifying its address.

A reset, by an administrator or a mailed link, ends every session and every API key, so whoever used the account before
is locked out. A change by the owner, who knows the old password, ends the other sessions, and the keys on request.
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
    if not user.has_password:
        raise InvalidInput("This account has no password: the single sign-on opens it", pointer=pointer)
    try:
        accounts.authenticate(user.email, password, address)
    except WrongCredentials as error:
        raise InvalidInput(f"{pointer[1:]} is not your password", pointer=pointer) from error


def change(user: User, current: str, new: str, *, address: str, family: str, end_keys: bool = False) -> None:
    """Set a new password; ends all other sessions, mailed links that set one and, with `end_keys`, the API keys.

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
    """Reset the password on the owner's behalf; ends sessions, keys and mailed links, and returns how many."""
    session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash, has_password=True))
    return shut_out(session, user_id)


def shut_out(session: Session, user_id: int) -> dict[str, Any]:
    """End everything but the password that gives access to the account: sessions, API keys, mailed links."""
    session.execute(delete(MailToken).where(MailToken.user_id == user_id))
    return {"sessions_ended": tokens.revoke_all(session, user_id), "keys_ended": api_keys.end_all(session, user_id)}


def ask(kind: str, email: str) -> None:
    """Have a link mailed to the address; neither the answer nor the time it takes depends on an account existing.

    Raises MailOff, LocalAccountsOff for a link that sets a password, and InvalidInput for an invalid address. An
    address gets a few mails an hour; further ones are not sent.
    """
    if kind == mailing.RESET:
        accounts.check_local()
    mailing.check_on()
    email = accounts.cleaned(email)
    if runtime().throttle.may_mail(email):
        with transaction() as session:
            mailing.ask(session, kind, email)


def reset(token: str, password: str) -> None:
    """Set a new password with a mailed token, which is used up; ends sessions and keys (see `renew`).

    Raises InvalidInput for an invalid token, and for a weak password, which leaves the token valid; LocalAccountsOff.
    """
    accounts.check_local()
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
    """Mark the address as verified, so that the account can log in. Raises InvalidInput for an invalid token."""
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
