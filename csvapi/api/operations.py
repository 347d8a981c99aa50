"""The catalogue of operations, and previews of them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import marshmallow as ma
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response, g
from marshmallow import validate

from csvapi.api.contract import signed_in_to_look
from csvapi.api.files import ROW
from csvapi.api.raw_json import MIME
from csvapi.api.resource import Resource
from csvapi.api.schemas import RowShape
from csvapi.api.task_shapes import INPUT, ON_BAD, ON_RAGGED, OUTPUT, STEPS, Counts
from csvapi.api.warning_shape import WARNINGS
from csvapi.operations import Operation, catalogue
from csvapi.services import pipelines, previews
from csvapi.steps.params import ColumnField
from csvapi.steps.values import AsField

blp = Resource("v1-operations", __name__, url_prefix="/api/v1", description="What can be done, and trying it")
COLUMN = {
    "description": "A column by its exact name, or by its position from 1",
    "oneOf": [
        {"type": "string"},
        {
            "type": "object",
            "required": ["index"],
            "properties": {"index": {"type": "integer", "minimum": 1}},
            "additionalProperties": False,
        },
    ],
}


class OperationShape(ma.Schema):
    """An operation: `params` is the JSON Schema of a step."""

    name = ma.fields.String(required=True)
    kind = ma.fields.String(
        required=True, metadata={"description": "`selector`: its records come out byte for byte; else they change"}
    )
    summary = ma.fields.String(required=True)
    params = ma.fields.Dict(keys=ma.fields.String(), required=True)
    example = ma.fields.Dict(keys=ma.fields.String(), required=True)


class Catalogue(ma.Schema):
    """Every operation with its parameters, as the console and generated clients need it."""

    items = ma.fields.List(ma.fields.Nested(OperationShape), required=True)


@cache
def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one step of this operation, from the marshmallow schema that validates it."""
    operation = catalogue()[name]
    plugin = MarshmallowPlugin()
    spec = APISpec("steps", "1", "3.1.0", plugins=[plugin])
    converter: Any = plugin.converter  # which the specification above has made; it has no types
    converter.map_to_openapi_type(ColumnField, None, None)
    converter.map_to_openapi_type(AsField, None, None)
    converter.add_attribute_function(lambda _self, field, **_: _special(field))
    schema = converter.schema2jsonschema(operation.params())
    named = spec.components.to_dict().get("schemas", {})
    step = {
        "type": "object",
        "required": ["op", *schema.get("required", [])],
        "properties": {"op": {"const": operation.name}, **schema.get("properties", {})},
        "additionalProperties": False,
        **({"$defs": named} if named else {}),
    }
    whole: dict[str, Any] = json.loads(json.dumps(step).replace("#/components/schemas/", "#/$defs/"))
    return whole


def _special(field: ma.fields.Field[Any]) -> dict[str, Any]:
    if isinstance(field, ColumnField):
        return COLUMN
    return field.shape if isinstance(field, AsField) else {}


def operation_shape(operation: Operation) -> dict[str, Any]:
    """An operation as the API shows it."""
    return {
        "name": operation.name,
        "kind": operation.kind,
        "summary": operation.summary,
        "params": schema_of(operation.name),
        "example": operation.example,
    }


@blp.route("/operations", methods=["GET"])
@blp.response(200, Catalogue, example={"items": [operation_shape(catalogue()["dedup"])]})
def index() -> Any:
    """List the operations: what each does, the JSON Schema of its parameters, an example."""
    return {"items": [operation_shape(operation) for operation in catalogue().values()]}


class PreviewRequest(ma.Schema):
    """Steps to try; the same as those of a task."""

    input = INPUT
    steps = STEPS
    on_ragged = ON_RAGGED
    on_bad = ON_BAD
    output = OUTPUT
    sample_rows = ma.fields.Integer(
        strict=True,
        load_default=100,
        validate=validate.Range(1, 10_000),
        metadata={"description": "Records from the top of the file"},
    )


class SampleRow(RowShape):
    """A record of the sample; what drops it, or nulls when it stays."""

    kept = ma.fields.Boolean(required=True)
    step = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "From 1; 0 for on_ragged"})
    reason = ma.fields.String(required=True, allow_none=True)
    kept_row = ma.fields.Integer(required=True, allow_none=True)


class Outcome(ma.Schema):
    """What came out of the sample: columns and records."""

    columns = ma.fields.List(ma.fields.String(), required=True)
    items = ma.fields.List(ma.fields.Nested(RowShape), required=True)


class Estimate(ma.Schema):
    """An estimate for the whole file, not a promise; `exact` when the sample is the whole file."""

    rows_in = ma.fields.Integer(required=True)
    rows_out = ma.fields.Integer(required=True)
    bytes_out = ma.fields.Integer(required=True)
    exact = ma.fields.Boolean(required=True)
    basis = ma.fields.String(required=True)


class Preview(ma.Schema):
    """The sample, what the steps made of it, and what the whole file would take."""

    columns = ma.fields.List(ma.fields.String(), required=True)
    items = ma.fields.List(ma.fields.Nested(SampleRow), required=True)
    result = ma.fields.Nested(Outcome, required=True)
    counts = ma.fields.Nested(Counts, required=True)
    warnings = WARNINGS
    complete = ma.fields.Boolean(required=True, metadata={"description": "Whether the sample is the whole file"})
    estimate = ma.fields.Nested(Estimate, required=True)


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


@blp.route("/previews", methods=["POST"])
@signed_in_to_look
@blp.arguments(PreviewRequest, example={"input": 1, "steps": [{"op": "dedup"}], "sample_rows": 100})
@blp.response(200, Preview, example=_PREVIEW)
@blp.refuses(401, 404, 413, 415, 422, 429, 503)
def preview(body: dict[str, Any]) -> Any:
    """Try steps on the first records of a file, at once; nothing is stored.

    Each record is marked as kept, or with the step that drops it and why. What it says of the file is an estimate.
    It runs in bounds of memory and time, a few of a user at once; `GET /api/v1/me/usage` says which.
    """
    file = pipelines.find_input(g.user.id, body["input"])
    chosen: dict[str, Any] = {name: body[name] for name in ("on_ragged", "on_bad", "output") if name in body}
    return Response(previews.run(file, body["steps"], body["sample_rows"], chosen), mimetype=MIME)
