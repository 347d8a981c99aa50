"""Accounts: registering and signing in."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from csvapi.errors import (
    EmailTaken,
    Forbidden,
    InvalidInput,
    LocalAccountsOff,
    NotVerified,
    RegistrationClosed,
    WrongCredentials,
)
from csvapi.extensions import runtime, transaction
from csvapi.models import Action, RefreshFamily, User, now
from csvapi.services import audit, invitations, mailing, passwords, second_factor, sessions, tokens

WRONG = "Invalid email or password"


def register(email: str, password: str, confirm_password: str, invitation: str = "") -> User:
    """Create an account. Raises InvalidInput naming the field, EmailTaken (also when two arrive at once).

    Raises LocalAccountsOff and RegistrationClosed where nobody may register; where an invitation is needed, it is
    looked at first, so that nobody without one learns which addresses have accounts.
    """
    check_local()
    rule = runtime().settings.registration
    if rule == "closed":
        raise RegistrationClosed("Registration is closed here; ask an administrator for an account")
    if rule == "invite":
        invitations.check(invitation)
    email = cleaned(email)
    if password != confirm_password:
        raise InvalidInput("Password and confirm password do not match", pointer="/confirm_password")
    passwords.check_strength(password, email)
    with transaction() as session:
        if session.scalar(select(User.id).where(User.email == email)) is not None:
            raise _taken()
    verify = runtime().settings.verify_email
    user = User(email=email, password_hash=passwords.hash_password(password), awaits_verification=verify)
    try:
        with transaction() as session:
            session.add(user)
            session.flush()
            if rule == "invite":
                invitations.use(session, invitation, user.id)
            if verify:
                mailing.ask(session, mailing.VERIFY, email)
            audit.add(session, Action.REGISTERED, user.id)
    except IntegrityError as error:
        raise _taken() from error
    return user


def check_local() -> None:
    """Raise LocalAccountsOff where passwords sign nobody in."""
    settings = runtime().settings
    if not settings.local_accounts:
        raise LocalAccountsOff(
            f"Passwords sign nobody in here: open / in a browser and sign in with {settings.oidc_name}; "
            "programs send an API key, which is made there"
        )


def sign_in(email: str, password: str, address: str, agent: str = "") -> tokens.Tokens:
    """Exchange e-mail and password for tokens; raises WrongCredentials and TooManyRequests as `authenticate` does.

    Raises LocalAccountsOff, and NotVerified if the password is right but the address is not verified yet.
    """
    check_local()
    user = authenticate(email, password, address)
    if user.awaits_verification and runtime().settings.verify_email:
        raise NotVerified("Verify your e-mail address first: follow the link in the mail that was sent to it")
    with transaction() as session:
        session.execute(update(User).where(User.id == user.id).values(last_login_at=now()))
        audit.add(session, Action.LOGIN, user.id)
        return tokens.issue(session, user, agent)


def enter(email: str, password: str, code: str, address: str, agent: str = "") -> tuple[User, str]:
    """Begin an administrator's sign-in to the pages; returns the user and the refresh family that `holder` takes.

    Raises what `authenticate` raises, LocalAccountsOff, Forbidden for a right password of anybody who is no
    administrator, and WrongCredentials for a missing or wrong code of the second factor, which counts as a failed
    login.
    """
    check_local()
    user = authenticate(email, password, address)
    if not user.is_admin:
        audit.record(Action.LOGIN_FAILED, user.id, "pages", reason="no administrator")
        raise Forbidden("This account is not an administrator's")
    check_second_factor(user, code, address)
    with transaction() as session:
        session.execute(update(User).where(User.id == user.id).values(last_login_at=now()))
        audit.add(session, Action.LOGIN, user.id, "pages")
        return user, tokens.begin(session, user, agent).id


def check_second_factor(user: User, code: str, address: str) -> None:
    """Check the code of an account that has a second factor; a wrong one counts as a failed login.

    Raises SecondFactorNeeded without a code, WrongCredentials and TooManyRequests.
    """
    if not code.strip():  # nothing was guessed
        second_factor.check(user, code)
        return
    with runtime().throttle.login(user.email, address):
        try:
            second_factor.check(user, code)
        except WrongCredentials:
            audit.record(Action.LOGIN_FAILED, user.id, "pages", reason="second factor")
            raise


def leave(user_id: int, family: str) -> None:
    """End a sign-in: its access and refresh tokens are refused from now on."""
    with transaction() as session:
        tokens.revoke(session, family)
        audit.add(session, Action.LOGOUT, user_id)


def authenticate(email: str, password: str, address: str) -> User:
    """The active user with this e-mail and password; every failure gives the same answer after the same time.

    Raises WrongCredentials, at once where the e-mail or the password is empty, and TooManyRequests after too many
    failures.
    """
    email = email.strip().lower()
    if not email or not password:
        raise WrongCredentials(WRONG)
    with runtime().throttle.login(email, address):
        return _verified(email, password)


def _verified(email: str, password: str) -> User:
    with transaction() as session:
        user = session.scalar(select(User).where(User.email == email[:254]))
    usable = user if user and user.is_active and len(email) <= passwords.MAX_LENGTH else None
    right = passwords.verify(usable.password_hash if usable else None, password[: passwords.MAX_LENGTH + 1])
    if not right or usable is None:
        audit.record(Action.LOGIN_FAILED, user.id if user else None)
        raise WrongCredentials(WRONG)
    return usable


def holder(user_id: int, family: str) -> User | None:
    """The active user of an access token; None if its sign-in, the refresh family, has been revoked."""
    alive = select(User, RefreshFamily).join(RefreshFamily, RefreshFamily.user_id == User.id)
    with transaction() as session:
        found = session.execute(
            alive.where(
                User.id == user_id, User.is_active, RefreshFamily.id == family, RefreshFamily.revoked_at.is_(None)
            )
        ).first()
        if found is None:
            return None
        sessions.used(session, found.RefreshFamily)
        user: User = found.User
        return user


def ensure_admin(email: str, password: str) -> bool:
    """Create the administrator, or make the account with this address one; returns whether anything changed.

    An existing account keeps its password: the settings must not undo what the owner did.
    """
    email = cleaned(email)
    with transaction() as session:
        user = session.scalar(select(User).where(User.email == email))
        if user is None:
            user = User(email=email, password_hash=passwords.hash_password(password), is_admin=True)
            session.add(user)
            session.flush()
        elif user.is_admin:
            return False
        user.is_admin = True
        audit.add(session, Action.ADMIN_MADE, None, f"user:{user.id}")
        return True


def cleaned(email: str) -> str:
    """The address in the form it is stored in. Raises InvalidInput if it is no e-mail address."""
    try:
        found = validate_email(email.strip(), check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise InvalidInput(f"email is not a valid address: {error}", pointer="/email") from error
    if "." not in found.domain:
        raise InvalidInput("email is not a valid address: the part after @ needs a period", pointer="/email")
    if len(found.normalized) > 254:
        raise InvalidInput("email must have at most 254 characters", pointer="/email", limit=254)
    return found.normalized.lower()


def _taken() -> EmailTaken:
    return EmailTaken("email already exists; sign in, or register another one", pointer="/email")
