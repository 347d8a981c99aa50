"""What an engine calls while it runs a task: the progress goes out, and a task that must stop is stopped."""

from __future__ import annotations

import time
from typing import Any

import structlog

from csvapi import engines
from csvapi.errors import Cancelled, DatabaseDown, TimedOut
from csvapi.extensions import runtime
from csvapi.models import Task
from csvapi.queue import heartbeats, progress
from csvapi.services import leases

log = structlog.get_logger(__name__)
PROGRESS_EVERY = 0.25  # seconds between progress figures in Redis
NOTE_EVERY = 5.0  # seconds between notes of it in the row


class Reporter:
    """Called by the engine between batches: publishes the progress, and stops a task that must stop."""

    def __init__(self, task: Task, limit: int) -> None:
        self._task, self._limit = task, limit
        self._last: engines.Progress | None = None
        self._started = self._published = self._noted = time.monotonic()

    def heartbeat(self) -> None:
        """The same after the engine's last batch, where no figures change any more."""
        if self._last:
            self(self._last)

    def __call__(self, done: engines.Progress) -> None:
        """Take note of the figures. Raises TimedOut and Cancelled."""
        self._last = done
        at = time.monotonic()
        if at - self._published < PROGRESS_EVERY:
            return
        self._published = at
        heartbeats.give()  # where the worker itself runs a small task, nothing else does
        if at - self._started > self._limit:
            raise TimedOut(f"The task ran longer than the limit of {self._limit} seconds", limit=self._limit)
        figures = done.as_json(at - self._started)
        if progress.publish(runtime().redis, self._task.id, figures):
            raise Cancelled("The task was cancelled")
        if at - self._noted >= NOTE_EVERY:
            self._noted = at
            self._note(figures)

    def _note(self, figures: dict[str, Any]) -> None:
        try:
            leases.note(self._task, figures)
        except DatabaseDown as error:  # it may be back before the lease runs out
            log.warning("progress_not_written", reason=str(error))
