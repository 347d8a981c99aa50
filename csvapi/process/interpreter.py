"""Requests of a web process that take the interpreter in turn.

Of Python's threads one runs at a time. The others wake every half a millisecond to ask for it (see `start.web`), which
with sixteen of them takes a third of the processor's time. So a request waits for its turn before it begins, without
asking; it gives the turn up while it waits for something else, and for good where it sends what is large.

A turn is no lock: nothing is safe because of it. One that lasts longer than `LONGEST` (a slow query, an answer of many
megabytes, a wait that nobody thought of) no longer keeps the others waiting: the next one runs beside it.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 0.02  # seconds


@dataclass(eq=False)
class _Turn:
    """When it began, and whether it is over: given back, given up, or not waited for any longer."""

    since: float = field(default_factory=time.monotonic)
    over: bool = False


class Interpreter:
    """Whose turn it is. Threads that have not begun one, as those that are no requests, are free to run."""

    def __init__(self, longest: float = LONGEST) -> None:
        self._longest = longest
        self._free: SimpleQueue[None] = SimpleQueue()  # one item while it is nobody's turn
        self._free.put(None)
        self._lock = threading.Lock()
        self._last = _Turn(over=True)
        self._own = threading.local()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A request: waits for its turn, and ends it."""
        self._begin()
        try:
            yield
        finally:
            self.give_up()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Give the turn up for a block that waits for something, and wait for another one after it. Not to be used in a
        transaction, or with a lock held, which others may wait for in their turn."""
        mine = self.give_up()
        try:
            yield
        finally:
            if mine:
                self._begin()

    def give_up(self) -> bool:
        """End this thread's turn, for the rest of the request; whether it had one."""
        turn: _Turn | None = getattr(self._own, "turn", None)
        self._own.turn = None
        if turn:
            with self._lock:
                if not turn.over:
                    turn.over = True
                    self._free.put(None)
        return turn is not None

    def _begin(self) -> None:
        while True:
            try:
                self._free.get(timeout=self._longest)
                break
            except Empty:
                with self._lock:
                    lasts = time.monotonic() - self._last.since
                    if not self._last.over and lasts > self._longest:
                        self._last.over = True
                        break
        self._own.turn = self._last = _Turn()


INTERPRETER = Interpreter()
"""That of this process."""
