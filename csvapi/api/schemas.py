"""The shapes of v1 that several resources share: files, records, detection."""

from __future__ import annotations

import json
from typing import Any

import marshmallow as ma
from marshmallow import validate

from csvapi import __version__
from csvapi.api.resource import TRUNCATED
from csvapi.api.warning_shape import WARNINGS, WarningShape
from csvapi.csvio.locations import KINDS
from csvapi.models import File
from csvapi.services import redetection
from csvapi.services.listing import SHOWN

_LINE_ENDS = ("\n", "\r\n", "\r")


class DialectChange(ma.Schema):
    """How a file writes its records; every part is optional in a request."""

    class Meta:
        unknown = ma.RAISE

    encoding = ma.fields.String(validate=validate.Length(1, 40), metadata={"description": "A Python codec's name"})
    delimiter = ma.fields.String(validate=validate.Regexp(r"\A[^\r\n\0]\Z", error="must be one character"))
    quote = ma.fields.String(validate=validate.Regexp(r"\A[^\r\n\0]?\Z", error="must be one character, or empty"))
    escape = ma.fields.String(validate=validate.Regexp(r"\A[^\r\n\0]?\Z", error="must be one character, or empty"))
    double_quote = ma.fields.Boolean(truthy={True}, falsy={False})
    skip_space = ma.fields.Boolean(truthy={True}, falsy={False})
    line_end = ma.fields.String(validate=validate.OneOf(_LINE_ENDS))
    header = ma.fields.Boolean(truthy={True}, falsy={False})
    bom = ma.fields.Boolean(truthy={True}, falsy={False})
    preamble = ma.fields.Integer(
        strict=True, validate=validate.Range(0, 2**40), metadata={"description": "Bytes before the header record"}
    )


class Dialect(ma.Schema):
    """How a file writes its records."""

    encoding = ma.fields.String(required=True)
    delimiter = ma.fields.String(required=True)
    quote = ma.fields.String(required=True)
    escape = ma.fields.String(required=True)
    double_quote = ma.fields.Boolean(required=True)
    skip_space = ma.fields.Boolean(required=True)
    line_end = ma.fields.String(required=True)
    header = ma.fields.Boolean(required=True)
    bom = ma.fields.Boolean(required=True)
    preamble = ma.fields.Integer(required=True)


class Alternative(ma.Schema):
    """Another reading of the file that is nearly as likely, and how likely, from 0 to 1."""

    dialect = ma.fields.Nested(Dialect, required=True)
    confidence = ma.fields.Float(required=True)


class Found(ma.Schema):
    """Something the detection noticed in the head of the file."""

    kind = ma.fields.String(required=True)
    detail = ma.fields.String(required=True)
    count = ma.fields.Integer()
    row = ma.fields.Integer()
    line = ma.fields.Integer()
    byte = ma.fields.Integer()
    value = ma.fields.String(metadata={"description": "What stands there, at most 100 characters"})
    hint = ma.fields.String(metadata={"description": "The way out"})


class PreambleLine(ma.Schema):
    """A line above the header, which is no record."""

    line = ma.fields.Integer(required=True, metadata={"description": "From 1"})
    text = ma.fields.String(required=True, metadata={"description": "At most 200 characters of it"})


class Detection(ma.Schema):
    """How sure the detection is, why, and what else the file could be; of the head of the file."""

    version = ma.fields.String(metadata={"description": "The version that detected it; 0.1.0 does not say"})
    confidence = ma.fields.Float()
    evidence = ma.fields.List(ma.fields.String())
    alternatives = ma.fields.List(ma.fields.Nested(Alternative))
    preamble = ma.fields.List(ma.fields.Nested(PreambleLine), metadata={"description": "The lines above the header"})
    issues = ma.fields.List(ma.fields.Nested(Found))
    warnings = ma.fields.List(
        ma.fields.Nested(WarningShape), metadata={"description": "The issues in the shape of all warnings"}
    )


class FileLinks(ma.Schema):
    """Where to go from a file."""

    self = ma.fields.String(required=True)
    content = ma.fields.String(required=True)
    rows = ma.fields.String(required=True)
    issues = ma.fields.String(required=True)
    detect = ma.fields.String(metadata={"description": "Of uploads: POST there detects the dialect anew"})


class FileShape(ma.Schema):
    """A stored CSV file."""

    id = ma.fields.Integer(required=True)
    name = ma.fields.String(required=True)
    kind = ma.fields.String(required=True, validate=validate.OneOf(["upload", "result", "dropped", "reasons"]))
    media_type = ma.fields.String(required=True, metadata={"description": "Only text/csv can be read as records"})
    size = ma.fields.Integer(required=True, metadata={"description": "Bytes"})
    sha256 = ma.fields.String(required=True)
    columns = ma.fields.List(ma.fields.String(), required=True)
    dialect = ma.fields.Nested(Dialect, required=True)
    detection = ma.fields.Nested(Detection, required=True, allow_none=True)
    warnings = WARNINGS
    created_at = ma.fields.AwareDateTime(required=True)
    expires_at = ma.fields.AwareDateTime(required=True)
    links = ma.fields.Nested(FileLinks, required=True)


class FileItem(FileShape):
    """A file in a list."""

    detection = ma.fields.Nested(
        Detection, required=True, allow_none=True, metadata={"description": "Null where it takes more than 4 KiB"}
    )
    truncated = TRUNCATED


class RowShape(ma.Schema):
    """A record: its number, its place in the file, its cells as text; null where a field is absent."""

    row = ma.fields.Integer(required=True)
    line = ma.fields.Integer(required=True)
    byte = ma.fields.Integer(required=True)
    values = ma.fields.List(ma.fields.String(allow_none=True), required=True)


_NEXT = {"description": "The cursor of the next page; null on the last one"}


class RowsShape(ma.Schema):
    """A page of records with where they stand in the file; `next` is the cursor of the following page."""

    columns = ma.fields.List(ma.fields.String(), required=True)
    items = ma.fields.List(ma.fields.Nested(RowShape), required=True)
    next = ma.fields.String(required=True, allow_none=True, metadata=_NEXT)


class IssueShape(ma.Schema):
    """Something wrong with one record: what, and where; row and line count from 1, bytes from 0."""

    code = ma.fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    kind = ma.fields.String(
        required=True, validate=validate.OneOf(list(KINDS)), metadata={"description": "The same word as `code`"}
    )
    detail = ma.fields.String(required=True)
    row = ma.fields.Integer(required=True)
    line = ma.fields.Integer(required=True)
    byte = ma.fields.Integer(required=True)


class IssuesShape(ma.Schema):
    """A page of issues, which may be empty and have a next one; `next` is null once the whole file was looked at."""

    items = ma.fields.List(ma.fields.Nested(IssueShape), required=True)
    next = ma.fields.String(required=True, allow_none=True, metadata=_NEXT)


def file_shape(file: File) -> dict[str, Any]:
    """A file as the API shows it."""
    at = f"/api/v1/files/{file.id}"
    links = {"self": at, "content": f"{at}/content", "rows": f"{at}/rows", "issues": f"{at}/issues"}
    if file.kind == "upload":
        links["detect"] = f"{at}/detect"
    return {
        "id": file.id,
        "name": file.name,
        "kind": file.kind,
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "columns": file.columns,
        "dialect": file.dialect,
        "detection": file.detection,
        "warnings": [warning.as_json() for warning in redetection.warnings(file)],
        "created_at": file.created_at,
        "expires_at": file.expires_at,
        "links": links,
    }


def file_item(file: File) -> dict[str, Any]:
    """A file as lists show it."""
    shape = file_shape(file)
    truncated = len(json.dumps(file.detection)) > SHOWN
    return {**shape, "detection": None if truncated else shape["detection"], "truncated": truncated}


_DIALECT = {
    "encoding": "utf-8",
    "delimiter": ",",
    "quote": '"',
    "escape": "",
    "double_quote": True,
    "skip_space": False,
    "line_end": "\n",
    "header": True,
    "bom": False,
    "preamble": 0,
}
FILE = {
    "id": 1,
    "name": "people.csv",
    "kind": "upload",
    "media_type": "text/csv",
    "size": 24,
    "sha256": "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
    "columns": ["id", "name"],
    "dialect": _DIALECT,
    "detection": {
        "version": __version__,
        "confidence": 0.97,
        "evidence": ["delimiter ',': 3 of 3 records have 2 fields"],
        "preamble": [],
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
