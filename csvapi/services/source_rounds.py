"""What is due with sources, and doing it: folders are read, files taken in, results delivered, a few at a time.

Any number of schedulers may do this at once: each step is claimed (`source_claims`, `source_scans.claim`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from flask import Flask
from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from csvapi.errors import CsvapiError, TaskError
from csvapi.extensions import runtime, transaction
from csvapi.models import (
    FINISHED,
    Delivery,
    FileState,
    Sent,
    Source,
    SourceFile,
    Status,
    Task,
    User,
    now,
)
from csvapi.services import source_claims, source_deliveries, source_fetching, source_scans
from csvapi.services.in_threads import InThreads

EACH = 2  # folders and files of one source that are read or written at once
BATCH = 50
_STEPS = {
    FileState.WAITING: source_fetching.fetch,
    FileState.READY: source_deliveries.deliver,
    FileState.DELIVERED: source_deliveries.clear,
}
_ENDED = (FileState.DONE, FileState.FAILED, FileState.ARRIVING)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """A source whose folder is to be read, or with `file` the next step of one of its files."""

    source: int
    file: int | None = None


class Transfers(InThreads[Due]):
    """The threads of one process that read and write; a source has few of them at a time."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app, "source")
        self._most = runtime().settings.source_transfers

    def fill(self) -> int:
        """See `InThreads.fill`; notes what has ended, too."""
        pause_without_owner()
        note_ended()
        return super().fill()

    def _next(self) -> list[Due]:
        if len(self._under_way) >= self._most:
            return []
        return [*due_sources(), *due_files()]

    def _may_begin(self, item: Due) -> bool:
        of_source = Counter(each.source for each in self._under_way)[item.source]
        return of_source < EACH and len(self._under_way) < self._most

    def _do(self, item: Due) -> None:
        step(self._app, item)


def step(app: Flask, due: Due) -> None:
    """Do one step, unless somebody else does. Nothing is raised: what nobody foresaw counts as a failure of the file,
    so that it is not tried for ever."""
    file = None
    try:
        if due.file is None:
            if source := source_scans.claim(due.source):
                source_scans.scan(source)
            return
        if file := source_claims.claim(due.file):
            with transaction() as session:
                found = session.get_one(Source, file.source_id)
            _STEPS[FileState(file.state)](app, file, found)
    except source_claims.Lost:
        log.info("source_file_lost", source_file=due.file)
    except CsvapiError as error:  # a database that is away: what was claimed is due again when its lease ends
        log.warning("source_waits", source=due.source, source_file=due.file, reason=str(error))
    except Exception:
        log.exception("source_step_failed", source=due.source, source_file=due.file)
        if file:
            unforeseen = TaskError("Something that nobody foresaw; the log of the scheduler has it")
            source_claims.failed(file, unforeseen)


def due_sources() -> list[Due]:
    """The sources whose folders are to be read now."""
    due = select(Source.id).where(Source.next_at <= now(), Source.paused_at.is_(None)).order_by(Source.next_at)
    with transaction() as session:
        return [Due(source_id) for source_id in session.scalars(due.limit(BATCH))]


def due_files() -> list[Due]:
    """The files with a step to do now, the oldest first.

    Versions of one file go one after the other, so that the result of a newer one is never replaced by an older one's;
    and a source has no more tasks unfinished than one user may have running.
    """
    older = aliased(SourceFile)
    before = exists().where(
        older.source_id == SourceFile.source_id,
        older.name == SourceFile.name,
        older.id < SourceFile.id,
        older.state.not_in(_ENDED),
    )
    running = aliased(SourceFile)
    tasks = select(func.count()).where(running.source_id == SourceFile.source_id, running.state == FileState.RUNNING)
    room = or_(SourceFile.state != FileState.WAITING, tasks.scalar_subquery() < runtime().settings.max_running)
    due = (SourceFile.state.in_(_STEPS), SourceFile.next_at <= now(), Source.paused_at.is_(None), room, ~before)
    query = select(SourceFile.source_id, SourceFile.id).join(Source, Source.id == SourceFile.source_id).where(*due)
    with transaction() as session:
        return [Due(*row) for row in session.execute(query.order_by(SourceFile.id).limit(BATCH))]


def note_ended() -> None:
    """Go on with files whose task, or whose message to a webhook, has ended."""
    of_task = select(SourceFile, Task).outerjoin(Task, Task.id == SourceFile.task_id)
    ended = (SourceFile.state == FileState.RUNNING, or_(Task.id.is_(None), Task.status.in_(FINISHED)))
    with transaction() as session:
        tasks = session.execute(of_task.where(*ended).limit(BATCH)).all()
    for file, task in tasks:
        _task_ended(file, task)
    sent = select(SourceFile, Delivery, Source).outerjoin(Delivery, Delivery.id == SourceFile.delivery_id)
    sent = sent.join(Source, Source.id == SourceFile.source_id)
    over = or_(Delivery.id.is_(None), Delivery.status != Sent.PENDING)
    with transaction() as session:
        messages = session.execute(sent.where(*_sent(), over).limit(BATCH)).all()
    for file, message, source in messages:
        _message_ended(file, message, source)


def _sent() -> tuple[ColumnElement[bool], ...]:
    return (SourceFile.state == FileState.READY, SourceFile.delivery_id.is_not(None), SourceFile.next_at.is_(None))


def _task_ended(file: SourceFile, task: Task | None) -> None:
    if task is not None and task.status == Status.SUCCEEDED:
        _go_on(file, state=FileState.READY, next_at=now())
        return
    if task is None:
        error = TaskError("Its task was deleted before it had ended, or the queue did not take it")
    else:
        error = TaskError(task.error_detail or f"Its task {task.status}")
        error.code = task.error_code or error.code
    source_claims.failed(file, error, FileState.WAITING)


def _message_ended(file: SourceFile, message: Delivery | None, source: Source) -> None:
    if message is not None and message.status == Sent.DELIVERED:
        _go_on(file, **source_deliveries.after(source))
        return
    why = message.attempts[-1].get("detail", "") if message and message.attempts else "the webhook was deleted"
    _go_on(file, delivery_id=None)
    source_claims.failed(file, TaskError(f"The message to the webhook was not delivered: {why}"))


def _go_on(file: SourceFile, **values: object) -> None:
    try:
        with transaction() as session:
            source_claims.settle(session, file, **values)
    except source_claims.Lost:
        log.info("source_file_lost", source_file=file.id)  # another scheduler has noted it


def pause_without_owner() -> None:
    """Pause the sources whose owner is gone or not active any more, and say why."""
    mine = exists().where(User.id == Source.user_id, User.is_active, User.deletion_at.is_(None))
    known = exists().where(User.id == Source.user_id, User.deletion_at.is_(None))
    lost = select(Source.id, known).where(Source.paused_at.is_(None), ~mine)
    with transaction() as session:
        found = session.execute(lost).all()
    for source_id, is_known in found:
        reason = f"The account of its owner {'is not active' if is_known else 'was deleted'}"
        with transaction() as session:
            still = update(Source).where(Source.id == source_id, Source.paused_at.is_(None))
            session.execute(still.values(paused_at=now(), paused_reason=reason))
        log.warning("source_paused", source=source_id, reason=reason)


def serve(app: Flask, wait: Callable[[Transfers], None]) -> None:
    """Do what is due for ever, with a pause where nothing was."""
    transfers = Transfers(app)
    while True:
        try:
            busy = transfers.fill()
        except CsvapiError as error:
            busy = 0
            log.warning("sources_wait", reason=str(error))
        if not busy:
            wait(transfers)
