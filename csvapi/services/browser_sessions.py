"""Sessions of browsers: a cookie that names a sign-in in the database, and the token that guards it against CSRF.

Both are signed and hold no secret of the account. The sign-in is a row like that of every login, so that signing out, a
new password and deactivation end it at once, wherever a copy of the cookie is. Nobody else gets a row's cookie: the
signature is made only where a password has been shown, or by the provider of the single sign-on who it is.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from csvapi.errors import NotVerified
from csvapi.extensions import runtime, transaction
from csvapi.keys import is_exact
from csvapi.models import Action, RefreshFamily, User, now
from csvapi.recent import HARMLESS
from csvapi.services import accounts, audit, tokens

IDLE = timedelta(hours=12)  # after which a session that nobody used has ended
_NOTED_EVERY = timedelta(minutes=5)  # how fine the end is moved: not one write for each request
_COOKIE, _CSRF = "browser session", "csrf of a browser session"


def begin(email: str, password: str, otp: str, address: str, agent: str = "") -> tuple[User, str]:
    """Sign in by a browser; returns the account and the sign-in, which is always a new one.

    Raises what `accounts.authenticate` raises, LocalAccountsOff, NotVerified, and for an account with a second factor
    SecondFactorNeeded without a code and WrongCredentials for a wrong one, which counts as a failed login.
    """
    accounts.check_local()
    user = accounts.authenticate(email, password, address)
    if user.awaits_verification and runtime().settings.verify_email:
        raise NotVerified("Verify your e-mail address first: follow the link in the mail that was sent to it")
    accounts.check_second_factor(user, otp, address)
    with transaction() as session:
        return user, start(session, user, agent, "browser").id


def start(session: Session, user: User, agent: str, by: str, *, by_provider: bool = False) -> RefreshFamily:
    """Begin the session of somebody who has shown who they are, in the way that the audit log is to name."""
    session.execute(update(User).where(User.id == user.id).values(last_login_at=now()))
    audit.add(session, Action.LOGIN, user.id, by)
    family = tokens.begin(session, user, agent)
    family.expires_at = min(family.expires_at, now() + IDLE)
    family.by_provider = by_provider
    return family


def by_provider(family: str) -> bool:
    """Whether the provider of the single sign-on showed who it is."""
    with transaction() as session:
        return bool(session.scalar(select(RefreshFamily.by_provider).where(RefreshFamily.id == family)))


def cookie(user_id: int, family: str) -> str:
    """The value of the cookie that stands for the sign-in."""
    return str(_signer(_COOKIE).dumps([user_id, family]))


def named(value: str) -> tuple[int, str] | None:
    """The account and the sign-in that a cookie names; None unless it was made here."""
    if not is_exact(value):
        return None
    try:
        user_id, family = _signer(_COOKIE).loads(value)
    except BadSignature:
        return None
    return int(user_id), str(family)


def csrf_token(family: str) -> str:
    """What a page must send with everything that changes something; it belongs to this sign-in alone."""
    return str(_signer(_CSRF).dumps(family)).rpartition(".")[2]


def is_csrf_token(family: str, given: str) -> bool:
    """Whether this is the sign-in's token, made with the current key or the previous one."""
    whole = ".".join((str(_signer(_CSRF).dumps(family)).rpartition(".")[0], given))
    try:
        return is_exact(whole) and hmac.compare_digest(str(_signer(_CSRF).loads(whole)), family)
    except BadSignature:
        return False


def holder(user_id: int, family: str) -> User | None:
    """The active user of a sign-in by a browser; None once it has ended, by itself or by somebody.

    Its end moves with its use, up to CSVAPI_REFRESH_TTL after the sign-in.
    """
    with transaction() as session:
        found = session.execute(
            select(User, RefreshFamily)
            .join(RefreshFamily, RefreshFamily.user_id == User.id)
            .where(
                User.id == user_id,
                User.is_active,
                RefreshFamily.id == family,
                RefreshFamily.revoked_at.is_(None),
                RefreshFamily.expires_at > now(),
            )
        ).first()
        if found is None:
            return None
        _used(session, found.RefreshFamily)
        user: User = found.User
        return user


def _used(session: Session, family: RefreshFamily) -> None:
    at = now()
    if family.last_used_at is not None and at - family.last_used_at <= _NOTED_EVERY:
        return
    end = family.created_at + timedelta(seconds=runtime().settings.refresh_ttl)
    moved = update(RefreshFamily).where(RefreshFamily.id == family.id)
    session.execute(moved.values(last_used_at=at, expires_at=min(end, at + IDLE)), execution_options=HARMLESS)


def _signer(salt: str) -> URLSafeSerializer:
    """Signs with the current key, and also accepts what the previous key signed."""
    settings = runtime().settings
    keys = [*filter(None, [settings.secret_key_previous]), settings.secret_key]
    kwargs = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(keys, salt=salt, signer_kwargs=kwargs)
