"""How many calls run at once: in all, and of one user."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from csvapi.errors import TooManyRequests, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 2.0  # seconds that a call waits for its turn
QUEUE = 2  # calls of a user that wait, for each that may run


class Turns:
    """At most `most` calls at once, `own` of one user; others wait for a moment, and few of them, as each holds a
    thread of the web server."""

    def __init__(self, most: int, own: int) -> None:
        self._most, self._own = max(most, 1), max(min(own, most), 1)
        self._running: Counter[int] = Counter()
        self._waiting: Counter[int] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, user: int) -> Iterator[None]:
        """Run the block when it is its turn.

        Raises TooManyRequests when the user's other calls take too long or too many of them wait, Unavailable when
        those of all users do.
        """
        self._enter(user)
        try:
            yield
        finally:
            with self._changed:
                _less(self._running, user)
                self._changed.notify_all()

    def _enter(self, user: int) -> None:
        with self._changed:
            if self._waiting[user] >= self._own * QUEUE:
                raise self._refused()
            self._waiting[user] += 1
            try:
                if not self._changed.wait_for(lambda: self._may_run(user), PATIENCE):
                    raise self._refused() if self._running[user] >= self._own else _busy()
                self._running[user] += 1
            finally:
                _less(self._waiting, user)

    def _may_run(self, user: int) -> bool:
        return self._running.total() < self._most and self._running[user] < self._own

    def _refused(self) -> TooManyRequests:
        return TooManyRequests(
            f"{self._own} previews and pages of records of yours may run at once (CSVAPI_PREVIEWS_PER_USER), and these "
            "take long; try again in a moment, or start a task",
            limit=self._own,
            retry_after=1,
        )


def _busy() -> Unavailable:
    return Unavailable("All previews that may run at once (CSVAPI_PREVIEWS) do; try again in a moment", retry_after=2)


def _less(counts: Counter[int], user: int) -> None:
    """One less; a user of whom there is none is not kept."""
    counts[user] -= 1
    if not counts[user]:
        del counts[user]
