"""Keys of keyed hashes, which steps name: given once, never shown."""

from __future__ import annotations

import re
from typing import Any

import marshmallow as ma
from flask import g
from marshmallow import validate

from csvapi.api.contract import signed_in
from csvapi.api.idempotency_key import claim, idempotent
from csvapi.api.resource import Resource
from csvapi.services import hash_keys
from csvapi.steps.secret_key import LEAST, MOST, NAME

blp = Resource(
    "v1-hash-keys",
    __name__,
    url_prefix="/api/v1/hash-keys",
    description="Keys of the hashes that `derive` makes, by the names that steps give them",
)


class HashKeyRequest(ma.Schema):
    """A key to be made; its secret goes in and never comes out."""

    name = ma.fields.String(
        required=True,
        validate=validate.Regexp(
            re.compile(f"(?:{NAME})\\Z"),
            error="must be 1 to 64 lower-case letters, digits, - _ and ., and begin with a letter or a digit.",
        ),
        metadata={"description": "What steps name it by: lower-case letters, digits, `-`, `_` and `.`"},
    )
    secret = ma.fields.String(
        validate=validate.Length(LEAST, MOST),
        metadata={
            "description": "The key: a text, whose bytes in UTF-8 are the key of HMAC-SHA-256. Without it a random one "
            "is made that nobody gets to know, so that nobody else can make or guess the hashes",
            "writeOnly": True,
        },
    )


class HashKeyShape(ma.Schema):
    """A key as it is shown: everything but its secret."""

    id = ma.fields.Integer(required=True, metadata={"description": "What DELETE names it by"})
    name = ma.fields.String(required=True, metadata={"description": "What steps name it by"})
    fingerprint = ma.fields.String(
        required=True,
        metadata={"description": "The same for the same secret, wherever it is used; receipts have it, too"},
    )
    created_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When it was made"})


class HashKeyList(ma.Schema):
    """All hash keys of the user; there are too few for pages."""

    items = ma.fields.List(ma.fields.Nested(HashKeyShape), required=True, metadata={"description": "The keys"})


_KEY = {"id": 1, "name": "partners", "fingerprint": "5d3a1c0f9b7e2846", "created_at": "2026-01-31T12:00:00+00:00"}


@blp.route("", "create_hash_key", methods=["POST"])
@signed_in
@idempotent(by_body=False)
@blp.arguments(HashKeyRequest, example={"name": "partners"})
@blp.response(201, HashKeyShape, example=_KEY)
@blp.refuses(401, 409, 413, 415, 422, 429, 503)
def create(body: dict[str, Any]) -> Any:
    """Make a key of hashes, of a secret of yours or of a random one; the secret is stored encrypted and never shown.

    A step names it: `{"op": "derive", "column": "pseudonym", "hash": {"column": "email", "key": "partners"}}`. The same
    value has the same hash with the same key, in every file. Who may use the key can find short values by trying.
    """
    key = hash_keys.key_of(body.get("secret"))
    claim(f"{body['name']} {key.fingerprint if 'secret' in body else ''}")  # no quick hash of a secret is stored
    return _shown(hash_keys.create(g.user.id, body["name"], key))


def _shown(key: Any) -> dict[str, Any]:
    return {name: getattr(key, name) for name in HashKeyShape().fields}


@blp.route("", "list_hash_keys", methods=["GET"])
@signed_in
@blp.response(200, HashKeyList, example={"items": [_KEY]})
@blp.refuses(401, 503)
def index() -> Any:
    """List your keys of hashes, with their fingerprints and without their secrets."""
    return {"items": list(map(_shown, hash_keys.mine(g.user.id)))}


@blp.route("/<int:hash_key_id>", "delete_hash_key", methods=["DELETE"])
@signed_in
@blp.response(204)
@blp.refuses(401, 404, 503)
def delete(hash_key_id: int) -> None:
    """Delete a key of hashes for good.

    Without its secret nobody can make the same hashes again. A task that names it and has not run yet will fail.
    """
    hash_keys.delete(g.user.id, hash_key_id)
