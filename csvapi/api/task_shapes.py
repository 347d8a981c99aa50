"""The shapes of tasks and of submissions."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import validate

from csvapi.api import warning_shape
from csvapi.api.body import Few
from csvapi.api.resource import MAX_ID, TRUNCATED
from csvapi.api.warning_shape import WARNINGS
from csvapi.engines.receipt import counts
from csvapi.models import FINISHED, Status, Task
from csvapi.operations import MAX_STEPS, catalogue
from csvapi.services import tasks
from csvapi.steps.output import Output


class Step(ma.Schema):
    """One operation with its parameters; `GET /api/v1/operations` has their schemas."""

    class Meta:
        unknown = ma.INCLUDE

    error_messages = {"type": 'must be an object, such as {"op": "dedup"}'}  # noqa: RUF012  declared so by marshmallow
    op = ma.fields.String(required=True, validate=validate.Length(1, 50), metadata={"enum": list(catalogue())})


STEPS = Few(
    ma.fields.Nested(Step),
    MAX_STEPS,
    required=True,
    metadata={"description": "Applied in this order", "minItems": 1},
)
INPUT = ma.fields.Integer(
    required=True, strict=True, validate=validate.Range(1, MAX_ID), metadata={"description": "The id of a file"}
)
ON_RAGGED = ma.fields.String(
    validate=validate.OneOf(["keep", "pad", "drop", "fail"]),
    metadata={"description": "What to do with records of another length than the header; default keep"},
)
ON_BAD = ma.fields.String(
    validate=validate.OneOf(["keep", "fail"]),
    metadata={"description": "What to do with bytes that are no text, NULs and open quotes; default keep"},
)
OUTPUT = ma.fields.Nested(
    Output, metadata={"description": "How to write the result, where that is not as the input is written"}
)


class Submission(ma.Schema):
    """A pipeline to run."""

    input = INPUT
    steps = STEPS
    on_ragged = ON_RAGGED
    on_bad = ON_BAD
    output = OUTPUT
    explain = ma.fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=True,
        metadata={"description": "Keep the dropped records, and why each of them went, as files beside the result"},
    )
    label = ma.fields.String(validate=validate.Length(1, 200), metadata={"description": "Yours, for people"})


class TaskProgress(ma.Schema):
    """How far a running task is."""

    bytes_done = ma.fields.Integer()
    bytes_total = ma.fields.Integer()
    rows_in = ma.fields.Integer()
    rows_out = ma.fields.Integer()
    rows_per_s = ma.fields.Integer()
    eta_s = ma.fields.Float(allow_none=True)
    step = ma.fields.Integer()


class Counts(ma.Schema):
    """Records in and out; `dropped` has one number for each step. What on_ragged dropped is in `ragged`."""

    in_ = ma.fields.Integer(required=True, data_key="in", attribute="in")
    out = ma.fields.Integer(required=True)
    dropped = ma.fields.List(ma.fields.Integer(), required=True)
    ragged = ma.fields.Integer(required=True)


class TaskFailure(ma.Schema):
    """Why a task failed: a code of `GET /api/v1/errors`, and a sentence."""

    code = ma.fields.String(required=True)
    detail = ma.fields.String(required=True)


class TaskLinks(ma.Schema):
    """Where to go from a task; only what it has or allows is there."""

    self = ma.fields.String(required=True)
    events = ma.fields.String(required=True)
    cancel = ma.fields.String()
    result = ma.fields.String()
    rows = ma.fields.String()
    dropped = ma.fields.String()
    receipt = ma.fields.String()


class TaskShape(ma.Schema):
    """A pipeline over one file, and how it goes."""

    id = ma.fields.UUID(required=True)
    status = ma.fields.String(required=True, validate=validate.OneOf([str(status) for status in Status]))
    label = ma.fields.String(required=True, allow_none=True)
    input = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "Null once it is deleted"})
    steps = ma.fields.List(ma.fields.Dict(keys=ma.fields.String()), required=True)
    options = ma.fields.Dict(keys=ma.fields.String(), required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    started_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    finished_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    expires_at = ma.fields.AwareDateTime(required=True)
    attempt = ma.fields.Integer(required=True)
    progress = ma.fields.Nested(TaskProgress, required=True, allow_none=True)
    counts = ma.fields.Nested(Counts, required=True, allow_none=True)
    error = ma.fields.Nested(TaskFailure, required=True, allow_none=True)
    warnings = WARNINGS
    result = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "The id of a file"})
    links = ma.fields.Nested(TaskLinks, required=True)


class TaskItem(TaskShape):
    """A task in a list."""

    steps = ma.fields.List(
        ma.fields.Dict(keys=ma.fields.String()),
        required=True,
        allow_none=True,
        metadata={"description": "Null where they take more than 4 KiB"},
    )
    truncated = TRUNCATED


def task_item(task: Task) -> dict[str, Any]:
    """A task as lists and events show it."""
    return {**task_shape(task), "truncated": task.steps is None}


def task_shape(task: Task) -> dict[str, Any]:
    """A task as the API shows it."""
    running = task.status == Status.RUNNING
    return {
        "id": task.id,
        "status": task.status,
        "label": task.label,
        "input": task.file_id,
        "steps": task.steps,
        "options": task.options,
        "created_at": task.created_at,
        "started_at": task.started_at,
        "finished_at": task.finished_at,
        "expires_at": task.expires_at,
        "attempt": task.attempt,
        "progress": tasks.current_progress(task) or None if running else None,
        "counts": counts(task.receipt) if task.receipt else None,
        "error": {"code": task.error_code, "detail": task.error_detail or ""} if task.error_code else None,
        "warnings": (task.receipt or {}).get("warnings", []),
        "result": task.result_file_id,
        "links": _links(task),
    }


def _links(task: Task) -> dict[str, str]:
    at = f"/api/v1/tasks/{task.id}"
    links = {"self": at, "events": f"{at}/events"}
    if task.status not in FINISHED:
        links["cancel"] = f"{at}/cancel"
    if task.status == Status.SUCCEEDED:
        links |= {"result": f"{at}/result", "rows": f"{at}/result/rows", "receipt": f"{at}/receipt"}
        if task.options.get("explain"):
            links["dropped"] = f"{at}/dropped"
    return links


TASK_ID = "7f7c2a5e-3c0f-4c55-9d0e-0f7c1f2f3a4b"
_AT = f"/api/v1/tasks/{TASK_ID}"
QUEUED = {
    "id": TASK_ID,
    "status": "queued",
    "label": "newsletter",
    "input": 1,
    "steps": [{"op": "dedup", "columns": ["email"], "keep": "first"}],
    "options": {"explain": True},
    "created_at": "2026-01-31T12:00:00+00:00",
    "started_at": None,
    "finished_at": None,
    "expires_at": "2026-02-07T12:00:00+00:00",
    "attempt": 0,
    "progress": None,
    "counts": None,
    "error": None,
    "warnings": [],
    "result": None,
    "links": {"self": _AT, "events": f"{_AT}/events", "cancel": f"{_AT}/cancel"},
}
SUCCEEDED = {
    **QUEUED,
    "status": "succeeded",
    "started_at": "2026-01-31T12:00:00+00:00",
    "finished_at": "2026-01-31T12:00:01+00:00",
    "attempt": 1,
    "counts": {"in": 1000, "out": 990, "dropped": [10], "ragged": 0},
    "warnings": [warning_shape.EXAMPLE],
    "result": 2,
    "links": {
        "self": _AT,
        "events": f"{_AT}/events",
        "result": f"{_AT}/result",
        "rows": f"{_AT}/result/rows",
        "dropped": f"{_AT}/dropped",
        "receipt": f"{_AT}/receipt",
    },
}
