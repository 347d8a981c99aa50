"""The second factor of administrators: time-based codes (TOTP, RFC 6238), and recovery codes."""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from dataclasses import dataclass

import pyotp
from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from csvapi.errors import Conflict, InvalidInput, NotFound, SecondFactorNeeded, WrongCredentials
from csvapi.extensions import changed, transaction
from csvapi.models import Action, RecoveryCode, User, now
from csvapi.services import audit
from csvapi.services.digests import of_secret
from csvapi.services.encryption import decrypt, encrypt

ISSUER = "csvapi"
STEP = 30  # seconds: RFC 6238 section 5.2
DRIFT = 1  # steps by which a device's clock may be off
RECOVERY_CODES = 10


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator needs: the secret as text, and the address for a QR code."""

    secret: str
    uri: str


def begin(user_id: int) -> Enrolment:
    """Make a secret, which takes effect once `confirm` has seen a code. Raises Conflict if one is in effect."""
    secret = pyotp.random_base32()
    with transaction() as session:
        waiting = update(User).where(User.id == user_id, User.totp_since.is_(None))
        if not changed(session.execute(waiting.values(totp_secret=encrypt(secret), totp_step=None))):
            raise Conflict("There is a second factor already; turn it off first")
        user = session.get_one(User, user_id)
        return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER))


def confirm(user_id: int, code: str) -> list[str]:
    """Require the second factor from now on; returns the recovery codes, which are not stored.

    Raises InvalidInput for a wrong code, and Conflict if there is nothing to confirm.
    """
    with transaction() as session:
        user = session.get_one(User, user_id)
        secret = decrypt(user.totp_secret or "")
        if secret is None or user.totp_since is not None:
            raise Conflict("Begin to set up the second factor first")
        step = _step(secret, code)
        if step is None:
            raise InvalidInput("The code is not right; wait for the next one, and see that the clocks agree")
        taken = update(User).where(User.id == user_id, User.totp_since.is_(None), User.totp_secret == user.totp_secret)
        if not changed(session.execute(taken.values(totp_since=now(), totp_step=step))):
            raise Conflict("Begin to set up the second factor first")
        audit.add(session, Action.ADMIN_FACTOR_ON, user_id, f"user:{user_id}")
        return _new_codes(session, user_id)


def check(user: User, code: str) -> None:
    """Raise WrongCredentials unless the user has no second factor, or the code is right and was not used before.

    A recovery code is accepted instead, once.
    """
    if user.totp_since is None:
        return
    code = code.strip().replace(" ", "").lower()
    if not code:
        raise SecondFactorNeeded("Type the code of your authenticator, too, or a recovery code")
    if not (_fresh(user, code) if len(code) <= 6 else _recovered(user.id, code)):
        raise WrongCredentials("The code is not right, or was used before; wait for the next one")


def _fresh(user: User, code: str) -> bool:
    """Whether the code belongs to a later step than the last one used; a compare-and-set lets only one use it."""
    secret = decrypt(user.totp_secret or "")
    step = _step(secret, code) if secret else None
    if step is None:
        return False
    unused = update(User).where(User.id == user.id, or_(User.totp_step.is_(None), User.totp_step < step))
    with transaction() as session:
        return bool(changed(session.execute(unused.values(totp_step=step))))


def _recovered(user_id: int, code: str) -> bool:
    with transaction() as session:
        mine = delete(RecoveryCode).where(
            RecoveryCode.user_id == user_id, RecoveryCode.code_hash == of_secret(code.replace("-", ""))
        )
        used = bool(changed(session.execute(mine)))
        if used:
            audit.add(session, Action.ADMIN_RECOVERED, user_id)
        return used


def remove(user_id: int) -> None:
    """Remove the second factor, so that the user sets up a new one. Raises NotFound."""
    with transaction() as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound("There is no such user")
        user.totp_secret = user.totp_since = user.totp_step = None
        session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _step(secret: str, code: str) -> int | None:
    """The time step of the code, within the drift; all steps are compared, so that timing reveals nothing."""
    at, found = int(time.time()) // STEP, None
    for step in range(at - DRIFT, at + DRIFT + 1):
        if hmac.compare_digest(pyotp.TOTP(secret).at(step * STEP).encode(), code.strip().encode(errors="replace")):
            found = step
    return found


def _new_codes(session: Session, user_id: int) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=user_id, code_hash=of_secret(code.replace("-", ""))) for code in codes)
    return ["-".join(code[i : i + 4] for i in range(0, len(code), 4)) for code in codes]
