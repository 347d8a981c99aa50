"""What a worker runs: the job named by its task's id."""

from __future__ import annotations

import os
import socket
from contextvars import ContextVar

from rq import get_current_job
from rq.timeouts import JobTimeoutException

from csvapi import tracing
from csvapi.errors import TaskError, TimedOut
from csvapi.models import Status
from csvapi.services import administration, execution, row_indices
from csvapi.services.leases import NotSmall

in_the_worker: ContextVar[bool] = ContextVar("in_the_worker", default=False)
"""Whether the job is run by the worker itself, which does so with small tasks alone."""


def run(task_id: str) -> None:
    """Execute the task (see `services.execution.run`); RQ's own time limit becomes TimedOut.

    Raises TaskError if the task failed, for the dashboard to show; the row already has the outcome. Raises NotSmall for
    another than a small one in the worker itself.
    """
    job = get_current_job()
    owner = (job and job.worker_name) or f"{socket.gethostname()}:{os.getpid()}"
    with tracing.of_task(job.meta if job else None, task_id):
        too_long = TimedOut("The task ran longer than it may")
        status = execution.run(task_id, owner, stopped_by=(JobTimeoutException, too_long), if_small=in_the_worker.get())
        if status == Status.FAILED and (reason := administration.failure(task_id)):
            raise TaskError(reason)


def index_rows(file_id: int, user_id: int, name: str) -> None:
    """Make the index of a file's rows (see `services.row_indices.make`).

    Raises NotSmall in the worker itself: a pass over a large file has a process of its own.
    """
    if in_the_worker.get():
        raise NotSmall
    row_indices.make(file_id, user_id, name)
