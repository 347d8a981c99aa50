"""Keys of keyed hashes: made by their owner, stored encrypted, named by steps, opened only where steps run."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete as delete_rows
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from csvapi.errors import Conflict, InvalidInput, NotFound
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import Action, HashKey
from csvapi.operations import Step, keys_of, with_fingerprints
from csvapi.services import audit, quotas
from csvapi.services.encryption import decrypt, encrypt
from csvapi.services.files import MAX_ID
from csvapi.steps.secret_key import SecretKey, WeakSecret

_SHOWN = 20  # names in a message


def key_of(secret: str | None) -> SecretKey:
    """The key of a secret, or without one a new random key. Raises InvalidInput for a weak secret."""
    if secret is None:
        return SecretKey(secrets.token_hex(32))
    try:
        return SecretKey.of(secret)
    except WeakSecret as error:
        raise InvalidInput(f"secret: {error}", pointer="/secret") from error


def create(user_id: int, name: str, key: SecretKey) -> HashKey:
    """Store a key under a name. Raises QuotaExceeded, and Conflict for a name that the user has given to another."""
    row = HashKey(user_id=user_id, name=name, secret=encrypt(key.secret), fingerprint=key.fingerprint)
    try:
        with transaction() as session:
            quotas.place(session, user_id, HashKey, runtime().settings.max_hash_keys, "hash keys")
            session.add(row)
            session.flush()
            audit.add(session, Action.HASH_KEY_MADE, user_id, f"hash_key:{row.id}", fingerprint=row.fingerprint)
    except IntegrityError as error:
        raise Conflict(f"You have a hash key {name!r}; delete it first, or choose another name") from error
    return row


def mine(user_id: int) -> list[HashKey]:
    """The user's keys, the newest first."""
    with transaction() as session:
        return list(session.scalars(select(HashKey).where(HashKey.user_id == user_id).order_by(HashKey.id.desc())))


def delete(user_id: int, key_id: int) -> None:
    """Delete the key for good; tasks that have not run yet and name it will fail. Raises NotFound."""
    with transaction() as session:
        mine = delete_rows(HashKey).where(HashKey.id == key_id, HashKey.user_id == user_id)
        gone = key_id <= MAX_ID and changed(session.execute(mine))
        if gone:
            audit.add(session, Action.HASH_KEY_DELETED, user_id, f"hash_key:{key_id}")
    if not gone:
        raise NotFound("Hash key not found")


def stamped(user_id: int, steps: list[dict[str, Any]], loaded: Sequence[Step]) -> list[dict[str, Any]]:
    """The steps with the fingerprints of the user's keys that they name. Raises InvalidInput with a pointer for a name
    that is none, and for another fingerprint than a step asks for."""
    named = keys_of(list(loaded))
    if not named:
        return steps
    found = _found(user_id, named)
    return with_fingerprints(steps, lambda _, name: found[name].fingerprint)


def opened(user_id: int, loaded: Sequence[Step]) -> dict[str, SecretKey]:
    """The user's keys that the steps name, by their names. Raises InvalidInput with a pointer for one that is not
    there (any more), or that cannot be decrypted."""
    named = keys_of(list(loaded))
    found = _found(user_id, named) if named else {}
    return {name: _decrypted(found[name], pointer) for pointer, name in named}


def _found(user_id: int, named: list[tuple[str, str]]) -> dict[str, HashKey]:
    found = {key.name: key for key in mine(user_id)}
    for pointer, name in named:
        if name not in found:
            known = ", ".join(list(found)[:_SHOWN])
            have = f"yours are {known}" if found else "you have none"
            detail = f"key: there is no hash key {name!r}, or it was deleted ({have}); make one: POST /api/v1/hash-keys"
            raise InvalidInput(detail, pointer=pointer)
    return found


def _decrypted(key: HashKey, pointer: str) -> SecretKey:
    secret = decrypt(key.secret)
    if secret is None:
        detail = (
            f"key: the hash key {key.name!r} was encrypted with a CSVAPI_SECRET_KEY that this service no longer has; "
            "delete it and make it anew with its secret"
        )
        raise InvalidInput(detail, pointer=pointer)
    return SecretKey(secret, key.fingerprint)
