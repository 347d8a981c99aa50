"""What requests say about sources."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import validate

from csvapi.api.body import Few
from csvapi.api.resource import MAX_ID
from csvapi.api.work_shapes import MOST_FILES, PipelineReference
from csvapi.places.addresses import LONGEST
from csvapi.places.host_keys import LONGEST as LONGEST_KEY
from csvapi.services.schedules import LEAST, MOST


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
