"""Cursors: where the next page begins. They are opaque to clients, and signed so that they cannot be made up."""

from __future__ import annotations

import hashlib
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from csvapi.errors import InvalidInput
from csvapi.extensions import runtime


def write(kind: str, place: list[Any]) -> str:
    """The cursor of a position in one kind of list."""
    return str(_signer(kind).dumps(place))


def read(kind: str, cursor: str) -> list[Any]:
    """The position in a cursor. Raises InvalidInput for a cursor that this kind of list did not issue."""
    try:
        place: list[Any] = _signer(kind).loads(cursor)
    except BadSignature as error:
        raise InvalidInput("cursor: must be the `next` of the page before", pointer="/cursor") from error
    return place


def _signer(kind: str) -> URLSafeSerializer:
    settings = runtime().settings
    keys = [*filter(None, [settings.secret_key_previous]), settings.secret_key]
    kwargs = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(keys, salt=f"cursor {kind}", signer_kwargs=kwargs)
