"""The audit log: adding entries, reading them, deleting old ones. No code ever changes an entry.

Entries that must not be lost (logins, whatever administrators do, keys, deletions) are written in the transaction of
the action or at once in one of their own. Downloads may be many, so they are written in batches, every second and at
the end of the process; a process that is killed may lose one second of them.
"""

from __future__ import annotations

import atexit
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask, current_app
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from csvapi import logs
from csvapi.errors import CsvapiError
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import Action, AuditEntry, now

MOST = 10_000  # lines that wait; beyond that the oldest are lost, and the log of the process says how many
EVERY = 1.0  # seconds
TARGET = 100  # characters of a target that are kept
_WRITTEN = 500  # lines in one statement
_DELETED = 1000
_NAME = "csvapi audit"  # of the batch among the application's extensions

log = structlog.get_logger(__name__)


def add(session: Session, action: Action, user_id: int | None, target: str | None = None, **detail: Any) -> None:
    """Add an entry to a transaction: it is written if the transaction commits."""
    session.add(AuditEntry(**_line(action, user_id, target, detail)))


def record(action: Action, user_id: int | None, target: str | None = None, **detail: Any) -> None:
    """Write an entry at once, in a transaction of its own. Raises DatabaseDown."""
    with transaction() as session:
        add(session, action, user_id, target, **detail)


@contextmanager
def acting(by: int, action: Action, target: str) -> Iterator[None]:
    """Write down what an administrator is about to do, then run the block; a second entry says if it was refused."""
    record(action, by, target)
    try:
        yield
    except CsvapiError as error:
        record(Action.ADMIN_REFUSED, by, target, refused=str(action), code=error.code)
        raise


def later(action: Action, user_id: int | None, target: str | None = None, **detail: Any) -> None:
    """Write an entry with the next batch, within a second."""
    pending().put(_line(action, user_id, target, detail))


def _line(action: Action, user_id: int | None, target: str | None, detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": now(),
        "action": str(action),
        "user_id": user_id,
        "target": target[:TARGET] if target else None,
        "detail": detail or None,
        "request_id": logs.request_id(),
    }


class Pending:
    """The entries of one process that wait to be written, and the thread that writes them.

    Entries that differ only in their time become one entry with a count (`times`), such as a file that is downloaded in
    a thousand ranges within a second.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lines: dict[str, dict[str, Any]] = {}  # by what they say
        self._lost = 0
        self._changing, self._writing = threading.Lock(), threading.Lock()
        self._process = 0  # whose thread runs: a fork has none of its own at first

    def put(self, line: dict[str, Any]) -> None:
        """Take an entry, which is written soon by the thread; never waits for the database, and keeps at most MOST."""
        same = json.dumps([line["action"], line["user_id"], line["target"], line["detail"]])
        with self._changing:
            self._add(same, line)
            self._bound()
            if self._process != os.getpid():
                self._process = os.getpid()
                threading.Thread(target=self._run, name=_NAME, daemon=True).start()
                atexit.register(self.flush)

    def _add(self, same: str, line: dict[str, Any]) -> None:
        """Add an entry or count it to an equal one, which keeps its time."""
        known = self._lines.setdefault(same, line)
        if known is not line:
            times = sum((each["detail"] or {}).get("times", 1) for each in (known, line))
            known["detail"] = {**(known["detail"] or {}), "times": times}

    def _bound(self) -> None:
        while len(self._lines) > MOST:
            del self._lines[next(iter(self._lines))]
            self._lost += 1

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(EVERY):
            self.flush()

    def flush(self) -> None:
        """Write the waiting entries; those that cannot be written now wait for the next flush."""
        with self._writing:
            with self._changing:
                waiting, self._lines = self._lines, {}
            try:
                lines = list(waiting.values())
                for start in range(0, len(lines), _WRITTEN):
                    with self._app.app_context(), transaction() as session:
                        session.execute(insert(AuditEntry), lines[start : start + _WRITTEN])
                    for same in list(waiting)[:_WRITTEN]:
                        del waiting[same]
            except (CsvapiError, SQLAlchemyError) as error:
                self._keep(waiting, error)

    def _keep(self, waiting: dict[str, dict[str, Any]], error: Exception) -> None:
        with self._changing:
            newer, self._lines = self._lines, waiting
            for same, line in newer.items():
                self._add(same, line)
            self._bound()
        log.warning("audit_waits", lines=len(self._lines), lost=self._lost, reason=str(error)[:500])


def pending() -> Pending:
    """The running application's batch."""
    found: Pending = current_app.extensions.setdefault(_NAME, Pending(current_app._get_current_object()))  # type: ignore[attr-defined]  # noqa: SLF001 -- the thread needs the application itself
    return found


def forget_expired() -> int:
    """Delete entries older than CSVAPI_AUDIT_RETENTION, in batches; returns how many there were."""
    before = now() - timedelta(seconds=runtime().settings.audit_retention)
    total = 0
    while True:
        old = select(AuditEntry.id).where(AuditEntry.at < before).order_by(AuditEntry.at).limit(_DELETED)
        with transaction() as session:
            ids = session.scalars(old).all()
            total += (gone := changed(session.execute(delete(AuditEntry).where(AuditEntry.id.in_(ids)))))
        if gone < _DELETED:
            return total
