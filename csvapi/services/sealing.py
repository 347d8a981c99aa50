"""Keeping what must be read again, but not by whoever reads the database: sealed with the service's secret key."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from csvapi.extensions import runtime


def seal(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def unseal(token: str) -> str | None:
    """The text; None when the key it was sealed with is gone."""
    try:
        return _box().decrypt(token.encode()).decode()
    except InvalidToken:
        return None


def _box() -> MultiFernet:
    settings = runtime().settings
    keys = filter(None, [settings.secret_key, settings.secret_key_previous])
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str) -> bytes:
    """A key for this use alone; the setting is long and random, so one hash is enough."""
    return hashlib.sha256(b"csvapi sealing " + key.encode()).digest()
