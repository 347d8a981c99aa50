"""Running a task in a worker: claim it, run its steps, commit its result exactly once."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.orm import Session

from csvapi import engines, logs, tracing
from csvapi.csvio import Dialect
from csvapi.engines.receipt import Receipt
from csvapi.errors import (
    Cancelled,
    CsvapiError,
    DatabaseDown,
    OutOfMemory,
    TaskError,
    WorkerLost,
)
from csvapi.extensions import runtime
from csvapi.models import CSV, File, Status, Task, now
from csvapi.operations import Step, load_steps
from csvapi.process import memory, memory_kills
from csvapi.queue import progress
from csvapi.services import (
    cluster_runs,
    engine_choice,
    figures,
    files,
    leases,
    quotas,
    redetection,
    row_indices,
    worker_shares,
)
from csvapi.services.attempt_files import check_room, temporary_files
from csvapi.services.dispatch import dispatch
from csvapi.services.explaining import Aside, Part, add
from csvapi.services.readings import name_of_csv, of_receipt
from csvapi.services.run_options import options_of
from csvapi.services.step_files import others
from csvapi.services.task_reporter import Reporter

log = structlog.get_logger(__name__)


def run(task_id: str, owner: str, stopped_by: tuple[type[Exception], TaskError]) -> Status | None:
    """Run a queued task to its end; a task that is not queued (delivered twice, cancelled) is left alone.

    Returns how it ended, or None if it did not end here. `owner` names the worker; `stopped_by` maps the exception by
    which the queue stops a job that runs too long to the error that it means. In every case the row has the outcome:
    succeeded with result and receipt, failed with a code and a reason, or queued again after a failure that the task
    did not cause (the database down, a process killed).
    """
    try:
        task = leases.claim(task_id, owner)
    except DatabaseDown as error:
        log.warning("task_not_claimed", task_id=task_id, reason=str(error))  # the reaper puts it on the queue again
        return None
    if task is None:
        log.info("nothing_to_do", task_id=task_id, reason="the task is not queued, or not its user's turn")
        return None
    with logs.of_task(task.id, task.request_id):
        tracing.note(operation=task.operation, attempt=task.attempt, request_id=task.request_id, worker=owner)
        log.info("task_started", operation=task.operation, attempt=task.attempt, worker=owner)
        progress.notify(runtime().redis, task.id, ended=False)
        status = _run(task, stopped_by)
        progress.notify(runtime().redis, task.id)
        dispatch(task.user_id)
        return status


def is_small(task_id: str) -> bool:
    """Whether the task reads so little that forking a process would cost more than the work itself.

    Always False with a storage that does not survive a fork: the worker must be able to fork for the next task.
    """
    return runtime().storage.survives_fork and bool(worker_shares.small_ones([task_id]))


def _run(task: Task, stopped_by: tuple[type[Exception], TaskError]) -> Status | None:
    began, killed, settings = time.monotonic(), memory_kills.oom_kills(), runtime().settings
    status: Status | None = Status.SUCCEEDED
    try:
        _execute(task)
    except Exception as error:  # noqa: BLE001 -- every failure ends in the row; the unknown ones in the log, too
        if isinstance(error, stopped_by[0]):
            error = stopped_by[1]
        elif isinstance(error, WorkerLost) and memory_kills.oom_kills() > killed:
            error = OutOfMemory(memory_kills.KILLED)
        status = _fail(task, error)
        if status and settings.cluster:
            cluster_runs.clear(task.id, task.attempt, failed=True)
    seconds = time.monotonic() - began
    log.info("task_ended", status=status, seconds=round(seconds, 3))
    if status:
        figures.count_ended(task, status, seconds)
    return status


def _execute(task: Task) -> None:
    if task.file_id is None:
        raise TaskError("The input file has been deleted")
    file = files.of_task(task.user_id, task.file_id)
    files.check_stored(file)
    steps = load_steps(task.steps)
    choice = engine_choice.choose(task.options, file, steps)
    because = cluster_runs.lacking(file) if choice.cluster else choice.because
    if choice.cluster and not because:
        _run_on_cluster(task, file, steps)
    else:
        _run_here(task, file, steps, because)


def _run_on_cluster(task: Task, file: File, steps: list[Step]) -> None:
    settings = runtime().settings
    reporter = Reporter(task, settings.cluster_task_time)
    options = options_of(task, file.name, steps, on_cluster=True)
    receipt, key, parts = cluster_runs.run(task, file, options, reporter, reporter.heartbeat)
    receipt.warnings[:0] = redetection.warnings_of_run(file, steps)
    receipt.original = of_receipt(file)
    _commit(task, file, receipt, key, parts, on_cluster=True)
    cluster_runs.clear(task.id, task.attempt)


def _run_here(task: Task, file: File, steps: list[Step], because: str) -> None:
    """Run the steps on this machine; `because` says why not on the cluster, where the task would have run there."""
    settings = runtime().settings
    files.check_fetched(file, because)
    with temporary_files(task) as (temp, workspace), ExitStack() as held:
        reporter, aside = Reporter(task, settings.task_time), Aside(task, temp)
        source = held.enter_context(files.reading(file))
        more = held.enter_context(others(task.user_id, steps, find=files.of_task))
        warnings = redetection.warnings_of_run(file, steps)
        check_room(file.size)
        index = temp.with_name(f"{temp.name}-rows")
        receipt = engines.run(
            source,
            Dialect.from_json(file.dialect),
            task.steps,
            temp,
            options=options_of(task, file.name, steps),
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
            _commit(task, file, receipt, runtime().storage.adopt(temp), parts, rows)


def _commit(
    task: Task,
    file: File,
    receipt: Receipt,
    key: str,
    parts: list[Part],
    index: dict[str, Any] | None = None,
    *,
    on_cluster: bool = False,
) -> None:
    """Add the row of the result, a new object, and finish the task in one transaction."""
    if file.object_url:
        receipt.run["object"] = {"url": file.object_url, "etag": file.object_etag}
    done = receipt.stored()
    operation = task.steps[0]["op"] if len(task.steps) == 1 else "result"

    def add_result(session: Session) -> dict[str, Any]:
        size = done["output"]["bytes"] + sum(part.size for part in parts) + (index or {}).get("index_size", 0)
        quotas.room(session, task.user_id, size, more=1 + len(parts), on_cluster=on_cluster)
        result = File(
            user_id=task.user_id,
            name=f"{Path(name_of_csv(file)).stem[:150]}-{operation}{done['output'].get('suffix', '.csv')}",
            kind="result",
            media_type=done["output"].get("media_type", CSV),
            size=done["output"]["bytes"],
            sha256=done["output"]["sha256"],
            dialect=done["output"].get("dialect", file.dialect),
            columns=done["output"].get("columns", file.columns),
            storage_key=key,
            on_cluster=on_cluster,
            **(index or {}),
            expires_at=now() + timedelta(seconds=runtime().settings.retention),
        )
        session.add(result)
        session.flush()
        beside = add(session, result, name_of_csv(file), parts)
        return {"result_file_id": result.id, "expires_at": result.expires_at, **beside}

    with files.durable(key):
        leases.finish(task, Status.SUCCEEDED, also=add_result, receipt=done)
    figures.count_work(task, done)


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
