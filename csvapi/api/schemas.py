"""The shapes of v1 that several resources share: files, records, issues."""

from __future__ import annotations

import json
from typing import Any

import marshmallow as ma
from marshmallow import validate

from csvapi import __version__
from csvapi.api.dialect_shapes import DIALECT, Detection, Dialect
from csvapi.api.resource import TRUNCATED
from csvapi.api.warning_shape import WARNINGS
from csvapi.csvio.locations import KINDS
from csvapi.models import DETECTED, File
from csvapi.services import readings, redetection
from csvapi.services.listing import SHOWN
from csvapi.unpacking import FORMATS


class FileLinks(ma.Schema):
    """Where to go from a file."""

    self = ma.fields.String(required=True, metadata={"description": "The file itself"})
    content = ma.fields.String(required=True, metadata={"description": "Its bytes"})
    rows = ma.fields.String(required=True, metadata={"description": "Its records as text"})
    issues = ma.fields.String(required=True, metadata={"description": "What is wrong with its records"})
    detect = ma.fields.String(
        metadata={"description": "Of uploads and registered objects: POST there detects the dialect anew"}
    )


class FileReading(ma.Schema):
    """What is read of a file that is no CSV: the CSV that was made of it, by which row, line and byte count."""

    format = ma.fields.String(
        required=True, validate=validate.OneOf(sorted(FORMATS)), metadata={"description": "What the file is"}
    )
    media_type = ma.fields.String(required=True, metadata={"description": "The media type of that"})
    size = ma.fields.Integer(required=True, metadata={"description": "Bytes of the CSV"})
    sha256 = ma.fields.String(required=True, metadata={"description": "Of the CSV, as hexadecimal digits"})
    sheet = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Of a workbook: the sheet that is read"}
    )
    range = ma.fields.String(required=True, allow_none=True, metadata={"description": "The cells of it that are read"})
    member = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Of an archive: the member that is read"}
    )
    others = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={"description": "The other sheets or members, at most 100 of them; `PATCH` reads another one"},
    )


class FileShape(ma.Schema):
    """A stored file; of one that is no CSV, `media_type`, `size` and `sha256` its own, not the `reading`'s."""

    id = ma.fields.Integer(required=True, metadata={"description": "What other requests name it by"})
    name = ma.fields.String(required=True, metadata={"description": "That of a CSV ends in .csv"})
    kind = ma.fields.String(
        required=True,
        validate=validate.OneOf(["upload", "registered", "result", "dropped", "reasons"]),
        metadata={"description": "`upload`, `registered` (it lies in a bucket), or what a task left"},
    )
    media_type = ma.fields.String(
        required=True, metadata={"description": "Records are read of text/csv, and of what has a `reading`"}
    )
    size = ma.fields.Integer(required=True, metadata={"description": "Bytes"})
    sha256 = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Of its bytes, as hexadecimal digits; null for a registered object"},
    )
    object = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Where a registered object lies, as s3://bucket/key"}
    )
    reading = ma.fields.Nested(
        FileReading, required=True, allow_none=True, metadata={"description": "Null for a CSV, which is read as it is"}
    )
    columns = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "Their names, in order"})
    dialect = ma.fields.Nested(Dialect, required=True, metadata={"description": "How it is read"})
    detection = ma.fields.Nested(
        Detection, required=True, allow_none=True, metadata={"description": "Null for a file that a task left"}
    )
    warnings = WARNINGS
    created_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When it was stored"})
    expires_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When it is deleted"})
    links = ma.fields.Nested(FileLinks, required=True, metadata={"description": "Where to go from here"})


class FileItem(FileShape):
    """A file in a list."""

    detection = ma.fields.Nested(
        Detection, required=True, allow_none=True, metadata={"description": "Null where it takes more than 4 KiB"}
    )
    truncated = TRUNCATED


class RowShape(ma.Schema):
    """A record: its number, its place in the file, its cells as text; null where a field is absent."""

    row = ma.fields.Integer(required=True, metadata={"description": "Its number, from 1"})
    line = ma.fields.Integer(required=True, metadata={"description": "Where it begins, from 1"})
    byte = ma.fields.Integer(required=True, metadata={"description": "Where it begins, from 0"})
    values = ma.fields.List(
        ma.fields.String(allow_none=True),
        required=True,
        metadata={"description": "Its cells, in the order of the columns"},
    )


_NEXT = {"description": "The cursor of the next page; null on the last one"}


class RowPage(ma.Schema):
    """A page of records with where they stand in the file; `next` is the cursor of the following page."""

    columns = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "Their names, in order"})
    items = ma.fields.List(ma.fields.Nested(RowShape), required=True, metadata={"description": "The records"})
    total = ma.fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "How many records the file has; null where nobody has counted them yet"},
    )
    next = ma.fields.String(required=True, allow_none=True, metadata=_NEXT)


class RowsLater(ma.Schema):
    """No page of records yet: ask again after the seconds in `Retry-After`."""

    state = ma.fields.String(
        required=True, validate=validate.OneOf(["indexing"]), metadata={"description": "What is being done"}
    )
    detail = ma.fields.String(required=True, metadata={"description": "A sentence for people"})


class IssueShape(ma.Schema):
    """Something wrong with one record: what, and where; row and line count from 1, bytes from 0."""

    code = ma.fields.String(
        required=True, validate=validate.OneOf(list(KINDS)), metadata={"description": "That of the warnings"}
    )
    kind = ma.fields.String(
        required=True, validate=validate.OneOf(list(KINDS)), metadata={"description": "The same word as `code`"}
    )
    detail = ma.fields.String(required=True, metadata={"description": "A sentence for people"})
    row = ma.fields.Integer(required=True, metadata={"description": "The record's number, from 1"})
    line = ma.fields.Integer(required=True, metadata={"description": "Where it begins, from 1"})
    byte = ma.fields.Integer(required=True, metadata={"description": "Where it begins, from 0"})


class IssuePage(ma.Schema):
    """A page of issues, which may be empty and have a next one; `next` is null once the whole file was looked at."""

    items = ma.fields.List(
        ma.fields.Nested(IssueShape), required=True, metadata={"description": "The issues, in the order of the file"}
    )
    next = ma.fields.String(required=True, allow_none=True, metadata=_NEXT)


def file_shape(file: File) -> dict[str, Any]:
    """A file as the API shows it."""
    at = f"/api/v1/files/{file.id}"
    links = {"self": at, "content": f"{at}/content", "rows": f"{at}/rows", "issues": f"{at}/issues"}
    if file.kind in DETECTED:
        links["detect"] = f"{at}/detect"
    own = file.reading or {}
    return {
        "id": file.id,
        "name": file.name,
        "kind": file.kind,
        **{name: own.get(name, getattr(file, name)) for name in ("media_type", "size", "sha256")},
        "reading": readings.shown(file),
        "object": file.object_url,
        "columns": file.columns,
        "dialect": file.dialect,
        "detection": file.detection,
        "warnings": [each.as_json() for each in (*redetection.warnings(file), *readings.warnings(file))],
        "created_at": file.created_at,
        "expires_at": file.expires_at,
        "links": links,
    }


def file_item(file: File) -> dict[str, Any]:
    """A file as lists show it."""
    shape = file_shape(file)
    truncated = len(json.dumps(file.detection)) > SHOWN
    return {**shape, "detection": None if truncated else shape["detection"], "truncated": truncated}


FILE = {
    "id": 1,
    "name": "people.csv",
    "kind": "upload",
    "media_type": "text/csv",
    "size": 24,
    "sha256": "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
    "object": None,
    "reading": None,
    "columns": ["id", "name"],
    "dialect": DIALECT,
    "detection": {
        "version": __version__,
        "confidence": 0.97,
        "evidence": ["delimiter ',': 3 of 3 records have 2 fields"],
        "preamble": [],
        "formats": [],
        "issues": [],
        "warnings": [],
    },
    "warnings": [],
    "created_at": "2026-01-31T12:00:00+00:00",
    "expires_at": "2026-02-07T12:00:00+00:00",
    "links": {
        "self": "/api/v1/files/1",
        "content": "/api/v1/files/1/content",
        "rows": "/api/v1/files/1/rows",
        "issues": "/api/v1/files/1/issues",
        "detect": "/api/v1/files/1/detect",
    },
}
