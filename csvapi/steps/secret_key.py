"""A key of keyed hashes: its secret is shown nowhere, and its fingerprint tells it from others."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from functools import cached_property

from csvapi.variety import variety

LEAST, MOST = 32, 1_000  # characters of a secret
NAME = r"[a-z0-9][a-z0-9._-]{0,63}"  # of a key: databases do not agree on whether other letters are the same
_VARIETY = 20  # as `variety` counts; random texts of LEAST characters have more
_SALT = b"csvapi fingerprint of a hash key"
_ROUNDS = 200_000
_FINGERPRINT = 8  # bytes
MAKE_ONE = "make one with: openssl rand -hex 32"


class WeakSecret(ValueError):
    """Why a text cannot be a secret, without the text."""


@dataclass(frozen=True, eq=False)
class SecretKey:
    """The secret of HMAC-SHA-256 (RFC 2104): a text, whose bytes in UTF-8 are the key. `known` is its fingerprint,
    where that was stored with it."""

    secret: str = field(repr=False)
    known: str = ""

    @classmethod
    def of(cls, secret: str) -> SecretKey:
        """The key of a secret that somebody chose. Raises `WeakSecret` for one that is short, that repeats itself, or
        that another program could not be given."""
        if not LEAST <= len(secret) <= MOST:
            raise WeakSecret(f"has {len(secret)} characters; it must have {LEAST} to {MOST}; {MAKE_ONE}")
        if not secret.isprintable():
            raise WeakSecret(f"has line ends or other characters that are not printable; {MAKE_ONE}")
        if variety(secret) < _VARIETY:
            raise WeakSecret(f"repeats itself or counts, so that it can be guessed; {MAKE_ONE}")
        return cls(secret)

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits, the same for the same secret. They are made slowly (PBKDF2, RFC 8018), so that guesses
        at a secret that a person chose are dear."""
        return self.known or hashlib.pbkdf2_hmac("sha256", self.secret.encode(), _SALT, _ROUNDS, _FINGERPRINT).hex()

    @cached_property
    def _key(self) -> bytes:
        return self.secret.encode()

    def digest(self, value: bytes) -> bytes:
        """The HMAC-SHA-256 of a value, 32 bytes."""
        return hmac.digest(self._key, value, "sha256")
