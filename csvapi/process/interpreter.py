"""Requests of a web process that take the interpreter in turn.

Of Python's threads one runs at a time. The others wake every half a millisecond to ask for it (see `start.web`), which
with sixteen of them takes a third of the processor's time. So a request waits in a line for its turn before it begins,
without asking; it gives the turn up while it waits for something else, and for good where it sends what is large.

What waits in the line is a thread, or a job that has no thread yet: a thread that ends its turn goes on with the job
that is next (`follow`), so that nobody has to be woken, and the thread that accepts jobs sleeps meanwhile (`rest`).

A turn is no lock: nothing is safe because of it. One that lasts longer than `LONGEST` (a slow query, an answer of many
megabytes, a wait that nobody thought of) no longer keeps the others waiting: the next one runs beside it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST = 0.02  # seconds


@dataclass(eq=False, slots=True)
class Turn:
    """`start` has it begin in a thread, which is woken or found; `job` is what it is for, None for a thread that waits.

    It is `over` once it was given back, given up, or is not waited for any longer.
    """

    start: Callable[[Turn], object]
    job: Any = None
    since: float = field(default=0.0, init=False)
    over: bool = field(default=False, init=False)


class Interpreter:
    """Whose turn it is, and who is next. Threads that have not begun one, as those without a request, run freely."""

    def __init__(self, longest: float = LONGEST) -> None:
        self._longest = longest
        self._lock = threading.Lock()
        self._line: deque[Turn] = deque()
        self._last = Turn(lambda _: None)
        self._last.over = True
        self._resting: threading.Lock | None = None  # held until the line is empty and it is nobody's turn
        self._own = threading.local()

    def line_up(self, turn: Turn) -> None:
        """Begin the turn now, if it is nobody's, or after those that wait."""
        with self._lock:
            if not self._last.over:
                self._line.append(turn)
                return
            self._begin(turn)
        turn.start(turn)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A request in this thread: waits for its turn, and ends it."""
        self._wait()
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
                self._wait()

    def give_up(self) -> bool:
        """End this thread's turn, for the rest of the request; whether it had one."""
        turn, following = self._give_back()
        if following:
            following.start(following)
        return turn is not None

    def mine(self, turn: Turn) -> None:
        """A turn that has begun is this thread's."""
        self._own.turn = turn

    def follow(self) -> Any:
        """End this thread's turn; a job that is next has its turn in this thread, and is returned."""
        _, following = self._give_back()
        if following and following.job is not None:
            self._own.turn = following
            return following.job
        if following:
            following.start(following)
        return None

    def rest(self) -> bool:
        """Wait until it is nobody's turn, or it has lasted for `LONGEST`: then it keeps nobody waiting any longer.

        Returns whether nobody is in the line. To be called by the thread that accepts jobs before it waits for them:
        each time it woke it would interrupt the request that runs.
        """
        with self._lock:
            if self._last.over:
                return True
            self._resting = resting = threading.Lock()
            resting.acquire()
            left = self._last.since + self._longest - time.monotonic()
        if not resting.acquire(timeout=max(left, 0)):
            self._overtake()
        return not self._line

    def _give_back(self) -> tuple[Turn | None, Turn | None]:
        """End this thread's turn: the turn, and the next one, which is to be started."""
        turn: Turn | None = getattr(self._own, "turn", None)
        self._own.turn = None
        return turn, self._end(turn) if turn else None

    def _wait(self) -> None:
        begun = threading.Lock()
        begun.acquire()
        turn = Turn(lambda _: begun.release())
        self.line_up(turn)
        while not begun.acquire(timeout=self._longest):
            self._overtake()
        self._own.turn = turn

    def _overtake(self) -> None:
        """Have the next one begin if the turn has lasted too long."""
        turn = self._last
        if time.monotonic() - turn.since > self._longest and (following := self._end(turn)):
            following.start(following)

    def _end(self, turn: Turn) -> Turn | None:
        """End a turn, unless it is over; the next one, which has begun and is to be started."""
        with self._lock:
            if turn.over:
                return None
            turn.over = True
            if self._line:
                return self._begin(self._line.popleft())
            if self._resting:
                self._resting.release()
                self._resting = None
            return None

    def _begin(self, turn: Turn) -> Turn:
        turn.since = time.monotonic()
        self._last = turn
        return turn


INTERPRETER = Interpreter()
"""That of this process."""
