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


class LimitUse(ma.Schema):
    """What is used of a limit; `limit` null where there is none."""

    used = ma.fields.Integer(required=True, metadata={"description": "How much is used"})
    limit = ma.fields.Integer(required=True, metadata={"description": "How much there may be"})


class Limits(ma.Schema):
    """Limits of one request or one task: sizes in bytes, times in seconds."""

    upload_bytes = ma.fields.Integer(required=True, metadata={"description": "Of an uploaded file"})
    body_bytes = ma.fields.Integer(required=True, metadata={"description": "Of any other request"})
    stored_bytes_of_all_users = ma.fields.Integer(required=True, metadata={"description": "0: no limit of its own"})
    steps_bytes = ma.fields.Integer(required=True, metadata={"description": "Of the steps of a request, as JSON"})
    list_values = ma.fields.Integer(required=True, metadata={"description": "Of `in` and `not_in`"})
    versions = ma.fields.Integer(required=True, metadata={"description": "Of a pipeline or a schema"})
    page_bytes = ma.fields.Integer(required=True, metadata={"description": "Of a page of a list"})
    record_bytes = ma.fields.Integer(required=True, metadata={"description": "Of a record"})
    columns = ma.fields.Integer(required=True, metadata={"description": "Of a file"})
    unpack_ratio = ma.fields.Integer(
        required=True, metadata={"description": "How many times its size a compressed upload may be"}
    )
    output_bytes = ma.fields.Integer(required=True, metadata={"description": "That a task may write"})
    disk_reserve_bytes = ma.fields.Integer(required=True, metadata={"description": "That stay free on the disk"})
    task_seconds = ma.fields.Integer(required=True, metadata={"description": "That a task may run"})
    cluster_file_bytes = ma.fields.Integer(
        required=True, metadata={"description": "Of a registered object, and of a result from the cluster"}
    )
    cluster_task_seconds = ma.fields.Integer(
        required=True, metadata={"description": "That a task may run on the cluster"}
    )
    wait_seconds = ma.fields.Integer(required=True, metadata={"description": "That `Prefer: wait` may ask for"})
    requests_per_second = ma.fields.Integer(required=True, metadata={"description": "In the long run; 0: no limit"})
    requests_at_once = ma.fields.Integer(required=True, metadata={"description": "Before that rate holds"})
    unpack_bytes = ma.fields.Integer(
        required=True,
        metadata={"description": "Of memory that unpacking a file may take, and of a sheet in a workbook"},
    )
    unpack_seconds = ma.fields.Integer(required=True, metadata={"description": "That unpacking a file may run"})
    preview_bytes = ma.fields.Integer(required=True, metadata={"description": "Of memory that a preview may take"})
    preview_seconds = ma.fields.Integer(required=True, metadata={"description": "That a preview may run"})
    previews_at_once = ma.fields.Integer(required=True, metadata={"description": "Of one user"})


class Retention(ma.Schema):
    """How long things are kept, in seconds."""

    files = ma.fields.Integer(required=True, metadata={"description": "How long a file is kept, unless told otherwise"})
    longest = ma.fields.Integer(required=True, metadata={"description": "How far ahead `expires_at` may be set"})
    idempotency_keys = ma.fields.Integer(required=True, metadata={"description": "How long the answer to one is kept"})


class Usage(ma.Schema):
    """What the user has used of every limit and what the limits are: bytes, numbers and seconds."""

    stored_bytes = ma.fields.Nested(
        LimitUse, required=True, metadata={"description": "Of all files that were made here"}
    )
    cluster_bytes = ma.fields.Nested(
        LimitUse, required=True, metadata={"description": "Of results that were made on the cluster"}
    )
    files = ma.fields.Nested(LimitUse, required=True, metadata={"description": "How many there are"})
    queued_tasks = ma.fields.Nested(LimitUse, required=True, metadata={"description": "How many wait"})
    running_tasks = ma.fields.Nested(LimitUse, required=True, metadata={"description": "How many run"})
    kept_tasks = ma.fields.Nested(LimitUse, required=True, metadata={"description": "How many there are in all"})
    api_keys = ma.fields.Nested(LimitUse, required=True, metadata={"description": "How many there are"})
    hash_keys = ma.fields.Nested(LimitUse, required=True, metadata={"description": "How many there are"})
    webhooks = ma.fields.Nested(LimitUse, required=True, metadata={"description": "How many there are"})
    webhook_tests = ma.fields.Nested(
        LimitUse, required=True, metadata={"description": "Test messages that wait to be sent"}
    )
    pipelines = ma.fields.Nested(LimitUse, required=True, metadata={"description": "How many are saved"})
    schemas = ma.fields.Nested(LimitUse, required=True, metadata={"description": "How many are saved"})
    saved_bytes = ma.fields.Nested(
        LimitUse, required=True, metadata={"description": "Of all versions of pipelines and schemas, as JSON"}
    )
    event_streams = ma.fields.Nested(LimitUse, required=True, metadata={"description": "How many are open"})
    limits = ma.fields.Nested(Limits, required=True, metadata={"description": "Of one request or one task"})
    retention = ma.fields.Nested(Retention, required=True, metadata={"description": "How long things are kept"})


_USE = {"used": 3, "limit": 100}
_LIMITS = {
    "upload_bytes": 10737418240,
    "body_bytes": 1048576,
    "stored_bytes_of_all_users": 0,
    "steps_bytes": 262144,
    "list_values": 10000,
    "versions": 100,
    "page_bytes": 1048576,
    "record_bytes": 16777216,
    "columns": 100000,
    "unpack_ratio": 200,
    "output_bytes": 53687091200,
    "disk_reserve_bytes": 1073741824,
    "task_seconds": 3600,
    "cluster_file_bytes": 10995116277760,
    "cluster_task_seconds": 86400,
    "wait_seconds": 30,
    "requests_per_second": 100,
    "requests_at_once": 1000,
    "unpack_bytes": 268435456,
    "unpack_seconds": 120,
    "preview_bytes": 134217728,
    "preview_seconds": 10,
    "previews_at_once": 2,
}
_USES = (
    "stored_bytes",
    "cluster_bytes",
    "files",
    "queued_tasks",
    "running_tasks",
    "kept_tasks",
    "api_keys",
    "hash_keys",
    "webhooks",
    "webhook_tests",
    "pipelines",
    "schemas",
    "saved_bytes",
    "event_streams",
)
_USAGE = {
    **dict.fromkeys(_USES, _USE),
    "limits": _LIMITS,
    "retention": {"files": 604800, "longest": 7776000, "idempotency_keys": 86400},
}


@blp.route("/me/usage", "get_usage", methods=["GET"])
@signed_in
@blp.response(200, Usage, example=_USAGE)
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
