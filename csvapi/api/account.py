"""The account: who it is, what it may use and uses, and its API keys."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import g
from marshmallow import validate

from csvapi.api.body import Few
from csvapi.api.contract import logged_in, signed_in
from csvapi.api.idempotency_key import idempotent
from csvapi.api.resource import Moment, Resource
from csvapi.api.usage_shapes import USAGE, Usage
from csvapi.models import ApiKey
from csvapi.services import api_keys, usage

blp = Resource("v1-account", __name__, url_prefix="/api/v1", description="Your account, its limits and its API keys")


class AccountShape(ma.Schema):
    """The account that a token or a key belongs to; times in UTC."""

    id = ma.fields.Integer(required=True, metadata={"description": "The account's id"})
    email = ma.fields.String(required=True, metadata={"description": "The address to log in with"})
    is_admin = ma.fields.Boolean(required=True, metadata={"description": "Whether `/admin/` and `/rq/` are open to it"})
    created_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When it was registered"})
    last_login_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "The last login with a password"}
    )


_TIME = "2026-01-31T12:00:00+00:00"
_ME = {"id": 1, "email": "ada@example.com", "is_admin": False, "created_at": _TIME, "last_login_at": _TIME}


@blp.route("/me", "get_account", methods=["GET"])
@signed_in
@blp.response(200, AccountShape, example=_ME)
@blp.refuses(401, 503)
def me() -> Any:
    """Show whose token or key this is."""
    return g.user


@blp.route("/me/usage", "get_usage", methods=["GET"])
@signed_in
@blp.response(200, Usage, example=USAGE)
@blp.refuses(401, 503)
def my_usage() -> Any:
    """Show every limit, what is used of it, and how long things are kept."""
    return usage.of(g.user.id)


class ApiKeyRequest(ma.Schema):
    """A key to be made: what it is for, what it may do and when it ends."""

    name = ma.fields.String(
        required=True, validate=validate.Length(1, 100), metadata={"description": "Yours, for people"}
    )
    scopes = Few(
        ma.fields.String(validate=validate.OneOf(api_keys.SCOPES)),
        len(api_keys.SCOPES),
        load_default=list(api_keys.SCOPES),
        validate=validate.Length(1, 2),
        metadata={"description": "`read` to look and download, `write` to upload, run, change and delete"},
    )
    expires_at = Moment(
        metadata={"description": "When it ends; without it, after CSVAPI_KEY_TTL (a year unless the operator says)"}
    )


class ApiKeyShape(ma.Schema):
    """A key as lists show it: everything but its secret."""

    id = ma.fields.Integer(required=True, metadata={"description": "What other requests name it by"})
    name = ma.fields.String(required=True, metadata={"description": "Yours, for people"})
    hint = ma.fields.String(required=True, metadata={"description": "How the secret begins"})
    scopes = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "What it may do: `read`, `write`"}
    )
    created_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When it was made"})
    expires_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "Null for a key that is older than ends are"}
    )
    last_used_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When it was last sent"}
    )


class NewApiKey(ApiKeyShape):
    """A key just made, the only answer that ever has its secret."""

    secret = ma.fields.String(required=True, metadata={"description": "Shown this once; send it as X-API-Key"})


class ApiKeyList(ma.Schema):
    """All keys of the user; there are too few for pages."""

    items = ma.fields.List(ma.fields.Nested(ApiKeyShape), required=True, metadata={"description": "The keys"})


_KEY = {
    "id": 1,
    "name": "nightly import",
    "hint": "csvapi_Zk3pQ",
    "scopes": ["read", "write"],
    "created_at": _TIME,
    "expires_at": "2027-01-31T12:00:00+00:00",
    "last_used_at": None,
}
_SECRET = "csvapi_Zk3pQ0n1X2c3V4b5N6m7A8s9D0f1G2h3J4k5L6z7X8c"  # noqa: S105 -- the example of the docs


@blp.route("/api-keys", "create_api_key", methods=["POST"])
@logged_in
@idempotent()
@blp.arguments(ApiKeyRequest, example={"name": "nightly report", "scopes": ["read"]})
@blp.response(201, NewApiKey, example={**_KEY, "secret": _SECRET})
@blp.refuses(401, 409, 413, 415, 422, 429, 503)
def create_key(body: dict[str, Any]) -> Any:
    """Make an API key; its secret is shown once and stored as a hash. Takes an access token: no key makes keys.

    `X-API-Key: <secret>` is taken wherever an access token is, but for the account's own affairs. A key with the scope
    `read` alone is answered 403 (`insufficient_scope`) by every method that changes something. Keys end with a new
    password that an administrator or a mailed link sets.
    """
    key, secret = api_keys.create(g.user.id, **body)
    return {**_key(key), "secret": secret}


def _key(key: ApiKey) -> dict[str, Any]:
    shown = {name: getattr(key, name) for name in ApiKeyShape().fields if name != "scopes"}
    return {**shown, "scopes": key.scopes.split()}


@blp.route("/api-keys", "list_api_keys", methods=["GET"])
@signed_in
@blp.response(200, ApiKeyList, example={"items": [_KEY]})
@blp.refuses(401, 503)
def list_keys() -> Any:
    """List your API keys, without their secrets."""
    return {"items": list(map(_key, api_keys.mine(g.user.id)))}


@blp.route("/api-keys/<int:key_id>", "delete_api_key", methods=["DELETE"])
@signed_in
@blp.response(204)
@blp.refuses(401, 404, 503)
def delete_key(key_id: int) -> None:
    """Delete an API key; it opens nothing from now on."""
    api_keys.delete(g.user.id, key_id)
