"""Requests take turns; none waits for long for one that does something else."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from csvapi.process.interpreter import Interpreter, Turn
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WITHIN = 60.0  # seconds


class Watch:
    """How many threads are in a block at once."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self._lock = threading.Lock()

    @contextmanager
    def block(self) -> Iterator[None]:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        yield
        with self._lock:
            self.now -= 1


def at_once(interpreter: Interpreter) -> int:
    """How many of eight threads, with a hundred short requests each, run at once at most."""
    watch = Watch()

    def requests(_: int) -> None:
        for _ in range(100):
            with interpreter.turn(), watch.block():
                threading.Event().wait(0.0001)  # lets the others run, if they may

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(requests, range(8)))
    return watch.most


@contextmanager
def held(interpreter: Interpreter, how: Callable[[], None] = lambda: None) -> Iterator[threading.Event]:
    """A request that does something in its turn and then waits for the event, until the block ends at the latest."""
    begun, end = threading.Event(), threading.Event()

    def request() -> None:
        with interpreter.turn():
            how()
            begun.set()
            assert end.wait(WITHIN)

    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(request)
        assert begun.wait(WITHIN)
        yield end
        end.set()
        holder.result(WITHIN)


def another(interpreter: Interpreter) -> None:
    """A request by another thread; returns when it has ended."""

    def request() -> None:
        with interpreter.turn():
            pass

    with ThreadPoolExecutor(1) as pool:
        pool.submit(request).result(WITHIN)


def test_one_request_runs_at_a_time() -> None:
    assert at_once(Interpreter(longest=WITHIN)) == 1


def test_one_that_lasts_keeps_nobody_waiting() -> None:
    interpreter = Interpreter(longest=0.001)
    with held(interpreter):
        for _ in range(20):
            another(interpreter)


def test_a_turn_that_was_not_waited_for_is_not_given_back_again() -> None:
    interpreter = Interpreter(longest=0.05)
    with held(interpreter), held(interpreter), held(interpreter):
        pass
    interpreter._longest = WITHIN
    assert at_once(interpreter) == 1


@pytest.mark.parametrize("how", ["waiting", "give_up"])
def test_one_that_waits_for_something_else_gives_its_turn_up(how: str) -> None:
    interpreter = Interpreter(longest=WITHIN)
    if how == "give_up":
        with held(interpreter, lambda: None if interpreter.give_up() else pytest.fail("it had none")):
            another(interpreter)
        return
    with interpreter.turn():
        with interpreter.waiting():
            another(interpreter)
        interpreter._longest = 0.05
        with held(interpreter):  # only as it lasts: the turn is this thread's again
            pass


def test_a_thread_without_a_turn_has_none_to_give_up() -> None:
    interpreter = Interpreter(longest=WITHIN)
    assert not interpreter.give_up()
    with interpreter.waiting():
        pass
    assert not interpreter.give_up()
    another(interpreter)


class Jobs:
    """Jobs that wait in the line without a thread, and which of them were done by which thread."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter, self.ended = interpreter, threading.Event()
        self.done: dict[str, int] = {}

    def line_up(self, *jobs: str) -> None:
        for job in jobs:
            self.interpreter.line_up(Turn(self._start, job))

    def _start(self, turn: Turn) -> None:
        threading.Thread(target=self._run, args=[turn]).start()

    def _run(self, turn: Turn) -> None:
        self.interpreter.mine(turn)
        job = turn.job
        while job:
            self.done[job] = threading.get_ident()
            job = self.interpreter.follow()
        self.ended.set()


def test_a_thread_goes_on_with_the_jobs_that_are_next() -> None:
    jobs = Jobs(Interpreter(longest=WITHIN))
    with jobs.interpreter.turn():
        jobs.line_up("first", "second", "third")
        assert not jobs.done
    assert jobs.ended.wait(WITHIN)
    assert list(jobs.done) == ["first", "second", "third"]
    assert len(set(jobs.done.values())) == 1
    another(jobs.interpreter)


def test_a_thread_that_waits_has_its_place_in_the_line_between_jobs() -> None:
    jobs = Jobs(Interpreter(longest=WITHIN))
    with ThreadPoolExecutor(1) as pool:
        with jobs.interpreter.turn():
            jobs.line_up("first")
            waits = pool.submit(another, jobs.interpreter)
            until(lambda: len(jobs.interpreter._line) == 2)
            jobs.line_up("last")
        waits.result(WITHIN)
    until(lambda: list(jobs.done) == ["first", "last"])


def test_a_job_begins_beside_a_turn_that_lasts_once_somebody_sees_it() -> None:
    jobs = Jobs(Interpreter(longest=0.001))
    with held(jobs.interpreter):
        jobs.line_up("waits")
        until(jobs.interpreter.rest)
        assert jobs.ended.wait(WITHIN)


def test_who_rests_is_woken_as_soon_as_it_is_nobodys_turn() -> None:
    interpreter = Interpreter(longest=WITHIN)
    assert interpreter.rest()
    with ThreadPoolExecutor(1) as pool, interpreter.turn():
        rests = pool.submit(interpreter.rest)
        until(lambda: interpreter._resting)
        assert not rests.done()
        interpreter.give_up()
        assert rests.result(WITHIN / 2)
