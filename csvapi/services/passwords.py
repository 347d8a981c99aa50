"""Hashing passwords, and refusing the ones an attacker tries first."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from csvapi.errors import InvalidInput

MIN_LENGTH, MAX_LENGTH = 8, 1024
_TOO_LIKE = 0.7  # the share of the letters that a password may have in common with the e-mail address
_hasher = PasswordHasher()  # argon2id, RFC 9106 section 4, second recommended option: 64 MiB
_turns = BoundedSemaphore(2)  # hashes at once in a process: bounds memory under a flood of logins


def hash_password(password: str) -> str:
    with _turns:
        return _hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; takes as long for an unknown user (None), so that time tells nothing."""
    with _turns:
        try:
            _hasher.verify(password_hash or _decoy(), password)
        except VerifyMismatchError:
            return False
    return password_hash is not None


@cache
def _decoy() -> str:
    return _hasher.hash("nobody has this password")


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


def check_strength(password: str, email: str, pointer: str = "/password") -> None:
    """Raise InvalidInput unless the password is long enough, not common, not all digits, not like the e-mail.

    `pointer` is where the request has it.
    """
    if len(password) < MIN_LENGTH:
        raise InvalidInput(f"password must have at least {MIN_LENGTH} characters", pointer=pointer, limit=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        raise InvalidInput(f"password must have at most {MAX_LENGTH} characters", pointer=pointer, limit=MAX_LENGTH)
    if password.isdigit():
        raise InvalidInput("password must not be all digits; add letters or signs", pointer=pointer)
    if password.lower() in _common():
        raise InvalidInput("password is too common; choose one that nobody would guess", pointer=pointer)
    lowered = password.lower()[:254]
    for part in (email, *email.split("@")):
        held = part in lowered and len(part) > len(lowered) / 2
        if held or SequenceMatcher(a=lowered, b=part).ratio() >= _TOO_LIKE:
            raise InvalidInput("password is too similar to the email; choose another one", pointer=pointer)
