"""How secrets that the service made are stored: as a digest, from which nobody comes back to them."""

from __future__ import annotations

import hashlib


def of_secret(secret: str) -> str:
    """Not a slow hash: the secret is random and long, there is nothing to guess."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
