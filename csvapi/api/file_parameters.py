"""What requests say of files: how they are sent, which part is read, what changes, in which form one comes back."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import validate

from csvapi.api.dialect_shapes import DialectChange
from csvapi.api.resource import Moment
from csvapi.api.schemas import FILE

DIGEST = {
    "in": "header",
    "name": "Content-Digest",
    "description": "`sha-256=:base64:` or `sha-512=…` of the body as it is sent (RFC 9530)",
    "schema": {"type": "string"},
}
CODING = {
    "in": "header",
    "name": "Content-Encoding",
    "description": "`gzip` for a body that is compressed on its way only, and stored as it was before",
    "schema": {"type": "string", "enum": ["gzip", "identity"]},
}
NAME = {
    "in": "query",
    "name": "name",
    "description": "The name of a file that is sent as the body; that of a CSV must end in .csv",
    "schema": {"type": "string"},
}
PART: tuple[dict[str, Any], ...] = tuple(
    {"in": "query", "name": name, "description": f"{words}; a form may have it as a part", "schema": {"type": "string"}}
    for name, words in (
        ("sheet", "Of a workbook: the sheet to read, by its name or its position from 1"),
        ("range", "Of a workbook: the cells to read, as `B3:F200`, `B:F` or `3:200`"),
        ("member", "Of a ZIP archive: the member to read"),
    )
)
FORM = {
    "type": "object",
    "description": "A form with the file.",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "The file; the name of a CSV ends in .csv."},
        **{each["name"]: {"type": "string", "description": each["description"]} for each in PART},
    },
}


def _is_sheet(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ma.ValidationError("must be the name of a sheet, or its position from 1")


class FileChange(ma.Schema):
    """What to change; the rest stays as it is."""

    class Meta:
        unknown = ma.RAISE

    name = ma.fields.String(
        validate=validate.Length(1, 200), metadata={"description": "Another name; that of a CSV ends in .csv"}
    )
    dialect = ma.fields.Nested(DialectChange, metadata={"description": "How to read the file; the bytes do not change"})
    sheet = ma.fields.Raw(
        allow_none=True,
        validate=_is_sheet,
        metadata={
            "type": ["string", "integer"],
            "description": "Another sheet of a workbook, by its name or its position from 1; null: the first visible",
        },
    )
    range = ma.fields.String(
        allow_none=True, metadata={"description": "Other cells of it, as `B3:F200`; null: all that it uses"}
    )
    member = ma.fields.String(
        allow_none=True, metadata={"description": "Another member of an archive; null: the one that looks like a CSV"}
    )
    expires_at = Moment(metadata={"description": "How long to keep it"})


class Content(ma.Schema):
    """In which form to download the file."""

    as_ = ma.fields.String(
        data_key="as",
        validate=validate.OneOf(["csv"]),
        metadata={
            "description": "`csv`: what is read of a file that is none; else the file as it was uploaded or made"
        },
    )


class ObjectToRegister(ma.Schema):
    """Where an object lies, and the name of the file that it is to be."""

    class Meta:
        unknown = ma.RAISE

    object = ma.fields.String(
        required=True, validate=validate.Length(1, 2000), metadata={"description": "Where it lies: s3://bucket/key"}
    )
    name = ma.fields.String(
        validate=validate.Length(1, 200), metadata={"description": "Of the file; by default the end of the key"}
    )


REGISTERED = {**FILE, "kind": "registered", "sha256": None, "object": "s3://lake/incoming/7/people.csv"}
