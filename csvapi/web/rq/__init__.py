"""rq-dashboard at /rq/: administrators look at queue, workers and jobs; they do not change them there.

The task row is the truth: a job that is deleted or put back behind its task's back changes nothing, or is put on the
queue again. What is to be cancelled or tried again is so in /admin/tasks/, by the task's id, which is the job's.
"""

from __future__ import annotations

import redis
import rq_dashboard
from flask import Flask, abort, request, url_for
from rq_dashboard import web as dashboard
from werkzeug.wrappers import Response

from csvapi.jobs.queue import serializer
from csvapi.web.admin import pages
from csvapi.web.rq.templates import compiled

_CHANGES_BY_GET = "rq_dashboard.requeue_all"


def _guard() -> Response | None:
    """Administrators only, looking only, at the one queue there is."""
    if (request.endpoint or "").endswith(".static"):
        return None
    if not pages.allowed():
        return pages.to_login()
    if request.method not in {"GET", "HEAD"} or request.endpoint == _CHANGES_BY_GET:
        abort(403, "The queue is shown only; cancel, retry and delete tasks in /admin/tasks/")
    if (request.view_args or {}).get("instance_number", 0) != 0:
        abort(404)
    return None


# The library's own hook opens a new connection for every request and leaves the last one to whoever comes next.
rq_dashboard.blueprint.before_request_funcs[None] = [_guard]
rq_dashboard.blueprint.after_request_funcs[None] = [compiled]
dashboard.config.serializer = serializer


def register(app: Flask, connection: redis.Redis) -> None:
    app.redis_conn = connection  # type: ignore[attr-defined]  # where the library looks for it
    app.config.update(RQ_DASHBOARD_REDIS_URL=("queue",), RQ_DASHBOARD_DISABLE_DELETE=True)
    app.register_blueprint(rq_dashboard.blueprint, url_prefix="/rq")
    app.context_processor(lambda: {"csp_nonce": pages.nonce, "tasks_url": lambda: url_for("admin_tasks.index_view")})
    pages.secure(app, {rq_dashboard.blueprint.name})
