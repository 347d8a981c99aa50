"""Signed links: a download without a login, for one file, for a while."""

from __future__ import annotations

import hashlib
import time

from itsdangerous import BadSignature, URLSafeSerializer

from csvapi.errors import Expired, Forbidden
from csvapi.extensions import runtime
from csvapi.keys import is_exact


def sign(file_id: int) -> str:
    """A token that opens this file until the link's life is over."""
    return _signer().dumps([file_id, int(time.time()) + runtime().settings.link_ttl])


def verify(token: str) -> int:
    """The file a token opens (compared in constant time). Raises Forbidden, or Expired when its time is over."""
    refusal = Forbidden("This link is not valid; ask task-status for a new one")
    if not is_exact(token):
        raise refusal
    try:
        file_id, expires = _signer().loads(token)
    except BadSignature as error:
        raise refusal from error
    if expires < time.time():
        raise Expired("This link has expired; ask task-status for a new one")
    return int(file_id)


def _signer() -> URLSafeSerializer:
    """Signs with the current key; opens what the previous one signed, too."""
    settings = runtime().settings
    keys = [*filter(None, [settings.secret_key_previous]), settings.secret_key]
    kwargs = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(keys, salt="download", signer_kwargs=kwargs)
