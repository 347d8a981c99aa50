"""Accounts: registering and signing in."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from csvapi.errors import EmailTaken, Forbidden, InvalidInput, WrongCredentials
from csvapi.extensions import runtime, transaction
from csvapi.models import RefreshFamily, User, now
from csvapi.services import passwords, tokens

WRONG = "Invalid email or password"


def register(email: str, password: str, confirm_password: str) -> User:
    """Create an account. Raises InvalidInput naming the field, EmailTaken (also when two arrive at once)."""
    email = _clean(email)
    if password != confirm_password:
        raise InvalidInput("Password and confirm password do not match", pointer="/confirm_password")
    passwords.check_strength(password, email)
    with transaction() as session:
        if session.scalar(select(User.id).where(User.email == email)) is not None:
            raise _taken()
    user = User(email=email, password_hash=passwords.hash_password(password))
    try:
        with transaction() as session:
            session.add(user)
    except IntegrityError as error:
        raise _taken() from error
    return user


def sign_in(email: str, password: str, address: str) -> tokens.Tokens:
    """Exchange e-mail and password for tokens; raises WrongCredentials and TooManyRequests as `authenticate` does."""
    user = authenticate(email, password, address)
    with transaction() as session:
        session.execute(update(User).where(User.id == user.id).values(last_login_at=now()))
        return tokens.issue(session, user)


def enter(email: str, password: str, address: str) -> tuple[User, str]:
    """Begin an administrator's sign-in to the pages: the user, and the family that `holder` asks for.

    Raises Forbidden for everybody else who has shown the right password, and what `authenticate` raises.
    """
    user = authenticate(email, password, address)
    if not user.is_admin:
        raise Forbidden("This account is not an administrator's")
    with transaction() as session:
        session.execute(update(User).where(User.id == user.id).values(last_login_at=now()))
        return user, tokens.begin(session, user).id


def leave(family: str) -> None:
    """End a sign-in: what was made in it opens nothing any more."""
    with transaction() as session:
        tokens.revoke(session, family)


def authenticate(email: str, password: str, address: str) -> User:
    """The active user with this password; the same answer and the same time for every failure, and not too many.

    Without an e-mail or a password there is nobody to try: the same answer, at once.
    """
    throttle = runtime().throttle
    email = email.strip().lower()
    if not email or not password:
        raise WrongCredentials(WRONG)
    throttle.check_login(email, address)
    with transaction() as session:
        user = session.scalar(select(User).where(User.email == email[:254]))
    usable = user if user and user.is_active and len(email) <= passwords.MAX_LENGTH else None
    right = passwords.verify(usable.password_hash if usable else None, password[: passwords.MAX_LENGTH + 1])
    if not right or usable is None:
        throttle.failed_login(email, address)
        raise WrongCredentials(WRONG)
    return usable


def holder(user_id: int, family: str) -> User | None:
    """The active user behind an access token; None when its sign-in, the refresh family, has been revoked."""
    alive = select(User).join(RefreshFamily, RefreshFamily.user_id == User.id)
    with transaction() as session:
        return session.scalar(
            alive.where(
                User.id == user_id, User.is_active, RefreshFamily.id == family, RefreshFamily.revoked_at.is_(None)
            )
        )


def ensure_admin(email: str, password: str) -> bool:
    """Create the administrator, or make one of the account that has the address; says whether anything changed.

    The password of an account that exists is left alone: settings must not undo what its owner did.
    """
    email = _clean(email)
    with transaction() as session:
        user = session.scalar(select(User).where(User.email == email))
        if user is None:
            session.add(User(email=email, password_hash=passwords.hash_password(password), is_admin=True))
            return True
        changed, user.is_admin = not user.is_admin, True
        return changed


def _clean(email: str) -> str:
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
