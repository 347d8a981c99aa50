"""The requests and responses of the classic endpoints."""

from __future__ import annotations

import json
from typing import Any

import marshmallow as ma
from marshmallow import validate

from csvapi.api.body import Few, parse_json
from csvapi.api.task_shapes import TaskProgress
from csvapi.models import Status
from csvapi.steps.filter_params import MAX_LEAVES, NULL

STATUSES = {
    Status.QUEUED: "PENDING",
    Status.RUNNING: "PROGRESS",
    Status.SUCCEEDED: "SUCCESS",
    Status.FAILED: "FAILURE",
    Status.CANCELLED: "CANCELLED",
}
TASK_ID_MISSING = "task_id parameter is required"
MAX_ID = 2**63 - 1


class Uploaded(ma.Schema):
    """The answer to an upload: the id to name it by from then on."""

    message = ma.fields.String(required=True, metadata={"description": "`File uploaded successfully`"})
    file_id = ma.fields.Integer(required=True, metadata={"description": "What perform-operation takes"})


class NotAForm(ma.Schema):
    """Why a body that is no form is refused."""

    detail = ma.fields.String(required=True, metadata={"description": "A sentence for people"})


class OperationFilter(ma.Schema):
    """One condition; all of them must hold."""

    column = ma.fields.String(required=True, metadata={"description": "The column, by its exact name"})
    operator = ma.fields.String(
        required=True, metadata={"description": "One of those of the filter operation, such as `>=`", "example": ">="}
    )
    value = ma.fields.Raw(
        error_messages={"null": NULL},
        metadata={
            "description": "What its cells are compared with",
            "type": ["string", "number", "boolean", "array", "null"],
            "items": {"type": ["string", "number", "boolean"]},
        },
    )


class Filters(Few):
    """A list of conditions, or the same as JSON text, which is the only way inside a form."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, str):
            value = parse_json(value.encode(errors="surrogatepass"), "filters") if value.strip() else []
        if not isinstance(value, list):
            raise ma.ValidationError("filters must be a list of {column, operator, value}")
        return value


class Whole(ma.fields.Integer):
    """An integer, as a number or as text; a number with a fraction is refused, not truncated."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, float) and not value.is_integer():
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


OPERATIONS = ("dedup", "unique", "filter")
_SHOWN = 200  # characters of a wrong value


def _not_a_choice(value: object) -> str:
    sent = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f'"{sent[:_SHOWN]}" is not a valid choice. The operation must be one of: {", ".join(OPERATIONS)}.'


class Choice(ma.fields.String):
    """One of the operations. The sentence that refuses another quotes what was sent; clients compare it."""

    default_error_messages = {"null": _not_a_choice(None)}  # noqa: RUF012  declared so by marshmallow

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if value not in OPERATIONS:
            raise ma.ValidationError(_not_a_choice(value))
        return value


class OperationRequest(ma.Schema):
    """A classic operation on an uploaded file: which one, and what each of them needs."""

    file_id = Whole(
        required=True,
        validate=validate.Range(1, MAX_ID, error="file_id must be the id that upload-csv answered"),
        metadata={"description": "What upload-csv answered"},
    )
    operation = Choice(required=True, validate=validate.OneOf(OPERATIONS), metadata={"description": "What to do"})
    column = ma.fields.String(metadata={"description": "unique: the column whose distinct values are kept"})
    filters = Filters(
        ma.fields.Nested(OperationFilter),
        MAX_LEAVES,
        metadata={"description": "filter: the conditions, all of which must hold"},
    )


class OperationStarted(ma.Schema):
    """The answer to an operation: the task, whose state is to be asked for."""

    message = ma.fields.String(required=True, metadata={"description": "`Operation started`"})
    task_id = ma.fields.UUID(required=True, metadata={"description": "What task-status takes"})


class StatusQuery(ma.Schema):
    """Which task, and how many records of its result to show."""

    task_id = ma.fields.String(
        required=True,
        error_messages={"required": TASK_ID_MISSING},
        validate=validate.Length(1, error=TASK_ID_MISSING),
        metadata={"description": "What perform-operation answered"},
    )
    n = ma.fields.Integer(
        load_default=100,
        validate=validate.Range(0, 10_000, error="n must be from 0 to 10000"),
        metadata={"description": "How many records of the result to show"},
    )


class TaskResult(ma.Schema):
    """What a finished task made: a link, and the first records as text."""

    file_link = ma.fields.String(allow_none=True, metadata={"description": "Signed, expiring; works in any browser"})
    data = ma.fields.List(
        ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(allow_none=True)),
        metadata={"description": "The first n records, column by column; every value is text, an absent field is null"},
    )


class TaskState(ma.Schema):
    """A task in the words of the classic endpoints; `result` once it has one, `error` if it failed."""

    task_id = ma.fields.String(required=True, metadata={"description": "The task"})
    status = ma.fields.String(
        required=True,
        validate=validate.OneOf(list(STATUSES.values())),
        metadata={"description": "`PENDING` and `PROGRESS` are followed by another"},
    )
    progress = ma.fields.Nested(TaskProgress, metadata={"description": "While it is `PROGRESS`"})
    result = ma.fields.Nested(TaskResult, metadata={"description": "Once it is `SUCCESS`"})
    error = ma.fields.String(metadata={"description": "Why it is `FAILURE`"})
