"""Classic endpoints of files and tasks: upload, operate, poll, download."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, g, jsonify, request, url_for

from csvapi.api.body import FORMS
from csvapi.api.classic_shapes import (
    STATUSES,
    NotAForm,
    OperationRequest,
    OperationStarted,
    StatusQuery,
    TaskState,
    Uploaded,
)
from csvapi.api.contract import Blueprint, signed_in
from csvapi.api.downloads import CONVERTED, send, sends
from csvapi.api.rates import polls, unfinished
from csvapi.api.raw_json import ready
from csvapi.errors import InvalidInput, NotCsv, NotFound
from csvapi.extensions import runtime
from csvapi.models import File, Status
from csvapi.services import files, following, links, tasks

blp = Blueprint("csv", __name__, url_prefix="/api", description="Upload a CSV file, start an operation, get the result")

HOLD = 0.1  # seconds for which a poll may wait for the task's end: clients then ask once or twice, not all the time
TASK_ID = "7f7c2a5e-3c0f-4c55-9d0e-0f7c1f2f3a4b"
LINK = "http://127.0.0.1:8000/api/download/WzIsMTc2NDAwMDAwMF0.c2lnbmF0dXJl/"


@blp.route("/upload-csv/", "upload_csv", methods=["POST"])
@signed_in
@blp.doc(
    requestBody={
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "Its name must end in .csv"}
                    },
                }
            }
        },
    }
)
@blp.response(201, Uploaded, example={"message": "File uploaded successfully", "file_id": 1})
@blp.alt_response(
    415,
    schema=NotAForm,
    description="Not a form",
    example={"detail": 'Unsupported media type "application/json" in request.'},
)
@blp.refuses(400, 401, 413, 429, 503)
def upload_csv() -> Any:
    """Upload a CSV file.

    Send it as the part `file` of a multipart form. It is stored once, as it is; encoding, delimiter and header are
    detected from its head. Spreadsheets, archives and other binary content are refused.
    """
    if request.mimetype not in ("", *FORMS):
        detail = f'Unsupported media type "{request.mimetype}" in request. Send a multipart form with the part `file`.'
        return jsonify({"detail": detail}), 415
    with files.begin(g.user.id, request.content_length) as upload:
        name = request.receive_upload(upload)  # type: ignore[attr-defined]  # csvapi.api.body.Request
        if name is None:
            raise InvalidInput("No file provided", pointer="/file")
        try:
            file = files.receive(g.user.id, name, upload)
        except NotCsv as error:
            raise NotCsv(f"{files.ONLY_CSV} {error.detail}", pointer="/file") from error
    return {"message": "File uploaded successfully", "file_id": file.id}


@blp.route("/perform-operation/", "perform_operation", methods=["POST"])
@signed_in
@blp.arguments(
    OperationRequest,
    example={"file_id": 1, "operation": "filter", "filters": [{"column": "age", "operator": ">=", "value": 18}]},
)
@blp.response(201, OperationStarted, example={"message": "Operation started", "task_id": TASK_ID})
@blp.refuses(400, 401, 413, 415, 429, 503)
def perform_operation(body: dict[str, Any]) -> dict[str, Any]:
    """Start dedup, unique or filter on a file; answers at once with the id of the task.

    Column names are checked now, against the file's header; the work is done in the background.
    """
    try:
        task = tasks.submit(g.user.id, body["file_id"], [_step(body)])
    except NotFound as error:
        raise InvalidInput(error.detail, pointer=error.pointer) from error
    return {"message": "Operation started", "task_id": task.id}


def _step(body: dict[str, Any]) -> dict[str, Any]:
    """The classic body as one step of a pipeline."""
    operation = body["operation"]
    if operation == "unique":
        if not body.get("column"):
            raise InvalidInput(
                "column is required for unique: the column whose distinct values are kept", pointer="/column"
            )
        return {"op": "unique", "column": body["column"]}
    if operation == "filter":
        if not body.get("filters"):
            raise InvalidInput(
                "filters is required for filter: a list of {column, operator, value}", pointer="/filters"
            )
        return {"op": "filter", "filters": body["filters"]}
    return {"op": "dedup"}


@blp.route("/task-status/", "get_task_status", methods=["GET"])
@signed_in
@blp.arguments(StatusQuery, location="query")
@blp.response(
    200,
    TaskState,
    example={
        "task_id": TASK_ID,
        "status": "SUCCESS",
        "result": {"file_link": LINK, "data": [{"id": "007", "name": "Ada", "joined": ""}]},
    },
)
@blp.refuses(400, 401, 404, 413, 429, 503)
@polls
def task_status(query: dict[str, Any]) -> Any:
    """Show how a task is going and, once it has succeeded, its first records and a link to the whole result.

    Only the first `n` records of the result are read, whatever its size. The answer about an unfinished task comes
    after a tenth of a second, or as soon as the task has ended.
    """
    task, result = following.polled(g.user.id, query["task_id"], HOLD)
    unfinished(task)
    answer: dict[str, Any] = {"task_id": task.id, "status": STATUSES[Status(task.status)]}
    match task.status:
        case Status.RUNNING:
            answer["progress"] = tasks.current_progress(task)
        case Status.SUCCEEDED:
            return _shown(answer, result, query["n"])
        case Status.FAILED:
            answer["error"] = task.error_detail
    return answer


def _shown(answer: dict[str, Any], file: File | None, limit: int) -> Response:
    """The answer for a succeeded task, with its first records."""
    if file is None:  # the result was deleted before the task
        return jsonify(**answer, result={"file_link": None, "data": []})
    records = tasks.preview(file, limit)
    link = json.dumps(_absolute(url_for("csv.download", token=links.sign(file.id, file.storage_key))))
    return ready("result", b'{"file_link":%s,"data":%s}' % (link.encode(), records), answer)


def _absolute(path: str) -> str:
    return (runtime().settings.public_url or request.host_url).rstrip("/") + path


@blp.route("/download/<token>/", "download_by_link", methods=["GET"])
@sends(blp, "The whole file, byte for byte", CONVERTED)
@blp.refuses(403, 410, 416, 503)
def download(token: str) -> Response:
    """Download a file by a signed link (no other authentication), whole or a range of it."""
    try:
        return send(files.by_link(links.verify(token)))
    except NotFound as error:  # deleted in this moment
        raise files.expired() from error
