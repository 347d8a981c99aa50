"""Hashing passwords, and refusing those that are guessed first."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import cache
from threading import BoundedSemaphore
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from csvapi.errors import InvalidInput
from csvapi.extensions import runtime
from csvapi.process.interpreter import INTERPRETER

MIN_LENGTH, MAX_LENGTH = 8, 1024
_TOO_LIKE = 0.7  # the share of the letters that a password may have in common with such a word
_WORD = 4  # letters of a part of the host that is one
_hasher = PasswordHasher()  # argon2id, RFC 9106 section 4, second recommended option: 64 MiB
_turns = BoundedSemaphore(2)  # hashes at once in a process: bounds memory under a flood of logins


def hash_password(password: str) -> str:
    """The argon2id hash of a password; at most two hashes are computed at a time in a process."""
    INTERPRETER.give_up()
    with _turns:
        return _hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; takes as long for an unknown user (None), so that timing reveals nothing."""
    INTERPRETER.give_up()
    with _turns:
        try:
            _hasher.verify(password_hash or _decoy(), password)
        except VerifyMismatchError:
            return False
    return bool(password_hash)


@cache
def _decoy() -> str:
    return _hasher.hash("nobody has this password")


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


def check_strength(password: str, email: str, pointer: str = "/password") -> None:
    """Raise InvalidInput unless the password is strong enough; `pointer` is its place in the request."""
    check(password, email, runtime().settings.public_url, pointer)


def check(password: str, email: str, public_url: str, pointer: str = "/password") -> None:
    """Raise InvalidInput for a weak password: too short, common, all digits, or similar to a known word.

    Known words are the e-mail address, the name of the service and its host.
    """
    if len(password) < MIN_LENGTH:
        raise InvalidInput(f"password must have at least {MIN_LENGTH} characters", pointer=pointer, limit=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        raise InvalidInput(f"password must have at most {MAX_LENGTH} characters", pointer=pointer, limit=MAX_LENGTH)
    if password.isdigit():
        raise InvalidInput("password must not be all digits; add letters or signs", pointer=pointer)
    if password.lower() in _common():
        raise InvalidInput("password is too common; choose one that nobody would guess", pointer=pointer)
    if _is_like(password, (email, *email.split("@"))):
        raise InvalidInput("password is too similar to the email; choose another one", pointer=pointer)
    if _is_like(password, words_of(public_url)):
        raise InvalidInput("password is too similar to the name of this service; choose another one", pointer=pointer)


def words_of(public_url: str) -> tuple[str, ...]:
    """Words that a guess at this service's passwords would use: its name, its host and their parts."""
    host = urlsplit(public_url).hostname or ""
    return ("csvapi", *(word for word in (host, *host.split(".")) if len(word) >= _WORD))


def _is_like(password: str, words: tuple[str, ...]) -> bool:
    """Whether most of the password is one of the words."""
    lowered = password.lower()[:254]
    return any(
        (word in lowered and len(word) > len(lowered) / 2) or SequenceMatcher(a=lowered, b=word).ratio() >= _TOO_LIKE
        for word in words
    )
