"""Running a task in a worker: claim it, run its steps, commit its result exactly once."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import redis
import structlog
from sqlalchemy.orm import Session

from csvapi import engines, logs, tracing
from csvapi.csvio import Dialect
from csvapi.csvio.disk import Limits
from csvapi.engines.receipt import Receipt
from csvapi.errors import Cancelled, CsvapiError, DatabaseDown, OutOfMemory, TaskError, WorkerLost
from csvapi.extensions import runtime
from csvapi.models import CSV, File, Status, Task, now
from csvapi.operations import Step, load_steps
from csvapi.process import memory, memory_kills
from csvapi.queue import counters, progress
from csvapi.services import (
    cluster_runs,
    engine_choice,
    figures,
    files,
    leases,
    quotas,
    redetection,
    row_indices,
    task_input,
    worker_shares,
)
from csvapi.services.attempt_files import check_room, part_of, temporary_files
from csvapi.services.dispatch import dispatch
from csvapi.services.explaining import Aside, Part, add
from csvapi.services.leases import Claim
from csvapi.services.readings import name_of_csv, of_receipt
from csvapi.services.run_options import options_of
from csvapi.services.step_files import others
from csvapi.services.task_reporter import Reporter

log = structlog.get_logger(__name__)


def run(
    task_id: str, owner: str, stopped_by: tuple[type[Exception], TaskError], *, if_small: bool = False
) -> Status | None:
    """Run a queued task to its end; a task that is not queued (delivered twice, cancelled) is left alone.

    Returns how it ended, or None if it did not end here. `owner` names the worker; `stopped_by` maps the exception by
    which the queue stops a job that runs too long to the error that it means. In every case the row has the outcome:
    succeeded with result and receipt, failed with a code and a reason, or queued again after a failure that the task
    did not cause (the database down, a process killed). Raises NotSmall for another task if only a small one is to be
    run.
    """
    try:
        claim = leases.claim(task_id, owner, if_small=if_small)
    except DatabaseDown as error:
        log.warning("task_not_claimed", task_id=task_id, reason=str(error))  # the reaper puts it on the queue again
        return None
    if claim is None:
        log.info("nothing_to_do", task_id=task_id, reason="the task is not queued, or not its user's turn")
        return None
    task = claim.task
    with logs.of_task(task.id, task.request_id):
        tracing.note(operation=task.operation, attempt=task.attempt, request_id=task.request_id, worker=owner)
        log.info("task_started", operation=task.operation, attempt=task.attempt, worker=owner)
        progress.notify(runtime().redis, task.id, ended=False)
        began = time.monotonic()
        status, done = _run(claim, stopped_by)
        seconds = time.monotonic() - began
        log.info("task_ended", status=status, seconds=round(seconds, 3))
        _tell(task, figures.of_ended(task, status, seconds) | done.figures if status else done.figures)
        if done.others_wait:
            dispatch(task.user_id)
        return status


@dataclass(slots=True)
class _Done:
    """What is to be told of a task that ended: counts, and whether another of its user may wait for its turn."""

    figures: dict[counters.Name, float] = field(default_factory=dict)
    others_wait: bool = True


def _tell(task: Task, counted: dict[counters.Name, float]) -> None:
    """In one trip: what the task adds to the counters, that its user is active, and that it has ended."""
    try:
        with runtime().redis.pipeline(transaction=False) as trip:
            counters.put(trip, counted)
            worker_shares.put(trip, task.user_id)
            progress.put_notice(trip, task.id)
            trip.execute()
    except redis.RedisError:
        return


def _run(claim: Claim, stopped_by: tuple[type[Exception], TaskError]) -> tuple[Status | None, _Done]:
    killed, settings, task, done = memory_kills.oom_kills(), runtime().settings, claim.task, _Done()
    try:
        _execute(claim, done)
    except Exception as error:  # noqa: BLE001 -- every failure ends in the row; the unknown ones in the log, too
        if isinstance(error, stopped_by[0]):
            error = stopped_by[1]
        elif isinstance(error, WorkerLost) and memory_kills.oom_kills() > killed:
            error = OutOfMemory(memory_kills.KILLED)
        status = _fail(task, error)
        if status and settings.cluster:
            cluster_runs.clear(task.id, task.attempt, failed=True)
        return status, done
    return Status.SUCCEEDED, done


def _execute(claim: Claim, done: _Done) -> None:
    task, file = claim.task, claim.file
    if task.file_id is None:
        raise TaskError("The input file has been deleted")
    if file is None:
        raise files.not_found()
    steps = load_steps(task.steps)
    choice = engine_choice.choose(task.options, file, steps)
    if choice.cluster:
        task_input.check_stored(file)
    because = cluster_runs.lacking(file) if choice.cluster else choice.because
    if choice.cluster and not because:
        _run_on_cluster(task, file, steps, done)
    else:
        limits = quotas.limits(task.user_id, claim.stored)
        _run_here(task, file, steps, limits, because, done)


def _run_on_cluster(task: Task, file: File, steps: list[Step], done: _Done) -> None:
    settings = runtime().settings
    reporter = Reporter(task, settings.cluster_task_time)
    options = options_of(task, file.name, steps, quotas.limits(task.user_id, on_cluster=True))
    receipt, key, parts = cluster_runs.run(task, file, options, reporter, reporter.heartbeat)
    receipt.warnings[:0] = redetection.warnings_of_run(file, steps)
    receipt.original = of_receipt(file)
    _commit(task, file, receipt, key, parts, done, on_cluster=True)
    cluster_runs.clear(task.id, task.attempt)


def _run_here(task: Task, file: File, steps: list[Step], limits: Limits, because: str, done: _Done) -> None:
    """Run the steps on this machine; `because` says why not on the cluster, where the task would have run there."""
    settings = runtime().settings
    files.check_fetched(file, because)
    with temporary_files(task) as (temp, workspace), ExitStack() as held:
        reporter, aside = Reporter(task, settings.task_time), Aside(task, temp)
        source = held.enter_context(task_input.reading(file))
        more = held.enter_context(others(task.user_id, steps, find=files.of_task))
        warnings = redetection.warnings_of_run(file, steps)
        check_room(file.size)
        index = part_of(temp, "rows")
        receipt = engines.run(
            source,
            Dialect.from_json(file.dialect),
            task.steps,
            temp,
            options=options_of(task, file.name, steps, limits),
            workspace=workspace,
            progress=reporter,
            input_sha256=file.sha256,
            files=more,
            dropped=aside.dropped if aside.wanted else None,
            explain=aside.reasons_of_engine if aside.wanted else None,
            rows=index,
        )
        receipt.warnings[:0] = warnings
        receipt.original = of_receipt(file)
        if because:
            receipt.run["not_on_the_cluster"] = because
        with aside.kept(file, source, reporter.heartbeat) as parts, row_indices.kept(index) as rows:
            _commit(task, file, receipt, runtime().storage.adopt(temp), parts, done, rows)


def _commit(
    task: Task,
    file: File,
    receipt: Receipt,
    key: str,
    parts: list[Part],
    done: _Done,
    index: dict[str, Any] | None = None,
    *,
    on_cluster: bool = False,
) -> None:
    """Add the row of the result, a new object, and finish the task in one transaction."""
    if file.object_url:
        receipt.run["object"] = {"url": file.object_url, "etag": file.object_etag}
    stored = receipt.stored()

    def add_result(session: Session) -> dict[str, Any]:
        size = stored["output"]["bytes"] + sum(part.size for part in parts) + (index or {}).get("index_size", 0)
        _, done.others_wait = quotas.room_and_waiting(
            session, task.user_id, size, 1 + len(parts), on_cluster=on_cluster
        )
        result = _row(task, file, key, stored["output"], on_cluster=on_cluster, **(index or {}))
        session.add(result)
        session.flush()
        beside = add(session, result, name_of_csv(file), parts)
        return {"result_file_id": result.id, "expires_at": result.expires_at, **beside}

    with files.durable(key):
        leases.finish(task, Status.SUCCEEDED, also=add_result, receipt=stored)
    done.figures = figures.of_work(task, stored)


def _row(task: Task, file: File, key: str, output: dict[str, Any], **more: Any) -> File:
    """The row of the result."""
    operation = task.steps[0]["op"] if len(task.steps) == 1 else "result"
    return File(
        user_id=task.user_id,
        name=f"{Path(name_of_csv(file)).stem[:150]}-{operation}{output.get('suffix', '.csv')}",
        kind="result",
        media_type=output.get("media_type", CSV),
        size=output["bytes"],
        sha256=output["sha256"],
        dialect=output.get("dialect", file.dialect),
        columns=output.get("columns", file.columns),
        storage_key=key,
        expires_at=now() + timedelta(seconds=runtime().settings.retention),
        **more,
    )


def _fail(task: Task, error: Exception) -> Status | None:
    """Record why the task ended, and return that; None if it goes on or was taken from this worker."""
    cause = _cause(error)
    if isinstance(cause, DatabaseDown | WorkerLost | OutOfMemory) and "limit" not in cause.context:
        leases.retry_while_database_is_down(lambda: leases.give_up(task, cause))
        return None
    status = Status.CANCELLED if isinstance(cause, Cancelled) else Status.FAILED
    try:
        leases.finish(task, status, error_code=cause.code, error_detail=cause.sentence)
    except Cancelled:
        log.warning("task_taken", reason="it was taken from this worker")
        return None
    return status


def _cause(error: Exception) -> CsvapiError:
    """The error as one of the error tree; an unexpected one is logged with its traceback."""
    if isinstance(error, CsvapiError):
        return error
    if memory.is_want_of_memory(error):
        return memory.passed()
    log.error("task_failed", exc_info=error)
    return CsvapiError(f"Internal error ({type(error).__name__}); the log of the worker tells more")
