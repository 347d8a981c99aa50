"""Who works at a file of a source: claims that end by themselves, fenced by a count, so that each step is done once.

`next_at` is both when a step is due and, while somebody does it, when somebody else may: a process that was killed
lets go by saying nothing more. Every change names the claim it was made under, and fails if that was lost.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Flask
from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from csvapi.errors import Conflict, CsvapiError, DatabaseDown, TooManyRequests, Unavailable
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import FileState, Source, SourceFile, now
from csvapi.queue import heartbeats

BACKOFF = (60, 300, 1800, 7200, 21600)  # seconds after each failure; the first also while a server is away
BUSY = 5  # seconds until a step is tried again for which there was no place: see `process.pool`
RENEWALS = 4  # of a claim before it would end
LOST = "The process that worked at the file ended in the middle"

log = structlog.get_logger(__name__)


class Lost(Conflict):
    """The claim ended, and another process may have the file."""


def claim(file_id: int) -> SourceFile | None:
    """Claim a file whose step is due; None if somebody else has it.

    A claim counts as an attempt, so that a file at which processes die is not tried for ever.
    """
    with transaction() as session:
        file = session.get(SourceFile, file_id)
        if file is None or file.next_at is None or file.next_at > now():
            return None
        if file.attempts >= attempts(session, file):
            _fail(session, file, "worker_lost", file.error_detail or LOST)
            return None
        values = {"claims": file.claims + 1, "attempts": file.attempts + 1, "next_at": _until()}
        values["holder"] = heartbeats.name_of_process()
        if not changed(session.execute(update(SourceFile).where(*mine(file), _due(file)).values(**values))):
            return None
    for name, value in values.items():
        setattr(file, name, value)
    return file


def mine(file: SourceFile) -> tuple[ColumnElement[bool], ...]:
    """That the file is still as this claim left it."""
    return (SourceFile.id == file.id, SourceFile.claims == file.claims, SourceFile.state == file.state)


def _due(file: SourceFile) -> ColumnElement[bool]:
    return SourceFile.next_at == file.next_at


def _until() -> datetime:
    return now() + timedelta(seconds=runtime().settings.lease)


class Holding:
    """A claim that is renewed in a thread of its own for as long as a block runs."""

    def __init__(self, app: Flask, file: SourceFile) -> None:
        self._app, self._file, self._ended = app, file, threading.Event()
        self.lost = False

    def run(self) -> None:
        """Renew the claim until the block has ended or the claim is lost; a database that is away is asked again."""
        with self._app.app_context():
            while not self._ended.wait(runtime().settings.lease / RENEWALS):
                try:
                    self.check()
                except Lost:
                    return
                except DatabaseDown as error:
                    log.warning("claim_not_renewed", source_file=self._file.id, reason=str(error))

    def check(self) -> None:
        """Renew the claim now. Raises Lost."""
        with transaction() as session:
            if not changed(session.execute(update(SourceFile).where(*mine(self._file)).values(next_at=_until()))):
                self.lost = True
        if self.lost:
            raise Lost("The file was taken over by another process")

    def end(self) -> None:
        """Renew no more."""
        self._ended.set()


@contextmanager
def held(app: Flask, file: SourceFile) -> Iterator[Holding]:
    """Hold the claim for the block."""
    holding = Holding(app, file)
    thread = threading.Thread(target=holding.run, name="source-claim", daemon=True)
    thread.start()
    try:
        yield holding
    finally:
        holding.end()
        thread.join()


def settle(session: Session, file: SourceFile, **values: Any) -> None:
    """Change the file in a transaction, if the claim still holds; a change of its state ends the claim. Raises Lost."""
    if "state" in values:
        values = {"attempts": 0, "holder": None, "error_code": None, "error_detail": None, "since": now(), **values}
    if not changed(session.execute(update(SourceFile).where(*mine(file)).values(**values))):
        raise Lost("The file was taken over by another process")


def attempts(session: Session, file: SourceFile) -> int:
    """How many attempts each step of the file may take."""
    source = session.get(Source, file.source_id)
    return int(source.options["attempts"]) if source else 0


def failed(file: SourceFile, error: CsvapiError, state: FileState | None = None) -> None:
    """Record that the step failed: it is tried again, later each time, or the file has failed.

    With `state` that is the step to try again. A server that is away, and a service that is busy, are not the file's
    fault and do not count as an attempt.
    """
    away = isinstance(error, Unavailable | TooManyRequests)
    with transaction() as session:
        most = attempts(session, file)
        tried = file.attempts - (away and file.attempts > 0)
        if tried >= most:
            _fail(session, file, error.code, error.sentence, state)
            return
        wait = BACKOFF[0 if away else min(max(file.attempts, 1), len(BACKOFF)) - 1]
        if isinstance(error, TooManyRequests):
            wait = BUSY
        values: dict[str, Any] = {"attempts": tried, "next_at": now() + timedelta(seconds=wait), "holder": None}
        values |= {"error_code": error.code, "error_detail": error.sentence, "state": state or file.state}
        session.execute(update(SourceFile).where(*mine(file)).values(**values))
    log.info("source_file_waits", source_file=file.id, reason=error.code, seconds=wait)


def _fail(session: Session, file: SourceFile, code: str, detail: str, state: FileState | None = None) -> None:
    resume = state or file.state
    values = {"state": FileState.FAILED, "resume": resume, "next_at": None, "holder": None, "since": now()}
    session.execute(
        update(SourceFile).where(*mine(file)).values(error_code=code, error_detail=detail, done_at=now(), **values)
    )
    log.warning("source_file_failed", source_file=file.id, source=file.source_id, reason=code)
