"""The shapes of tasks."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import validate

from csvapi.api.resource import TRUNCATED
from csvapi.api.shapes import APPLIED, ObjectField
from csvapi.api.warning_shape import WARNINGS
from csvapi.engines.receipt import counts
from csvapi.models import FINISHED, Status, Task
from csvapi.services import tasks

OPTIONS: dict[str, Any] = {
    "type": "object",
    "title": "Task options",
    "description": "The options of a task, as they were submitted.",
    "properties": {
        "on_ragged": {"type": "string", "description": "What to do with records of another length than the header"},
        "on_bad": {"type": "string", "description": "What to do with bytes that are no text, NULs and open quotes"},
        "output": {"type": "object", "additionalProperties": True, "description": "How to write the result"},
        "explain": {"type": "boolean", "description": "Whether the dropped records are kept, with why each went"},
    },
    "additionalProperties": True,
}


class PipelineLink(ma.Schema):
    """Which version of a saved pipeline it was; the task keeps this when the pipeline is deleted."""

    id = ma.fields.Integer(required=True, metadata={"description": "The id of the pipeline"})
    version = ma.fields.Integer(required=True, metadata={"description": "The number of the version, from 1"})
    name = ma.fields.String(required=True, metadata={"description": "What it was called then"})
    sha256 = ma.fields.String(required=True, metadata={"description": "Of what the version holds"})


class TaskProgress(ma.Schema):
    """How far a running task is."""

    bytes_done = ma.fields.Integer(metadata={"description": "Bytes that were read, over all passes"})
    bytes_total = ma.fields.Integer(metadata={"description": "Bytes to read, over all passes"})
    rows_in = ma.fields.Integer(metadata={"description": "Records that were read, over all passes"})
    rows_out = ma.fields.Integer(metadata={"description": "Records that were written, over all passes"})
    rows_per_s = ma.fields.Integer(metadata={"description": "Records a second"})
    eta_s = ma.fields.Float(allow_none=True, metadata={"description": "Seconds until the end, as an estimate"})
    step = ma.fields.Integer(metadata={"description": "The step that the pass works towards, from 1"})


class TaskCounts(ma.Schema):
    """Records in and out; `dropped` has one number for each step. What on_ragged dropped is in `ragged`."""

    in_ = ma.fields.Integer(
        required=True, data_key="in", attribute="in", metadata={"description": "Records of the input"}
    )
    out = ma.fields.Integer(required=True, metadata={"description": "Records of the result"})
    dropped = ma.fields.List(
        ma.fields.Integer(), required=True, metadata={"description": "Records that each step dropped"}
    )
    ragged = ma.fields.Integer(required=True, metadata={"description": "Records that on_ragged dropped"})


class TaskFailure(ma.Schema):
    """Why a task failed: a code of `GET /api/v1/errors`, and a sentence."""

    code = ma.fields.String(required=True, metadata={"description": "Stable; programs may rely on it"})
    detail = ma.fields.String(required=True, metadata={"description": "A sentence for people"})


class TaskLinks(ma.Schema):
    """Where to go from a task; only what it has or allows is there."""

    self = ma.fields.String(required=True, metadata={"description": "The task itself"})
    events = ma.fields.String(required=True, metadata={"description": "Its changes as they come"})
    cancel = ma.fields.String(metadata={"description": "POST there stops it"})
    result = ma.fields.String(metadata={"description": "The bytes of the result"})
    rows = ma.fields.String(metadata={"description": "The records of the result as text"})
    dropped = ma.fields.String(metadata={"description": "What it dropped"})
    receipt = ma.fields.String(metadata={"description": "What was done"})


class TaskShape(ma.Schema):
    """A pipeline over one file, and how it goes."""

    id = ma.fields.UUID(required=True, metadata={"description": "What other requests name it by"})
    status = ma.fields.String(
        required=True,
        validate=validate.OneOf([str(status) for status in Status]),
        metadata={"description": "`queued` and `running` are followed by another"},
    )
    label = ma.fields.String(required=True, allow_none=True, metadata={"description": "What was given with it"})
    input = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "Null once it is deleted"})
    steps = ma.fields.List(
        ObjectField(APPLIED), required=True, metadata={"description": "Applied in this order; they can be sent again"}
    )
    pipeline = ma.fields.Nested(
        PipelineLink,
        required=True,
        allow_none=True,
        metadata={"description": "The saved pipeline that the steps are from; null where they came with the request"},
    )
    options = ObjectField(
        OPTIONS, required=True, metadata={"description": "What was submitted besides, such as `on_ragged`"}
    )
    created_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When it was submitted"})
    started_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When it began, the last time"}
    )
    finished_at = ma.fields.AwareDateTime(required=True, allow_none=True, metadata={"description": "When it ended"})
    expires_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When it is forgotten"})
    attempt = ma.fields.Integer(
        required=True, metadata={"description": "How often it began; more than once after a worker was lost"}
    )
    progress = ma.fields.Nested(TaskProgress, required=True, allow_none=True, metadata={"description": "While it runs"})
    counts = ma.fields.Nested(
        TaskCounts, required=True, allow_none=True, metadata={"description": "Once it has succeeded"}
    )
    error = ma.fields.Nested(TaskFailure, required=True, allow_none=True, metadata={"description": "Why it failed"})
    warnings = WARNINGS
    result = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "The id of a file"})
    links = ma.fields.Nested(TaskLinks, required=True, metadata={"description": "Where to go from here"})


class TaskItem(TaskShape):
    """A task in a list."""

    steps = ma.fields.List(
        ObjectField(APPLIED),
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
        "pipeline": task.pipeline,
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
