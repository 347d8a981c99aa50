"""Encryption of what the database keeps and the service reads again: secrets of webhooks, TOTP seeds, hash keys."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from csvapi.extensions import runtime


def encrypt(text: str) -> str:
    """Encrypt and authenticate a text with the service's secret key (Fernet)."""
    return _fernet().encrypt(text.encode()).decode()


def decrypt(token: str) -> str | None:
    """The text; None if it was encrypted with a key that the service no longer has."""
    try:
        return _fernet().decrypt(token.encode()).decode()
    except InvalidToken:
        return None


def _fernet() -> MultiFernet:
    settings = runtime().settings
    keys = filter(None, [settings.secret_key, settings.secret_key_previous])
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str) -> bytes:
    """A key for this use alone; the setting is long and random, so one hash is enough."""
    return hashlib.sha256(b"csvapi sealing " + key.encode()).digest()
