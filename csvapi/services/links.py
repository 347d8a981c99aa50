"""Signed links: they download one file without a login, for a limited time."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from functools import lru_cache

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select

from csvapi.errors import Expired, Forbidden
from csvapi.extensions import runtime, transaction
from csvapi.keys import is_exact
from csvapi.models import File

_SALT, _SALT_BEFORE = "download one file", "download"


def sign(file_id: int, storage_key: str | None = None) -> str:
    """A token for this file until the link expires; a later file with the same id is not opened by it.

    The file's storage key is looked up unless it is given.
    """
    key = _key_of(file_id) if storage_key is None else storage_key
    expires = int(time.time()) + runtime().settings.link_ttl
    return _signer(_SALT).dumps([file_id, expires, _mark(key)])


def verify(token: str) -> int:
    """The file of a token, which is compared in constant time.

    Raises Forbidden for an invalid token, and Expired if its time is over or the file is gone. SQLite may give the id
    of the last file to the next one after a deletion; the mark in the token distinguishes the two.
    """
    file_id, expires, mark = _opened(token)
    if expires < time.time():
        raise Expired("This link has expired; ask task-status for a new one")
    if mark is not None and mark != _mark(_key_of(file_id)):
        raise Expired("The file has been deleted; run the operation again")
    return file_id


def _opened(token: str) -> tuple[int, int, str | None]:
    """What the token says; links of the previous version have no mark and stay valid for the rest of their time."""
    if is_exact(token):
        with suppress(BadSignature):
            file_id, expires, mark = _signer(_SALT).loads(token)
            return int(file_id), int(expires), str(mark)
        with suppress(BadSignature):
            file_id, expires = _signer(_SALT_BEFORE).loads(token)
            return int(file_id), int(expires), None
    raise Forbidden("This link is not valid; ask task-status for a new one")


def _key_of(file_id: int) -> str:
    with transaction() as session:
        return session.scalar(select(File.storage_key).where(File.id == file_id)) or ""


def _mark(key: str) -> str:
    """A value that is unique to the file with this storage key and reveals nothing about it."""
    return hashlib.sha256(f"link {key}".encode()).hexdigest()[:16]


def _signer(salt: str) -> URLSafeSerializer:
    """Signs with the current key, and also accepts what the previous key signed."""
    settings = runtime().settings
    return _made(salt, *filter(None, [settings.secret_key_previous]), settings.secret_key)


@lru_cache(maxsize=4)
def _made(salt: str, *keys: str) -> URLSafeSerializer:
    kwargs = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(list(keys), salt=salt, signer_kwargs=kwargs)
