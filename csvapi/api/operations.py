"""The catalogue of operations, and previews of them."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response, g
from marshmallow import validate

from csvapi.api.contract import signed_in_to_look
from csvapi.api.file_rows import ROW
from csvapi.api.raw_json import MIME
from csvapi.api.resource import MAX_ID, Resource
from csvapi.api.schemas import RowShape
from csvapi.api.shapes import APPLIED, ObjectField
from csvapi.api.step_schemas import schema_of
from csvapi.api.task_shapes import TaskCounts
from csvapi.api.warning_shape import WARNINGS
from csvapi.api.work_shapes import WorkPart
from csvapi.operations import Operation, catalogue
from csvapi.services import pipelines, previews
from csvapi.services.requested_work import requested
from csvapi.steps.pipeline import OPTIONS
from csvapi.steps.step import PURPOSES

blp = Resource("v1-operations", __name__, url_prefix="/api/v1", description="What can be done, and trying it")


class OperationShape(ma.Schema):
    """An operation: `params` is the JSON Schema of a step."""

    name = ma.fields.String(required=True, metadata={"description": "What `op` of a step names"})
    kind = ma.fields.String(
        required=True, metadata={"description": "`selector`: its records come out byte for byte; else they change"}
    )
    summary = ma.fields.String(required=True, metadata={"description": "What it does"})
    purpose = ma.fields.String(
        required=True,
        metadata={
            "description": f"What it is for, to group lists by: {', '.join(PURPOSES)}; later versions may have others"
        },
    )
    words = ma.fields.String(required=True, metadata={"description": "Other words that people search it by"})
    params = ObjectField(
        {"type": "object", "additionalProperties": True},
        required=True,
        metadata={"description": "The JSON Schema (2020-12) of a step"},
    )
    example = ObjectField(APPLIED, required=True, metadata={"description": "A step, as a task takes it"})


class OperationList(ma.Schema):
    """Every operation with its parameters, as the console and generated clients need it."""

    items = ma.fields.List(
        ma.fields.Nested(OperationShape),
        required=True,
        metadata={"description": "The operations, in the order of their names"},
    )


def operation_shape(operation: Operation) -> dict[str, Any]:
    """An operation as the API shows it."""
    return {
        "name": operation.name,
        "kind": operation.kind,
        "summary": operation.summary,
        "purpose": operation.purpose,
        "words": operation.words,
        "params": schema_of(operation.name),
        "example": operation.example,
    }


@blp.route("/operations", "list_operations", methods=["GET"])
@blp.response(200, OperationList, example={"items": [operation_shape(catalogue()["convert"])]})
def index() -> Any:
    """List the operations: what each does, the JSON Schema of its parameters, an example."""
    return {"items": [operation_shape(operation) for operation in catalogue().values()]}


class PreviewRequest(WorkPart):
    """Steps to try; the same as those of a task."""

    sample_rows = ma.fields.Integer(
        strict=True,
        load_default=100,
        validate=validate.Range(1, 10_000),
        metadata={"description": "How many records to try them on, at most"},
    )
    from_row = ma.fields.Integer(
        strict=True,
        load_default=1,
        validate=validate.Range(1, MAX_ID),
        metadata={"description": "The number of the record to begin with, from 1"},
    )


class PreviewRow(RowShape):
    """A record of the sample; what drops it, or nulls when it stays."""

    kept = ma.fields.Boolean(required=True, metadata={"description": "Whether it stays"})
    step = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "From 1; 0 for on_ragged"})
    reason = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Why it goes; null for one that stays"}
    )
    kept_row = ma.fields.Integer(
        required=True, allow_none=True, metadata={"description": "The record that stays instead of a repeat"}
    )


class PreviewResult(ma.Schema):
    """What came out of the sample: columns and records."""

    columns = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "Their names, in order"})
    items = ma.fields.List(ma.fields.Nested(RowShape), required=True, metadata={"description": "The records"})


class PreviewEstimate(ma.Schema):
    """An estimate for the whole file, not a promise; `exact` when the sample is the whole file."""

    rows_in = ma.fields.Integer(required=True, metadata={"description": "Records of the file"})
    rows_out = ma.fields.Integer(required=True, metadata={"description": "Records of the result"})
    bytes_out = ma.fields.Integer(required=True, metadata={"description": "Bytes of the result"})
    exact = ma.fields.Boolean(required=True, metadata={"description": "Whether nothing of it is an estimate"})
    basis = ma.fields.String(required=True, metadata={"description": "What it rests on, in words"})


class Preview(ma.Schema):
    """The sample, what the steps made of it, and what the whole file would take."""

    columns = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "The sample's, in order"})
    items = ma.fields.List(
        ma.fields.Nested(PreviewRow), required=True, metadata={"description": "The records of the sample"}
    )
    result = ma.fields.Nested(PreviewResult, required=True, metadata={"description": "What came out of it"})
    counts = ma.fields.Nested(
        TaskCounts, required=True, metadata={"description": "How many records of the sample went"}
    )
    warnings = WARNINGS
    complete = ma.fields.Boolean(required=True, metadata={"description": "Whether the sample is the whole file"})
    estimate = ma.fields.Nested(
        PreviewEstimate, required=True, metadata={"description": "The whole file, as far as can be said"}
    )


_PREVIEW = {
    "columns": ["id", "name"],
    "items": [
        {**ROW, "kept": True, "step": None, "reason": None, "kept_row": None},
        {**ROW, "row": 2, "line": 3, "byte": 16, "kept": False, "step": 1, "reason": "a repeat", "kept_row": 1},
    ],
    "result": {"columns": ["id", "name"], "items": [ROW]},
    "counts": {"in": 2, "out": 1, "dropped": [1], "ragged": 0},
    "warnings": [],
    "complete": True,
    "estimate": {"rows_in": 2, "rows_out": 1, "bytes_out": 16, "exact": True, "basis": previews.FOUND},
}


@blp.route("/previews", "create_preview", methods=["POST"])
@signed_in_to_look
@blp.arguments(PreviewRequest, example={"input": 1, "steps": [{"op": "dedup"}], "sample_rows": 100})
@blp.response(200, Preview, example=_PREVIEW)
@blp.refuses(401, 404, 413, 415, 422, 429, 503)
def preview(body: dict[str, Any]) -> Any:
    """Try steps on some records of a file, at once; nothing is stored.

    Each record is marked as kept, or with the step that drops it and why. What it says of the file is an estimate. The
    steps see these records alone: those before `from_row` make no duplicate. `from_row` costs little wherever it is,
    once the file has an index of its rows: the first preview far into it reads up to there.
    It runs in bounds of memory and time, a few of a user at once; `GET /api/v1/me/usage` says which.
    """
    file = pipelines.find_input(g.user.id, body["input"])
    work = requested(g.user.id, body, OPTIONS)
    return Response(previews.run(file, work, body["sample_rows"], body["from_row"]), mimetype=MIME)
