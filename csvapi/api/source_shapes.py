"""How sources and their files are shown."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import validate

from csvapi.api.resource import NEXT, Paging
from csvapi.api.source_requests import DEFAULTS, SourceSchedule
from csvapi.api.work_shapes import PipelineReference
from csvapi.models import FileState, Source, SourceFile

AT = "/api/v1/sources"
_STATES = [str(state) for state in FileState]


class SourcePlaceShape(ma.Schema):
    """A folder, without its credentials."""

    url = ma.fields.String(metadata={"description": "Its address"})
    user = ma.fields.String(metadata={"description": "Of an SFTP server: who signs in"})
    host_keys = ma.fields.List(
        ma.fields.String(), metadata={"description": "Of an SFTP server: the fingerprints of its keys"}
    )
    has_credentials = ma.fields.Boolean(metadata={"description": "Whether the source has some of its own"})
    webhook = ma.fields.Integer(metadata={"description": "In place of a folder: the id of the webhook"})


class SourceShape(ma.Schema):
    """A source as it is shown: everything but its credentials."""

    id = ma.fields.Integer(required=True, metadata={"description": "What other requests name it by"})
    name = ma.fields.String(required=True, metadata={"description": "For people"})
    owner = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Whose account; null once that was deleted"}
    )
    origin = ma.fields.Nested(
        SourcePlaceShape, data_key="from", required=True, metadata={"description": "The folder whose files are taken"}
    )
    target = ma.fields.Nested(
        SourcePlaceShape, data_key="to", required=True, metadata={"description": "Where results go"}
    )
    pipeline = ma.fields.Nested(PipelineReference, required=True, metadata={"description": "What is done"})
    files = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        required=True,
        metadata={"description": "The ids of files, by the parameters of the pipeline"},
    )
    schedule = ma.fields.Nested(SourceSchedule, required=True, metadata={"description": "When the folder is read"})
    match = ma.fields.String(required=True, metadata={"description": "Which files are taken"})
    settle = ma.fields.Integer(required=True, metadata={"description": "Seconds for which a file must stay the same"})
    marker = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The end of the name that marks a file as done"}
    )
    after = ma.fields.String(required=True, metadata={"description": "What becomes of a delivered file"})
    result = ma.fields.String(required=True, metadata={"description": "The name of a result"})
    dropped = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The name for the dropped records"}
    )
    attempts = ma.fields.Integer(required=True, metadata={"description": "How often a step is tried"})
    paused_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "Since when nothing is done; null while it goes on"}
    )
    paused_reason = ma.fields.String(required=True, allow_none=True, metadata={"description": "Why it is paused"})
    scanned_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When the whole folder was read last"}
    )
    next_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When it is read next; null while paused"}
    )
    error = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Why the folder could not be read the last time"}
    )
    counts = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        required=True,
        metadata={"description": "How many of its files are in each state"},
    )
    created_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When it was made"})
    updated_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When it was changed last"})


class SourceList(ma.Schema):
    """All sources; there are too few for pages."""

    items = ma.fields.List(ma.fields.Nested(SourceShape), required=True, metadata={"description": "The sources"})


class SourceFileShape(ma.Schema):
    """A file of a source, in one version of it, and what became of it."""

    id = ma.fields.Integer(required=True, metadata={"description": "What other requests name it by"})
    name = ma.fields.String(required=True, metadata={"description": "Its name in the folder"})
    size = ma.fields.Integer(required=True, metadata={"description": "In bytes"})
    version = ma.fields.String(
        required=True, metadata={"description": "Its ETag, or when it was modified: another one is another file"}
    )
    state = ma.fields.String(
        required=True,
        validate=validate.OneOf(_STATES),
        metadata={
            "description": "`arriving` (perhaps still being written), `waiting` (to be fetched), `running` (its task), "
            "`ready` (to be delivered), `delivered` (to be moved or deleted), `done` or `failed`"
        },
    )
    attempts = ma.fields.Integer(required=True, metadata={"description": "Of the present step"})
    next_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When the step is tried (again)"}
    )
    error_code = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "What went wrong; stable, programs may rely on it"}
    )
    error_detail = ma.fields.String(required=True, allow_none=True, metadata={"description": "The same, for people"})
    file_id = ma.fields.Integer(
        required=True, allow_none=True, metadata={"description": "The owner's file that was made of it"}
    )
    task_id = ma.fields.String(required=True, allow_none=True, metadata={"description": "The owner's task over that"})
    result_name = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The name its result has or gets"}
    )
    created_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When it was found"})
    done_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When it was done or had failed"}
    )


class SourceFilePage(ma.Schema):
    """A page of files, the newest first; `next` is the cursor of the following page."""

    items = ma.fields.List(ma.fields.Nested(SourceFileShape), required=True, metadata={"description": "The files"})
    next = NEXT


class SourceFilesQuery(Paging):
    """Which files to list, and the page."""

    state = ma.fields.String(
        validate=validate.OneOf(_STATES), metadata={"description": "Only those in this state, such as `failed`"}
    )


def source_shape(source: Source, email: str | None, counts: dict[str, int]) -> dict[str, Any]:
    """A source as the API shows it."""
    names = ("id", "name", "paused_at", "paused_reason", "scanned_at", "error", "created_at", "updated_at")
    return {
        **{name: getattr(source, name) for name in names},
        **source.options,
        "owner": email,
        "origin": {**source.origin, "has_credentials": source.origin_secret is not None},
        "target": {**source.target, **_has_credentials(source)},
        "next_at": None if source.paused_at else source.next_at,
        "counts": counts,
    }


def _has_credentials(source: Source) -> dict[str, bool]:
    return {} if "webhook" in source.target else {"has_credentials": source.target_secret is not None}


def file_shape(file: SourceFile) -> dict[str, Any]:
    """A file of a source as the API shows it."""
    return {name: getattr(file, name) for name in SourceFileShape().fields}


_TIME = "2026-01-31T12:00:00+00:00"
_KEY = "SHA256:n6ZtLkqPzJ0y0pY2o3H6m1v5V4xg8w9cRz7sQdTfUaE"
_URL_FROM, _URL_TO = "sftp://files.example.com:22/out/", "sftp://files.example.com:22/clean/"
_SERVER = {"user": "csvapi", "host_keys": [_KEY]}
_WORK = {"pipeline": {"id": 1}, "schedule": {"cron": "0 6 * * 1-5", "zone": "Europe/Berlin"}}
REQUEST = {
    "name": "Orders of the partner",
    "owner": "ada@example.com",
    "from": {"url": _URL_FROM, **_SERVER, "password": "the password"},
    "to": {"url": _URL_TO, **_SERVER, "password": "the password"},
    **_WORK,
    "after": "move",
}
SOURCE: dict[str, Any] = {
    "id": 1,
    "name": REQUEST["name"],
    "owner": REQUEST["owner"],
    "from": {"url": _URL_FROM, **_SERVER, "has_credentials": True},
    "to": {"url": _URL_TO, **_SERVER, "has_credentials": True},
    **DEFAULTS,
    **_WORK,
    "after": "move",
    "paused_at": None,
    "paused_reason": None,
    "scanned_at": _TIME,
    "next_at": "2026-02-02T05:00:00+00:00",
    "error": None,
    "counts": {"done": 12, "failed": 1},
    "created_at": _TIME,
    "updated_at": _TIME,
}
PAUSED = {**SOURCE, "paused_at": _TIME, "paused_reason": "Paused by an administrator", "next_at": None}
FILE: dict[str, Any] = {
    "id": 7,
    "name": "orders.csv",
    "size": 1204,
    "version": "1769860800",
    "state": "failed",
    "attempts": 5,
    "next_at": None,
    "error_code": "not_csv",
    "error_detail": "The file is a ZIP archive",
    "file_id": None,
    "task_id": None,
    "result_name": "orders.clean.csv",
    "created_at": _TIME,
    "done_at": _TIME,
}
