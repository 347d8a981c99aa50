"""The session of somebody whom the provider knows, and what is still missing where there is none yet."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from csvapi.errors import Conflict, Forbidden, InvalidInput, NotVerified, RegistrationClosed, SignInFailed
from csvapi.extensions import runtime, transaction
from csvapi.models import Action, User
from csvapi.services import accounts, audit, browser_sessions, invitations, passwords
from csvapi.services.single_sign_on import flow, identities, rights
from csvapi.services.single_sign_on.provider import Claims

_BY = "single sign-on"
_NO_NAME = re.compile(r"[^a-z0-9._-]+")
_TRIES = 20  # of a name with a number, before one at random


@dataclass(frozen=True, slots=True)
class Person:
    """Who the provider says somebody is. `email` is one that the provider has verified, else empty.

    `account` is whether they have one here; `admin` what their groups say of them (see `rights`).
    """

    issuer: str
    subject: str
    email: str
    name: str
    label: str
    admin: bool | None
    onwards: str
    account: bool = False

    def sealed(self) -> str:
        """The cookie of a sign-in that waits for a code, a password or a decision."""
        return flow.sealed("person", asdict(self))


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody who is signed in, by which session, and where they wanted to go."""

    user: User
    family: str
    onwards: str


def waiting(cookie: str) -> Person:
    """Who waits in this browser. Raises SignInFailed if nobody does, or for too long."""
    found = flow.opened("person", cookie)
    if found is None:
        raise SignInFailed("This sign-in has taken longer than ten minutes; begin it again")
    return Person(**found)


def arrive(claims: Claims, begun: flow.Begun, agent: str) -> Entered | Person:
    """Sign in whom the provider has shown; or who it is, when something is missing.

    That is the code of a second factor, or an account: one is made at once where registration is open, unless another
    account has the address or the person wants to link one. Raises Forbidden for an account that is not active.
    """
    person = _person(claims, begun.onwards)
    user = identities.owner(person.issuer, person.subject)
    if user is not None:
        return Person(**{**asdict(person), "account": True}) if user.totp_since else _enter(user.id, person, agent)
    if begun.links or runtime().settings.registration != "open" or is_taken(person.email):
        identities.wait(person.issuer, person.subject, person.label)
        return person
    return make_account(person, "", agent)


def _person(claims: Claims, onwards: str) -> Person:
    email = _verified_email(claims.said)
    given = [claims.said.get(name) for name in ("email", "preferred_username", "name")]
    known = [each for each in given if isinstance(each, str) and each.strip()]
    name = _NO_NAME.sub("-", (known[0] if known else "").lower().partition("@")[0]).strip("-._")[:60]
    label = "".join(filter(str.isprintable, known[0] if known else ""))[:100]
    admin = rights.of(claims.said)
    return Person(claims.issuer, claims.subject, email, name or "user", label, admin, onwards)


def _verified_email(said: dict[str, Any]) -> str:
    email = said.get("email")
    if not isinstance(email, str) or said.get("email_verified") not in (True, "true"):
        return ""
    try:
        return accounts.cleaned(email)
    except InvalidInput:
        return ""


def is_taken(email: str) -> bool:
    """Whether an account has this address."""
    with transaction() as session:
        return bool(email) and session.scalar(select(User.id).where(User.email == email)) is not None


def confirm(person: Person, code: str, address: str, agent: str) -> Entered:
    """Sign in to the account of somebody who has a second factor, too. Raises what a wrong code raises at a login."""
    user = identities.owner(person.issuer, person.subject)
    if user is None:
        raise SignInFailed("This sign-on opens no account any more; begin the sign-in again")
    accounts.check_second_factor(user, code, address)
    return _enter(user.id, person, agent)


def link(person: Person, email: str, password: str, code: str, *, address: str, agent: str) -> Entered:
    """Let the identity open an account whose password (and second factor) is shown, and sign in.

    Raises what a login raises. Where passwords sign nobody in, one still proves whose account this is, but only the
    account of the address that the provider vouches for.
    """
    if not runtime().settings.local_accounts and email.strip().lower() != person.email:
        raise Forbidden("Only the account with your address at the provider can be linked by its password here")
    user = accounts.authenticate(email, password, address)
    if user.awaits_verification and runtime().settings.verify_email and user.email != person.email:
        raise NotVerified("Verify your e-mail address first: follow the link in the mail that was sent to it")
    accounts.check_second_factor(user, code, address)
    _linked(person, user.id)
    return _enter(user.id, person, agent)


def _linked(person: Person, user_id: int) -> None:
    try:
        with transaction() as session:
            _link(session, person, user_id)
            user = session.get_one(User, user_id)
            user.awaits_verification = user.awaits_verification and user.email != person.email
    except IntegrityError as error:
        raise Conflict("This sign-on has just been linked; begin the sign-in again") from error


def _link(session: Session, person: Person, user_id: int) -> None:
    identity = identities.link(session, person.issuer, person.subject, person.label, user_id)
    audit.add(session, Action.LINKED, user_id, f"identity:{identity}")


def make_account(person: Person, invitation: str, agent: str) -> Entered:
    """Make an account without a password for the person, and sign in.

    It has the verified address, if that is free, else a name. Raises RegistrationClosed, InvalidInput for a wrong
    invitation where one is needed, and Conflict for somebody who has an account by now.
    """
    rule = runtime().settings.registration
    if rule == "closed":
        raise RegistrationClosed("Nobody can register here; ask an administrator to link your sign-on with an account")
    if rule == "invite":
        invitations.check(invitation)
    unknown = passwords.hash_password(secrets.token_urlsafe(32))  # that of no password
    for name in _names(person):
        try:
            with transaction() as session:
                if session.scalar(select(User.id).where(User.email == name)) is not None:
                    continue
                user = User(email=name, password_hash=unknown, has_password=False)
                session.add(user)
                session.flush()
                if rule == "invite":
                    invitations.use(session, invitation, user.id)
                audit.add(session, Action.REGISTERED, user.id, _BY)
                _link(session, person, user.id)
        except IntegrityError:  # somebody else was faster with the name, or this person in another tab
            continue
        return _enter(user.id, person, agent)
    raise Conflict("No account could be made; begin the sign-in again")


def _names(person: Person) -> Iterator[str]:
    yield from filter(None, [person.email])
    yield person.name
    yield from (f"{person.name}-{number}" for number in range(2, _TRIES))
    yield f"{person.name}-{secrets.token_hex(4)}"


def _enter(user_id: int, person: Person, agent: str) -> Entered:
    """Begin the session, with the rights that the person has now."""
    with transaction() as session:
        user = session.get_one(User, user_id)
        active = user.is_active
        if active:
            rights.give(session, user, person.admin)
            identities.used(session, person.issuer, person.subject)
            family = browser_sessions.start(session, user, agent, _BY, by_provider=True)
        else:
            audit.add(session, Action.LOGIN_FAILED, user_id, _BY, reason="not active")
    if not active:
        raise Forbidden("This account has been deactivated; ask an administrator")
    return Entered(user, family.id, person.onwards)
