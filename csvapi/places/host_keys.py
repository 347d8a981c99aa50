"""Keys by which SFTP servers are known: what an administrator gives, as fingerprints."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from itertools import pairwise

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_KIND = re.compile(r"(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+")
LONGEST = 20_000  # characters of a line


def fingerprint(text: str) -> str | None:
    """The fingerprint in a text: one as `ssh-keygen -l` shows it, or of the key of a line of known_hosts; None for
    anything else."""
    text = text.strip().rstrip("=")
    if found := _FINGERPRINT.fullmatch(text):
        return found[0]
    words = text.split()
    for kind, key in pairwise(words):
        if _KIND.fullmatch(kind) and words[0] not in ("@revoked", "@cert-authority"):
            return _of_key(kind, key)
    return None


def _of_key(kind: str, key: str) -> str | None:
    try:
        blob = base64.b64decode(f"{key}{'=' * (-len(key) % 4)}", validate=True)
    except (binascii.Error, ValueError):
        return None
    if blob[4 : 4 + len(kind)] != kind.encode():  # RFC 4253, section 6.6: the key begins with its kind
        return None
    return f"SHA256:{base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip('=')}"
