"""Work of one process that is done in threads of its own, as much at once as has its turn."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from flask import Flask

T = TypeVar("T")


class InThreads(ABC, Generic[T]):
    """Begins what is due, each item in a thread; items are hashable values.

    A program that stops does not wait for them: what is under way is claimed in the database, and due again when its
    lease ends.
    """

    def __init__(self, app: Flask, name: str) -> None:
        self._app, self._name = app, name
        self._lock = threading.Condition()
        self._under_way: set[T] = set()
        self._ended = False

    @abstractmethod
    def _next(self) -> list[T]:
        """What is due, in the order of its turns. Raises DatabaseDown."""

    @abstractmethod
    def _may_begin(self, item: T) -> bool:
        """Whether the item has its turn; called with the lock held."""

    @abstractmethod
    def _do(self, item: T) -> None:
        """Do it, in its thread and the application's context; must not raise."""

    def fill(self) -> int:
        """Begin what is due and has its turn; returns how much that is. Raises DatabaseDown."""
        begun = [item for item in self._next() if self._begin(item)]
        for item in begun:
            threading.Thread(target=self._one, args=[item], name=self._name, daemon=True).start()
        return len(begun)

    def wait(self, seconds: float) -> None:
        """Return once an item has ended since the last call, or after so many seconds."""
        with self._lock:
            self._lock.wait_for(lambda: self._ended, seconds)
            self._ended = False

    def finish(self) -> None:
        """Wait for all that is under way."""
        with self._lock:
            self._lock.wait_for(lambda: not self._under_way)

    def _begin(self, item: T) -> bool:
        with self._lock:
            if item in self._under_way or not self._may_begin(item):
                return False
            self._under_way.add(item)
            return True

    def _one(self, item: T) -> None:
        try:
            with self._app.app_context():
                self._do(item)
        finally:
            with self._lock:
                self._under_way.discard(item)
                self._ended = True
                self._lock.notify_all()
