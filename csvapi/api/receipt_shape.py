"""The receipt as the document describes it: what an older version left out of it is optional, what a later one adds is
allowed."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from csvapi import __version__
from csvapi.api.dialect_shapes import Dialect
from csvapi.api.shapes import APPLIED, ObjectField
from csvapi.api.task_shapes import PipelineLink
from csvapi.api.warning_shape import WarningShape


class _Open(ma.Schema):
    class Meta:
        unknown = ma.INCLUDE


def _integer(description: str, *, required: bool = False) -> ma.fields.Integer:
    return ma.fields.Integer(required=required, metadata={"description": description})


def _text(description: str, *, required: bool = False) -> ma.fields.String:
    return ma.fields.String(required=required, metadata={"description": description})


class ReceiptOriginal(_Open):
    """A file that is no CSV, and what was read of it."""

    bytes = _integer("How many they are", required=True)
    sha256 = _text("Their SHA-256, as hexadecimal digits")
    format = _text("What the file is", required=True)
    sheet = _text("Of a workbook: the sheet that was read")
    range = _text("The cells of it that were read")
    member = _text("Of an archive: the member that was read")


class ReceiptInput(_Open):
    """The bytes that were read."""

    bytes = _integer("How many they are", required=True)
    sha256 = _text("Their SHA-256, as hexadecimal digits")
    original = ma.fields.Nested(
        ReceiptOriginal, metadata={"description": "The file that these bytes were made of, where that is no CSV"}
    )


class ReceiptPart(_Open):
    """One of the files of a result in parts."""

    name = _text("Its name in the ZIP or the folder", required=True)
    value = _text("The column's value that its records have, at most 100 characters of it")
    records = _integer("How many there are", required=True)
    bytes = _integer("How many it has, unpacked", required=True)
    sha256 = _text("Their SHA-256, as hexadecimal digits", required=True)


class ReceiptParts(_Open):
    """The files of a result in parts."""

    count = _integer("How many there are", required=True)
    files = ma.fields.List(
        ma.fields.Nested(ReceiptPart), required=True, metadata={"description": "The first 100 of them"}
    )


class ReceiptOutput(_Open):
    """The bytes that were written, and how to read them."""

    bytes = _integer("How many they are", required=True)
    sha256 = _text("Their SHA-256, as hexadecimal digits")
    format = _text("`csv`, or what the last step made")
    media_type = _text("The media type of the format")
    suffix = _text("How the name of such a file ends")
    dialect = ma.fields.Nested(Dialect, metadata={"description": "How a CSV file was written"})
    columns = ma.fields.List(ma.fields.String(), metadata={"description": "The names of its columns"})
    parts = ma.fields.Nested(ReceiptParts, metadata={"description": "The files of a result in parts"})


class ReceiptOptions(_Open):
    """The options of the run, with what applied where none was given."""

    on_ragged = _text("What was done with records of another length than the header")
    on_bad = _text("What was done with bytes that are no text, NULs and open quotes")
    output = ObjectField(
        {"type": "object", "additionalProperties": True}, metadata={"description": "How the result was to be written"}
    )


class ReceiptRecords(_Open):
    """Records of the whole run; where steps add some, `kept` and `dropped` are more than `in`."""

    in_ = ma.fields.Integer(
        required=True, data_key="in", attribute="in", metadata={"description": "Records of the input"}
    )
    kept = _integer("Records of the output", required=True)
    dropped = _integer("Records that steps and options dropped", required=True)


class ReceiptStep(ReceiptRecords):
    """What became of the records in one step, and what that step counted besides."""

    op = _text("The operation", required=True)


class FoundIssue(_Open):
    """How many records have an issue, and where the first one is."""

    count = _integer("How many", required=True)
    row = _integer("The first one, from 1")
    line = _integer("Its line, from 1")
    byte = _integer("Its place in the file, from 0")
    dropped = _integer("How many of them went by `on_ragged`")


def _issue(description: str) -> ma.fields.Nested:
    return ma.fields.Nested(FoundIssue, metadata={"description": description})


class ReceiptFound(_Open):
    """What was met while reading."""

    records = _integer("Records of the input")
    blank_lines = _integer("Lines with nothing in them, which are no records")
    comments = ma.fields.Nested(
        FoundIssue, metadata={"description": "Lines that the dialect's comment character begins, where it has one"}
    )
    preamble_lines = _integer("Lines above the header")
    trailing_bytes = _integer("Bytes of padding at the end of the file")

    ragged = _issue("Records of another length than the header")
    undecodable = _issue("Records with bytes that are no text in the file's encoding")
    nul = _issue("Records with a NUL")
    quotes = _issue("Records with text after a closing quote, or with a quote that is not closed")
    bom = _issue("Records after a byte order mark in the middle of the file")
    repeated_header = _issue("Records that are the header again")


class Receipt(_Open):
    """What does not depend on where and how fast it was done: the same input, steps and engine give the same."""

    engine = _text("The version whose semantics these are", required=True)
    input = ma.fields.Nested(ReceiptInput, required=True, metadata={"description": "What was read"})
    output = ma.fields.Nested(ReceiptOutput, required=True, metadata={"description": "What was written"})
    dialect = ma.fields.Nested(Dialect, metadata={"description": "How the input was read"})
    options = ma.fields.Nested(ReceiptOptions, metadata={"description": "How odd records were handled"})
    steps = ma.fields.List(
        ObjectField(APPLIED), required=True, metadata={"description": "The steps, as they can be sent again"}
    )
    records = ma.fields.Nested(ReceiptRecords, required=True, metadata={"description": "Records of the whole run"})
    dropped_by_step = ma.fields.List(
        ma.fields.Nested(ReceiptStep), required=True, metadata={"description": "Records of each step, in order"}
    )
    found = ma.fields.Nested(ReceiptFound, metadata={"description": "What was met while reading"})
    warnings = ma.fields.List(
        ma.fields.Nested(WarningShape), metadata={"description": "What to know before trusting the result"}
    )


class RunStage(_Open):
    """Steps that went over the file together."""

    steps = ma.fields.List(ma.fields.String(), metadata={"description": "Their operations"})
    passes = _integer("How often the file was read")
    ranges = _integer("How many parts of it were worked on side by side")
    bytes_by_parser = ObjectField(
        {"type": "object", "additionalProperties": {"type": "integer"}},
        metadata={"description": "Bytes that each parser read"},
    )
    seconds = ma.fields.Float(metadata={"description": "How long it took"})


class Run(_Open):
    """How it was done; empty for a task of an older version."""

    engine = _text("Which engine ran it")
    processes = _integer("How many processes worked side by side")
    seconds = ma.fields.Float(metadata={"description": "How long it took"})
    stages = ma.fields.List(ma.fields.Nested(RunStage), metadata={"description": "What was done one after the other"})


class TaskReceipt(ma.Schema):
    """What was done, and how; `receipt` can be compared, `run` differs from one run to the next."""

    receipt = ObjectField({"$ref": Receipt}, required=True, metadata={"description": "What was done"})
    run = ObjectField({"$ref": Run}, required=True, metadata={"description": "How it was done"})
    pipeline = ma.fields.Nested(
        PipelineLink, metadata={"description": "The saved pipeline that the steps are from, where they are from one"}
    )


_DIGEST = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"
EXAMPLE: dict[str, Any] = {
    "receipt": {
        "engine": __version__,
        "input": {"bytes": 24, "sha256": _DIGEST},
        "output": {"bytes": 16, "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
        "steps": [{"op": "dedup"}],
        "options": {"on_ragged": "keep", "on_bad": "keep"},
        "records": {"in": 2, "kept": 1, "dropped": 1},
        "dropped_by_step": [{"op": "dedup", "in": 2, "kept": 1, "dropped": 1}],
        "found": {"records": 2, "blank_lines": 0, "preamble_lines": 0, "trailing_bytes": 0},
        "warnings": [],
    },
    "run": {"engine": "local", "processes": 1, "seconds": 0.01},
}
