"""The shapes of sources and their files."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import validate

from csvapi.api.body import Few
from csvapi.api.resource import MAX_ID, NEXT, Paging
from csvapi.api.work_shapes import MOST_FILES, PipelineReference
from csvapi.models import FileState, Source, SourceFile
from csvapi.places.addresses import LONGEST
from csvapi.places.host_keys import LONGEST as LONGEST_KEY
from csvapi.services.schedules import LEAST, MOST

AT = "/api/v1/sources"
_STATES = [str(state) for state in FileState]


def _text(description: str, *, secret: bool = False, longest: int = 255, **options: Any) -> ma.fields.String:
    metadata = {"description": description, **({"writeOnly": True} if secret else {})}
    return ma.fields.String(validate=validate.Length(1, longest), metadata=metadata, **options)


_URL = "A folder that CSVAPI_SOURCE_PLACES allows: `s3://bucket/folder/` or `sftp://host:22/folder/`"


class SourcePlaceRequest(ma.Schema):
    """A folder, and the credentials for its server, which are stored sealed and never shown."""

    url = _text(_URL, longest=LONGEST, required=True)
    user = _text("Of an SFTP server: who signs in")
    host_keys = Few(
        ma.fields.String(validate=validate.Length(1, LONGEST_KEY)),
        5,
        metadata={
            "description": "Of an SFTP server: the keys it is known by, as fingerprints (`SHA256:…`) or lines of "
            "known_hosts. A server with another key is sent nothing"
        },
    )
    password = _text("Of an SFTP server", secret=True)
    private_key = _text(
        "Of an SFTP server, in place of a password: a key as OpenSSH or PEM", secret=True, longest=20_000
    )
    passphrase = _text("Of the private key", secret=True)
    access_key = _text("Of a bucket, where it is not the service's own", secret=True)
    secret_key = _text("Belongs to the access key", secret=True)


class SourceTargetRequest(SourcePlaceRequest):
    """Where results go: into a folder, or by a message to a webhook of the owner's, which then downloads them."""

    url = _text(_URL, longest=LONGEST)
    webhook = ma.fields.Integer(
        strict=True, metadata={"description": "In place of a folder: the id of a webhook of the owner's"}
    )


class SourceSchedule(ma.Schema):
    """When the folder is read: every so many seconds, or by a cron line."""

    every = ma.fields.Integer(
        strict=True, validate=validate.Range(LEAST, MOST), metadata={"description": "Seconds between readings"}
    )
    cron = _text("Minute, hour, day of the month, month, day of the week, such as `0 6 * * 1-5`", longest=100)
    zone = _text("The time zone of the cron line, such as `Europe/Berlin`; without it UTC", longest=64)

    @ma.validates_schema
    def one_of_both(self, data: dict[str, Any], **_: object) -> None:
        """Refuse both, and neither, and a zone without a cron line."""
        if ("every" in data) == ("cron" in data):
            raise ma.ValidationError("takes either every or cron.", "every")
        if "zone" in data and "cron" not in data:
            raise ma.ValidationError("belongs to cron.", "zone")


DEFAULTS: dict[str, Any] = {
    "files": {},
    "schedule": {"every": 60},
    "match": "*.csv",
    "settle": 30,
    "marker": None,
    "after": "keep",
    "result": "{stem}.clean.csv",
    "dropped": None,
    "attempts": 5,
}


class SourceChange(ma.Schema):
    """What is to change of a source; what is left out stays. Credentials stay, too, for the same server and user."""

    name = _text("For people", longest=100)
    owner = _text("The e-mail address of the account that files, tasks and quota belong to")
    origin = ma.fields.Nested(
        SourcePlaceRequest, data_key="from", metadata={"description": "The folder whose files are taken"}
    )
    target = ma.fields.Nested(SourceTargetRequest, data_key="to", metadata={"description": "Where results go"})
    pipeline = ma.fields.Nested(
        PipelineReference,
        metadata={"description": "A saved pipeline of the owner's; without a version always the latest"},
    )
    files = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(strict=True, validate=validate.Range(1, MAX_ID)),
        validate=validate.Length(max=MOST_FILES),
        metadata={"description": "The ids of files of the owner's, by the parameters of the pipeline; default none"},
    )
    schedule = ma.fields.Nested(
        SourceSchedule, metadata={"description": "When the folder is read; default every 60 seconds"}
    )
    match = _text("Which files are taken, by `*`, `?` and `[abc]`; default `*.csv`", longest=100)
    settle = ma.fields.Integer(
        strict=True,
        validate=validate.Range(LEAST, 86_400),
        metadata={"description": "Seconds for which a file must stay the same before it is taken; default 30"},
    )
    marker = _text(
        "In place of that: a file is taken as soon as one of its name and this end lies beside it, such as `.done`; "
        "default none",
        longest=50,
        allow_none=True,
    )
    after = ma.fields.String(
        validate=validate.OneOf(["keep", "move", "delete"]),
        metadata={
            "description": "What becomes of a file whose result was delivered: it stays (default), is moved into the "
            "folder `done/` below its own, or is deleted"
        },
    )
    result = _text(
        "The name of a result, made of `{stem}`, `{name}`, `{suffix}`, `{date}` (of arrival) and `{id}`; default "
        "`{stem}.clean.csv`",
        longest=100,
    )
    dropped = _text(
        "The name under which the dropped records are delivered, too; default null: they are not",
        longest=100,
        allow_none=True,
    )
    attempts = ma.fields.Integer(
        strict=True,
        validate=validate.Range(1, 20),
        metadata={"description": "How often a step of a file is tried before the file has failed; default 5"},
    )


class SourceRequest(SourceChange):
    """A source to be made."""

    name = _text("For people", longest=100, required=True)
    owner = _text("The e-mail address of the account that files, tasks and quota belong to", required=True)
    origin = ma.fields.Nested(
        SourcePlaceRequest,
        data_key="from",
        required=True,
        metadata={"description": "The folder whose files are taken"},
    )
    target = ma.fields.Nested(
        SourceTargetRequest, data_key="to", required=True, metadata={"description": "Where results go"}
    )
    pipeline = ma.fields.Nested(
        PipelineReference,
        required=True,
        metadata={"description": "A saved pipeline of the owner's; without a version always the latest"},
    )


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
