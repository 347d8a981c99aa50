"""Notification of changes: one Redis subscription and one thread for all listeners of this process.

Listeners do not poll the database, and no stream occupies a thread of the web server: the one thread of the hub writes
to all of them. Messages that are lost while Redis is down are made up for by reading the rows at each heartbeat.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis
from flask import Flask, current_app

from csvapi import recent
from csvapi.errors import CsvapiError
from csvapi.extensions import runtime
from csvapi.queue.progress import CHANNEL
from csvapi.services import user_tasks
from csvapi.services.task_listeners import Listener, said

HEARTBEAT = 15.0  # seconds
MOST = 1000  # streams in a process
_PAUSE = 1.0  # seconds between tries while Redis is away, and at most between looks at the clock
_START = 3.0  # seconds for the subscription to begin
RECENT = 0.5  # seconds within which a task is not read again that had not ended, if nobody has told of it since

log = logging.getLogger(__name__)
_making = threading.Lock()


class Hub:
    """The listeners of each task."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._listeners: dict[str, set[Listener]] = {}
        self._opening: Counter[int] = Counter()  # streams that have a place and have not joined yet
        self._waiting: dict[str, set[threading.Event]] = {}
        self._lock = threading.Lock()
        self._threads = threading.BoundedSemaphore(max(1, runtime().settings.web_threads // 2))
        self._subscribed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="task-events", daemon=True)
        self._beaten = time.monotonic()
        self._since = math.inf  # when it began to listen
        self._failures = 0  # in a row
        self.unfinished = recent.Recent(RECENT)  # tasks, by their ids

    def begin(self) -> None:
        """Begin to subscribe, without waiting for it."""
        with self._lock:
            if self._thread.ident is None:
                self._thread.start()

    def start(self) -> None:
        """Subscribe; returns once no message can be missed any more."""
        self.begin()
        self._subscribed.wait(_START)

    def open_for(self, user_id: int) -> int:
        """How many streams of a user are open in this process."""
        with self._lock:
            return self._open()[user_id]

    def _open(self) -> Counter[int]:
        return self._opening + Counter(each.user_id for group in self._listeners.values() for each in group)

    def admit(self, user_id: int, limit: int) -> Callable[[], None] | None:
        """Reserve a place for another stream of the user; it is given back before or when the stream joins."""
        with self._lock:
            found = self._open()
            if found[user_id] >= limit or found.total() >= MOST:
                return None
            self._opening[user_id] += 1
        once = threading.Lock()

        def release() -> None:
            if once.acquire(blocking=False):
                with self._lock:
                    self._opening[user_id] -= 1

        return release

    @contextmanager
    def thread(self) -> Iterator[bool]:
        """Whether the request may keep its thread while it waits: at most half of the threads may."""
        free = self._threads.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                self._threads.release()

    def join(self, task_id: str, listener: Listener, release: Callable[[], None]) -> None:
        """Send the listener the task's present row, then all changes; its reserved place is free again."""
        with self._lock:
            self._listeners.setdefault(task_id, set()).add(listener)
        release()
        with self._app.app_context():
            self._look([task_id])

    @contextmanager
    def waiting(self, task_id: str) -> Iterator[threading.Event]:
        """An event that is set when the task ends after the block has begun, or is put on the queue again."""
        ended = threading.Event()
        self.start()
        with self._lock:
            self._waiting.setdefault(task_id, set()).add(ended)
        try:
            yield ended
        finally:
            with self._lock:
                self._waiting[task_id].discard(ended)
                if not self._waiting[task_id]:
                    del self._waiting[task_id]

    def _run(self) -> None:
        with self._app.app_context():
            while True:
                try:
                    self._beat()
                    self._listen()
                except Exception as error:  # noqa: BLE001 -- without this thread nobody hears of a task again
                    self._failed(error)
                runtime().recent.listening = self.unfinished.listening = False
                self._subscribed.set()
                time.sleep(_PAUSE)

    def _failed(self, error: Exception) -> None:
        """Log a failure, of many in a row the first, the second, the fourth and so on; with its traceback, where
        nobody foresaw it."""
        lasted = time.monotonic() - self._since
        self._failures = 1 if lasted > HEARTBEAT else self._failures + 1
        self._since = math.inf
        if not self._failures & (self._failures - 1):
            trace = None if isinstance(error, redis.RedisError | CsvapiError | ValueError) else error
            log.warning("task events interrupted: %s (%s in a row)", error, self._failures, exc_info=trace)

    def _listen(self) -> None:
        connection: Any = runtime().redis  # whose pubsub has no types
        with connection.pubsub(ignore_subscribe_messages=True) as subscription:
            subscription.subscribe(CHANNEL, recent.CHANNEL)
            for _ in range(2):
                subscription.get_message(timeout=_PAUSE)  # the server's word that it has begun, for each channel
            self._since = time.monotonic()
            self._subscribed.set()
            for each in (runtime().recent, self.unfinished):
                each.forget()
                each.listening = True
            self._catch_up()
            while True:
                message = subscription.get_message(timeout=_PAUSE)
                if message and message["channel"] == recent.CHANNEL.encode():
                    runtime().recent.forget()
                elif message:
                    self._hear(json.loads(message["data"]))
                self._beat()

    def _catch_up(self) -> None:
        """Tell what may have happened while nobody listened."""
        with self._lock:
            waiting = [ended for group in self._waiting.values() for ended in group]
        for ended in waiting:
            ended.set()
        self._look(list(self._listeners))

    def _hear(self, message: dict[str, Any]) -> None:
        task_id = message["task"]
        if "progress" in message:
            self._tell(task_id, lambda each: each.progressed(message["progress"]))
            return
        self.unfinished.forget(task_id)
        if message.get("ended", True):  # older workers do not say
            with self._lock:
                waiting = list(self._waiting.get(task_id, ()))
            for ended in waiting:
                ended.set()
        if task_id in self._listeners:
            self._look([task_id])

    def _beat(self) -> None:
        if time.monotonic() - self._beaten < HEARTBEAT:
            return
        self._beaten = time.monotonic()
        for task_id in list(self._listeners):
            self._tell(task_id, lambda each: each.beat())
        self._look(list(self._listeners))

    def _look(self, task_ids: list[str]) -> None:
        """Send the listeners what the rows say."""
        if not task_ids:
            return
        for task in user_tasks.named(task_ids):
            self._tell(task.id, lambda each, task=task: each.moved(task))

    def _tell(self, task_id: str, say: Any) -> None:
        with self._lock:
            listeners = list(self._listeners.get(task_id, ()))
        gone = {each for each in listeners if not said(each, say)}
        if gone:
            with self._lock:  # a request that joins tells its listener at the same time, and may have removed it
                left = self._listeners.get(task_id, set()) - gone
                if left:
                    self._listeners[task_id] = left
                else:
                    self._listeners.pop(task_id, None)


def hub() -> Hub:
    """This process's hub."""
    extensions = current_app.extensions
    with _making:
        if "csvapi-task-events" not in extensions:
            extensions["csvapi-task-events"] = Hub(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 -- Flask's documented way to the application itself
    found: Hub = extensions["csvapi-task-events"]
    return found
