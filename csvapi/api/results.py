"""What a task leaves: its result, the records it dropped and why, its receipt."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, g, request
from werkzeug.exceptions import NotAcceptable

from csvapi.api import receipt_shape
from csvapi.api.contract import signed_in
from csvapi.api.downloads import CONVERTED, downloaded, send, sends
from csvapi.api.file_rows import ROWS, RowPaging, comes_later, rows_of
from csvapi.api.resource import LINK, Resource
from csvapi.api.schemas import RowPage
from csvapi.models import CSV
from csvapi.services import explaining, files, pipelines

blp = Resource("v1-results", __name__, url_prefix="/api/v1/tasks/<string:task_id>", description="What tasks leave")
NDJSON = "application/x-ndjson"


@blp.route("/result", "download_result", methods=["GET"])
@signed_in
@sends(blp, "The whole result", CONVERTED)
@blp.refuses(401, 404, 409, 410, 416, 503)
def result(task_id: str) -> Response:
    """Download the result, whole or a range of it."""
    return send(pipelines.result(g.user.id, task_id))


@blp.route("/result/rows", "list_result_rows", methods=["GET"])
@signed_in
@blp.arguments(RowPaging, location="query")
@blp.response(200, RowPage, example=ROWS, headers=LINK)
@comes_later
@blp.refuses(401, 404, 409, 410, 413, 422, 429, 503)
def result_rows(query: dict[str, Any], task_id: str) -> Any:
    """Show the result's records as text; a page costs what it shows, wherever its cursor or `from_row` is.

    It may be 202, as that of any file: ask again after `Retry-After` seconds.
    """
    return rows_of(pipelines.result(g.user.id, task_id), query)


@blp.route("/dropped", "download_dropped", methods=["GET"])
@signed_in
@sends(blp, "The dropped records, or why each went", f"`Accept` decides: `text/csv` or `{NDJSON}`")
@blp.refuses(401, 404, 406, 409, 410, 416, 503)
def dropped(task_id: str) -> Response:
    """Download what the task dropped: as `text/csv` the records byte for byte, as `application/x-ndjson` the reasons.

    Together with the result these are exactly the input's records, where all steps select. A reason names row, line and
    byte of the record in the input, the step (from 1; 0 for `on_ragged`), and of a duplicate the row that was kept:
    `{"row":2,"line":3,"byte":16,"step":1,"operation":"dedup","reason":"repeats an earlier record","kept_row":1}`.
    """
    accepted = request.accept_mimetypes
    match accepted.best_match([CSV, NDJSON]) if accepted.provided else CSV:
        case "text/csv":
            return send(pipelines.dropped(g.user.id, task_id))
        case "application/x-ndjson":
            reasons = files.opened(pipelines.reasons(g.user.id, task_id))
            lines = (json.dumps(each, ensure_ascii=False) + "\n" for each in explaining.as_json(reasons))
            response = Response(lines, mimetype=NDJSON)
            downloaded(f"task:{task_id}/reasons", response)
            return response
    raise NotAcceptable(f"Accept {CSV} or {NDJSON}")


@blp.route("/receipt", "get_receipt", methods=["GET"])
@signed_in
@blp.response(200, receipt_shape.TaskReceipt, example=receipt_shape.EXAMPLE)
@blp.refuses(401, 404, 409, 503)
def receipt(task_id: str) -> Any:
    """Show what was done: hashes of input and output, steps, engine, dialect, counts of each step.

    `receipt` is the same wherever it was done: the same input with the same steps, options and engine gives the same
    bytes. `run` says how it was done (where, how long, which parser read how many bytes); a task that an older version
    ran may have nothing in it.
    """
    return pipelines.receipt(g.user.id, task_id)
