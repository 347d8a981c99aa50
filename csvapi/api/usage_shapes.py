"""What an account may use, and uses: the shape of `GET /api/v1/me/usage`."""

from __future__ import annotations

import marshmallow as ma


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
    uploads = ma.fields.Integer(required=True, metadata={"description": "How long an upload waits for its next part"})
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
    uploads = ma.fields.Nested(
        LimitUse, required=True, metadata={"description": "How many in parts have begun and not ended"}
    )
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
    "uploads",
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
USAGE = {
    **dict.fromkeys(_USES, _USE),
    "limits": _LIMITS,
    "retention": {"files": 604800, "longest": 7776000, "uploads": 86400, "idempotency_keys": 86400},
}
