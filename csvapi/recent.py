"""What was found a moment ago, as long as nobody tells of a change; and above all who is signed in: most requests come
from somebody whom the last one has just checked.

A web process remembers an account together with the session or API key that opened it, for at most LIFE seconds and
only while it listens on CHANNEL. A transaction that changes what gives access (an account, a session, an API key)
publishes that when it has been committed, and every process forgets everyone. A message that is lost, or read late,
delays the effect of a logout in another process by LIFE seconds at most; in the process that made the change there is
no delay.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import redis
import structlog
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

CHANNEL = "csvapi:access"  # where it is published that somebody's access has changed
LIFE = 2.0  # seconds
MOST = 10_000  # that are remembered; beyond it all are forgotten
HARMLESS = {"changes_access": False}  # an option of statements that change such a row, but not what it gives access to

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Recent:
    """What this process has found in the last `life` seconds, while it listens to what changes it."""

    def __init__(self, life: float = LIFE, clock: Callable[[], float] = time.monotonic) -> None:
        self.listening = False  # set by whoever reads of changes and calls `forget`
        self._life, self._clock = life, clock
        self._known: dict[Hashable, tuple[float, Any]] = {}
        self._changes = 0
        self._lock = threading.Lock()

    def find(
        self, key: Hashable, look: Callable[[], T], keeps: Callable[[T], bool] = lambda found: found is not None
    ) -> T:
        """What `look` returned for the key at most `life` seconds ago, else what it returns now.

        Only what `keeps` says is remembered, and nothing that was found while something changed.
        """
        if not self.listening:
            return look()
        with self._lock:
            until, value = self._known.get(key, (0.0, None))
            changes = self._changes
        if self._clock() < until:
            found: T = value
            return found
        until = self._clock() + self._life
        found_now = look()
        with self._lock:
            if keeps(found_now) and changes == self._changes:
                if len(self._known) >= MOST:
                    self._known.clear()
                self._known[key] = (until, found_now)
        return found_now

    def forget(self, *keys: Hashable) -> None:
        """Forget what was found for these keys; without any, all."""
        with self._lock:
            self._changes += 1
            for key in keys:
                self._known.pop(key, None)
            if not keys:
                self._known.clear()


class RecentAccess(Recent):
    """The accounts that this process has checked in the last LIFE seconds."""

    def __init__(self, connection: redis.Redis, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(LIFE, clock)
        self._connection = connection

    def announce(self) -> None:
        """Forget everyone, here and in every process that listens."""
        self.forget()
        try:
            self._connection.publish(CHANNEL, "changed")
        except redis.RedisError as error:
            log.warning("access_change_not_published", seconds=LIFE, reason=str(error))


def watch(tables: tuple[type, ...], announce: Callable[[], None]) -> None:
    """Call `announce` after each committed transaction that added, changed or deleted rows of these tables.

    New rows count as well: they are rare, and an account that signs in is looked up anyway.
    """

    @event.listens_for(Session, "do_orm_execute")
    def statement(state: ORMExecuteState) -> None:
        if not state.is_select and state.execution_options.get("changes_access", True):
            mapper = state.bind_mapper
            if mapper is not None and issubclass(mapper.class_, tables):
                state.session.info[CHANNEL] = True

    @event.listens_for(Session, "before_flush")
    def rows(session: Session, *_: object) -> None:
        if any(isinstance(row, tables) for row in (*session.dirty, *session.deleted)):
            session.info[CHANNEL] = True

    @event.listens_for(Session, "after_commit")
    def committed(session: Session) -> None:
        if session.info.pop(CHANNEL, False):
            announce()

    @event.listens_for(Session, "after_soft_rollback")
    def undone(session: Session, _transaction: object) -> None:
        session.info.pop(CHANNEL, None)
