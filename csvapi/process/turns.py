"""How many calls run at once: in total, and per user."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvapi.errors import TooManyRequests, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

WAITING = 3  # calls of a user that wait, for each that may run
TIMEOUT = 2.0  # seconds that a call waits for its turn
SHORT_TIMEOUT = 10.0  # seconds that a short one does: others that are short are before it, and no long ones


@dataclass(frozen=True, slots=True)
class Words:
    """What a caller is told whose `own` calls take too long, or those of `all`."""

    own: str
    all: str


PREVIEWS = Words(
    "{own} previews and pages of records of yours may run at once (CSVAPI_PREVIEWS_PER_USER), and these take long; "
    "try again in a moment, or start a task",
    "All previews that may run at once (CSVAPI_PREVIEWS) do; try again in a moment",
)
UNPACKING = Words(
    "{own} file of yours may be unpacked at once, and another one takes long; try again in a moment",
    "As many files as may be unpacked at once are; try again in a moment",
)


class Turns:
    """At most `most` calls at once, `own` of them of one user, and one additional short one per user.

    Further calls wait for a moment: only a few of them, because each occupies a thread of the web server; short ones
    without limit.
    """

    def __init__(self, most: int, own: int, what: Words = PREVIEWS, timeout: float = TIMEOUT) -> None:
        self._most, self._own = max(most, 1), max(min(own, most), 1)
        self._words, self._timeout = what, timeout
        self._running: Counter[tuple[int, bool]] = Counter()
        self._waiting: Counter[tuple[int, bool]] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, user: int, *, short: bool = False) -> Iterator[None]:
        """Run the block when it has its turn.

        Raises TooManyRequests if the user's other calls take too long or too many of them wait, and Unavailable if
        those of all users do.
        """
        self._enter((user, short))
        try:
            yield
        finally:
            with self._changed:
                _less(self._running, (user, short))
                self._changed.notify_all()

    def _enter(self, who: tuple[int, bool]) -> None:
        own, timeout = (1, SHORT_TIMEOUT) if who[1] else (self._own, self._timeout)
        with self._changed:
            if not who[1] and self._waiting[who] >= own * WAITING:
                raise self._refused()
            self._waiting[who] += 1
            try:
                if not self._changed.wait_for(lambda: self._may_run(who, own), timeout):
                    raise self._refused() if self._running[who] >= own else self._busy()
                self._running[who] += 1
            finally:
                _less(self._waiting, who)

    def _may_run(self, who: tuple[int, bool], own: int) -> bool:
        return self._running.total() < self._most and self._running[who] < own

    def _refused(self) -> TooManyRequests:
        return TooManyRequests(self._words.own.format(own=self._own), limit=self._own, retry_after=1)

    def _busy(self) -> Unavailable:
        return Unavailable(self._words.all, retry_after=2)


def _less(counts: Counter[tuple[int, bool]], who: tuple[int, bool]) -> None:
    """Count one less; a user with none is removed."""
    counts[who] -= 1
    if not counts[who]:
        del counts[who]
