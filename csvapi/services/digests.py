"""How secrets made by the service are stored: as a digest, which does not reveal them."""

from __future__ import annotations

import hashlib


def of_secret(secret: str) -> str:
    """The SHA-256 of a secret. A slow hash is not needed: the secret is long and random, so it cannot be guessed."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
