"""The job of a small task, run by the worker itself.

RQ's bookkeeping of a job takes nine trips to Redis, as long as a small task itself. Here the job of a task that
succeeds is written in one trip, after it has ended: as finished, with its times, its worker and its result, for
rq-dashboard. Only one that is still running after VISIBLE seconds is shown as started. A failure takes RQ's own way. If
the worker dies meanwhile nothing is lost: the row of the task has a lease, and the reaper queues it again.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import redis
import structlog
from rq.job_lifecycle import format_exc_info
from rq.timeouts import JobTimeoutException
from rq.utils import now

from csvapi.jobs.handlers import in_the_worker
from csvapi.queue.enqueue import KEEP
from csvapi.services.leases import NotSmall

if TYPE_CHECKING:
    from datetime import timedelta

    from rq import Queue, Worker
    from rq.job import Job

log = structlog.get_logger(__name__)
VISIBLE = 1.0  # seconds


def perform(worker: Worker, job: Job, queue: Queue) -> bool:
    """Run the job under its time limit, and write how it ended; a Redis that is down costs only the dashboard.

    Returns False, with nothing done, where the task is not small after all.
    """
    began = now()
    job.worker_name, job.started_at = worker.name, began
    shown = threading.Timer(VISIBLE, _show, (worker, job))
    shown.daemon = True
    shown.start()
    failure: Any = None
    here = in_the_worker.set(True)
    try:
        with worker.death_penalty_class(job.timeout, JobTimeoutException, job_id=job.id):
            job.perform()
    except NotSmall:
        return False
    except BaseException:  # noqa: BLE001 -- as RQ does: whatever ends a job is its failure, and the worker goes on
        failure = sys.exc_info()
    finally:
        in_the_worker.reset(here)
        shown.cancel()
        shown.join()
    job.ended_at = now()
    try:
        if failure:
            worker.handle_exception(job, *failure)
            worker.handle_job_failure(job, queue, exc_string=format_exc_info(failure))
        else:
            _finish(worker, job, job.ended_at - began)
    except redis.RedisError as error:
        log.warning("job_not_shown_as_ended", task_id=job.id, reason=str(error))
    return True


def _show(worker: Worker, job: Job) -> None:
    try:
        with worker.connection.pipeline() as pipeline:
            job.prepare_for_execution(worker.name, pipeline)
            pipeline.execute()
    except redis.RedisError as error:
        log.warning("job_not_shown_as_started", task_id=job.id, reason=str(error))


def _finish(worker: Worker, job: Job, took: timedelta) -> None:
    with worker.connection.pipeline() as pipeline:
        job._handle_success(KEEP, pipeline, worker_name=worker.name)  # noqa: SLF001 -- RQ has no public way that takes fewer trips
        job.cleanup(KEEP, pipeline=pipeline, remove_from_queue=False)
        worker.increment_successful_job_count(pipeline=pipeline)
        worker.increment_total_working_time(took, pipeline)
        pipeline.execute()
