"""Tasks: submit, follow, cancel and delete them."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import marshmallow as ma
from flask import g, request
from marshmallow import validate

from csvapi.api.contract import signed_in
from csvapi.api.idempotency_key import idempotent
from csvapi.api.rates import polls, unfinished
from csvapi.api.resource import LINK, NEXT, RETRY, Paging, Resource, listed
from csvapi.api.task_examples import QUEUED, SUCCEEDED
from csvapi.api.task_shapes import TaskItem, TaskShape, task_item, task_shape
from csvapi.api.work_shapes import Submission
from csvapi.extensions import runtime
from csvapi.models import FINISHED, Status
from csvapi.services import following, pipelines, tasks, user_tasks

blp = Resource("v1-tasks", __name__, url_prefix="/api/v1/tasks", description="Pipelines of operations over files")
ONE = "/<string:task_id>"
_WAIT = re.compile(r'wait\s*=\s*"?([0-9]+)"?', re.ASCII | re.IGNORECASE)
POLL = 1  # seconds after which it is worth asking again
_LOCATION = {"Location": {"description": "The task", "schema": {"type": "string"}}}
_EXAMPLE = {
    "input": 1,
    "steps": [
        {"op": "filter", "filters": [{"column": "age", "operator": ">=", "value": 18}]},
        {"op": "dedup", "columns": ["email"], "ignore": ["case"]},
    ],
    "label": "newsletter",
}


_PREFER = {
    "in": "header",
    "name": "Prefer",
    "description": "`wait=10`: answer once the task has ended, or after so many seconds (RFC 7240)",
    "schema": {"type": "string"},
    "example": "wait=10",
}


class Listing(Paging):
    """Which tasks to list, and the page."""

    status = ma.fields.String(
        validate=validate.OneOf([str(status) for status in Status]), metadata={"description": "Only these"}
    )
    label = ma.fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "Only those with this in their label, regardless of case"},
    )


class TaskPage(ma.Schema):
    """A page of tasks, the newest first; `next` is the cursor of the following page."""

    items = ma.fields.List(ma.fields.Nested(TaskItem), required=True, metadata={"description": "The tasks"})
    next = NEXT


@blp.route("", "create_task", methods=["POST"])
@signed_in
@idempotent(_PREFER)
@blp.arguments(Submission, example=_EXAMPLE)
@blp.response(202, TaskShape, example=QUEUED, headers=_LOCATION | RETRY, description="Queued; ask again, or wait")
@blp.alt_response(200, schema=TaskShape, example=SUCCEEDED, headers=_LOCATION, success=True, description="It has ended")
@blp.refuses(401, 404, 409, 413, 415, 422, 429, 503)
def create(body: dict[str, Any]) -> Any:
    """Start a pipeline of steps over a file.

    In place of `steps`, `pipeline` names a saved one; `files` gives the files that their parameters stand for. Steps,
    columns and output are checked now, against the file's header; the work is done in the background.
    """
    seconds = wait_wanted()  # all that the request says is read before anything is done
    task = pipelines.submit(g.user.id, body)
    headers = {"Location": f"{blp.url_prefix}/{task.id}"}
    if seconds:
        task = following.followed(partial(tasks.find, g.user.id, task.id), task.id, seconds)
        headers["Preference-Applied"] = f"wait={seconds}"
    if task.status in FINISHED:
        return task_shape(task), 200, headers
    return task_shape(task), 202, {**headers, "Retry-After": str(POLL)}


def wait_wanted() -> int:
    """The seconds of `Prefer: wait=…` (RFC 7240), up to what the service grants; 0 without one."""
    for part in request.headers.get("Prefer", "").split(","):
        if found := _WAIT.fullmatch(part.split(";")[0].strip()):
            return min(int(found[1][:9]), runtime().settings.max_wait)
    return 0


@blp.route("", "list_tasks", methods=["GET"])
@signed_in
@blp.arguments(Listing, location="query")
@blp.response(200, TaskPage, example={"items": [{**SUCCEEDED, "truncated": False}], "next": None}, headers=LINK)
@blp.refuses(401, 422, 503)
def index(query: dict[str, Any]) -> Any:
    """List your tasks, the newest first.

    `steps` of more than 4 KiB are null here, with `truncated` true; the task itself has them.
    """
    found = user_tasks.newest(g.user.id, query.get("cursor"), query.get("status"), query["label"])
    return listed(found, query["limit"], task_item, user_tasks.cursor_of)


@blp.route(ONE, "get_task", methods=["GET"])
@signed_in
@blp.response(200, TaskShape, example=SUCCEEDED)
@blp.refuses(401, 404, 503)
@polls
def show(task_id: str) -> Any:
    """Show a task: its state, its progress while it runs, its counts and links once it has ended."""
    task = tasks.find(g.user.id, task_id)
    unfinished(task)
    return task_shape(task)


@blp.route(f"{ONE}/cancel", "cancel_task", methods=["POST"])
@signed_in
@blp.response(200, TaskShape, example={**QUEUED, "status": "cancelled"})
@blp.refuses(401, 404, 409, 503)
def cancel(task_id: str) -> Any:
    """Stop a task: a queued one at once, a running one within a second; nothing of its output is kept."""
    return task_shape(tasks.cancel(g.user.id, task_id))


@blp.route(ONE, "delete_task", methods=["DELETE"])
@signed_in
@blp.response(204)
@blp.refuses(401, 404, 409, 503)
def delete(task_id: str) -> None:
    """Forget a task that has ended; its files stay until they are deleted or expire."""
    user_tasks.delete(g.user.id, task_id)
