"""rq-dashboard at /rq/: administrators see the queue, workers and jobs, and change nothing there.

The task row is the truth: a job that is deleted or re-queued by other means changes nothing, or is queued again. Tasks
are cancelled and retried in /admin/tasks/, by the id of the task, which is the id of the job.
"""

from __future__ import annotations

import re

import redis
import rq_dashboard
from flask import Flask, abort, request, url_for
from rq.exceptions import DeserializationError, NoSuchJobError
from rq_dashboard import web as dashboard
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from csvapi.api.errors import handle_http
from csvapi.queue.enqueue import QUEUES, serializer
from csvapi.web.admin import pages
from csvapi.web.rq.templates import compiled

_PARTS = {
    "instance_number": re.compile("0"),
    "queue_name": re.compile("|".join(QUEUES)),
    "registry_name": re.compile("queued|started|finished|failed|deferred|scheduled|canceled"),
    "per_page": re.compile("[1-9][0-9]{0,2}"),
    "order": re.compile("asc|dsc"),
    "page": re.compile("[1-9][0-9]{0,8}"),
    "job_id": re.compile("[0-9A-Za-z_-]{1,100}"),
}
_CHANGES_BY_GET = "rq_dashboard.requeue_all"


def _guard() -> Response | None:
    """Allow only administrators, only reading, and only existing queues."""
    if (request.endpoint or "").endswith(".static"):
        return None
    if not pages.allowed():
        return pages.to_login()
    if request.method not in {"GET", "HEAD"} or request.endpoint == _CHANGES_BY_GET:
        abort(403, "The queue is shown only; cancel, retry and delete tasks in /admin/tasks/")
    if not all(_known(name, str(value)) for name, value in (request.view_args or {}).items()):
        abort(404)
    return None


def _known(name: str, value: str) -> bool:
    """Whether a part of the path can name something; the library passes all of them to Redis as they are."""
    return name not in _PARTS or value == "None" or _PARTS[name].fullmatch(value) is not None


def _gone(_error: Exception) -> Response:
    """The job no longer exists."""
    return handle_http(NotFound("There is no such job in the queue"))


# The library's own hook opens a new connection for every request and leaves the last one to whoever comes next.
rq_dashboard.blueprint.before_request_funcs[None] = [_guard]
rq_dashboard.blueprint.after_request_funcs[None] = [compiled]
dashboard.config.serializer = serializer
for gone in (NoSuchJobError, DeserializationError, KeyError):
    rq_dashboard.blueprint.register_error_handler(gone, _gone)


def register(app: Flask, connection: redis.Redis) -> None:
    """Add RQ's dashboard, below `/rq`, for administrators and without the buttons that delete jobs."""
    app.redis_conn = connection  # type: ignore[attr-defined]  # where the library looks for it
    app.config.update(RQ_DASHBOARD_REDIS_URL=("queue",), RQ_DASHBOARD_DISABLE_DELETE=True)
    app.register_blueprint(rq_dashboard.blueprint, url_prefix="/rq")
    app.context_processor(lambda: {"csp_nonce": pages.nonce, "tasks_url": lambda: url_for("admin_tasks.index_view")})
    pages.secure(app, {rq_dashboard.blueprint.name})
