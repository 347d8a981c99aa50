"""The shapes of dialects, and of what the detection found."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import validate

from csvapi.api.warning_shape import WarningShape

_LINE_ENDS = ("\n", "\r\n", "\r")


class DialectChange(ma.Schema):
    """How a file writes its records; every part is optional in a request."""

    class Meta:
        unknown = ma.RAISE

    encoding = ma.fields.String(validate=validate.Length(1, 40), metadata={"description": "A Python codec's name"})
    delimiter = ma.fields.String(
        validate=validate.Regexp(r"\A[^\r\n\0]\Z", error="must be one character"),
        metadata={"description": "The character between fields"},
    )
    quote = ma.fields.String(
        validate=validate.Regexp(r"\A[^\r\n\0]?\Z", error="must be one character, or empty"),
        metadata={"description": "The character around fields that need it; empty for none"},
    )
    escape = ma.fields.String(
        validate=validate.Regexp(r"\A[^\r\n\0]?\Z", error="must be one character, or empty"),
        metadata={"description": "The character before a quote within a field; empty for none"},
    )
    double_quote = ma.fields.Boolean(
        truthy={True}, falsy={False}, metadata={"description": "Whether a quote within a field is written twice"}
    )
    skip_space = ma.fields.Boolean(
        truthy={True}, falsy={False}, metadata={"description": "Whether spaces after a delimiter belong to no field"}
    )
    line_end = ma.fields.String(validate=validate.OneOf(_LINE_ENDS), metadata={"description": "What ends a record"})
    header = ma.fields.Boolean(
        truthy={True}, falsy={False}, metadata={"description": "Whether the first record names the columns"}
    )
    bom = ma.fields.Boolean(
        truthy={True}, falsy={False}, metadata={"description": "Whether the file begins with a byte order mark"}
    )
    preamble = ma.fields.Integer(
        strict=True, validate=validate.Range(0, 2**40), metadata={"description": "Bytes before the header record"}
    )
    comment = ma.fields.String(
        validate=validate.Regexp(r"\A[^\s\0]?\Z", error="must be one character that is no space, or empty"),
        metadata={"description": "The character that begins lines which are no records; empty for none"},
    )


class Dialect(ma.Schema):
    """How a file writes its records."""

    encoding = ma.fields.String(required=True, metadata={"description": "A Python codec's name"})
    delimiter = ma.fields.String(required=True, metadata={"description": "The character between fields"})
    quote = ma.fields.String(
        required=True, metadata={"description": "The character around fields that need it; empty for none"}
    )
    escape = ma.fields.String(
        required=True, metadata={"description": "The character before a quote within a field; empty for none"}
    )
    double_quote = ma.fields.Boolean(
        required=True, metadata={"description": "Whether a quote within a field is written twice"}
    )
    skip_space = ma.fields.Boolean(
        required=True, metadata={"description": "Whether spaces after a delimiter belong to no field"}
    )
    line_end = ma.fields.String(required=True, metadata={"description": "What ends a record"})
    header = ma.fields.Boolean(required=True, metadata={"description": "Whether the first record names the columns"})
    bom = ma.fields.Boolean(required=True, metadata={"description": "Whether the file begins with a byte order mark"})
    preamble = ma.fields.Integer(required=True, metadata={"description": "Bytes before the header record"})
    comment = ma.fields.String(
        metadata={"description": "The character that begins lines which are no records; there only if there is one"}
    )


class DialectAlternative(ma.Schema):
    """Another reading of the file that is nearly as likely, and how likely, from 0 to 1."""

    dialect = ma.fields.Nested(Dialect, required=True, metadata={"description": "How the file would be read"})
    confidence = ma.fields.Float(required=True, metadata={"description": "From 0 to 1"})


class DetectedIssue(ma.Schema):
    """Something the detection noticed in the head of the file."""

    kind = ma.fields.String(required=True, metadata={"description": "The code of the warning"})
    detail = ma.fields.String(required=True, metadata={"description": "A sentence for people"})
    count = ma.fields.Integer(metadata={"description": "How many records, cells or lines"})
    row = ma.fields.Integer(metadata={"description": "The first one, from 1"})
    line = ma.fields.Integer(metadata={"description": "Its line, from 1"})
    byte = ma.fields.Integer(metadata={"description": "Its place in the file, from 0"})
    value = ma.fields.String(metadata={"description": "What stands there, at most 100 characters"})
    hint = ma.fields.String(metadata={"description": "The way out"})


class PreambleLine(ma.Schema):
    """A line above the header, which is no record."""

    line = ma.fields.Integer(required=True, metadata={"description": "From 1"})
    text = ma.fields.String(required=True, metadata={"description": "At most 200 characters of it"})


class SeemingFormat(ma.Schema):
    """A format of numbers or dates that fits the values of a column."""

    as_ = ma.fields.Raw(
        data_key="as",
        attribute="as",
        required=True,
        metadata={"type": ["string", "object"], "description": "As a step takes it in `as`, or in `reformat.from`"},
    )
    count = ma.fields.Integer(required=True, metadata={"description": "How many cells it fits"})
    of = ma.fields.Integer(required=True, metadata={"description": "Among how many that are not empty"})
    ambiguous = ma.fields.Boolean(metadata={"description": "Whether another format fits the same cells"})


class ColumnFormats(ma.Schema):
    """A column whose numbers or dates are not plain numbers or ISO 8601 dates, by the first records."""

    column = ma.fields.String(required=True, metadata={"description": "Its name"})
    index = ma.fields.Integer(required=True, metadata={"description": "Its position, from 1"})
    formats = ma.fields.List(
        ma.fields.Nested(SeemingFormat), required=True, metadata={"description": "What fits, the best first"}
    )


class Detection(ma.Schema):
    """How sure the detection is, why, and what else the file could be; of the head of the file."""

    version = ma.fields.String(metadata={"description": "The version that detected it; 0.1.0 does not say"})
    confidence = ma.fields.Float(metadata={"description": "From 0 to 1"})
    evidence = ma.fields.List(ma.fields.String(), metadata={"description": "What speaks for this reading"})
    alternatives = ma.fields.List(
        ma.fields.Nested(DialectAlternative), metadata={"description": "Other readings that are nearly as likely"}
    )
    preamble = ma.fields.List(ma.fields.Nested(PreambleLine), metadata={"description": "The lines above the header"})
    formats = ma.fields.List(
        ma.fields.Nested(ColumnFormats), metadata={"description": "The first 100 columns that seem to have a format"}
    )
    issues = ma.fields.List(ma.fields.Nested(DetectedIssue), metadata={"description": "What was noticed"})
    warnings = ma.fields.List(
        ma.fields.Nested(WarningShape), metadata={"description": "The issues in the shape of all warnings"}
    )


DIALECT: dict[str, Any] = {
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
