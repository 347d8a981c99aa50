"""Run functions side by side in forked processes that end with this one, whatever happens to it.

A child reports its progress through a pipe, so it also ends when its parent was killed: the next report fails.
"""

from __future__ import annotations

import gc
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from csvapi.csvio import disk
from csvapi.csvio.parsing import WrongCut
from csvapi.errors import CsvapiError, WorkerLost
from csvapi.process import memory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

    from csvapi.spill.workspace import Task

Progressed = tuple[int, int, int]  # bytes, records in, records out since the last report
Report = Callable[[Progressed], None]
Result = TypeVar("Result")

_EVERY = 0.1  # seconds between a child's reports
_LISTEN = 0.25  # seconds without any until this process looks up


def run_all(
    tasks: Sequence[Callable[[Callable[[Progressed], None]], Result]],
    report: Callable[[Progressed], None],
) -> list[Result]:
    """The results of all tasks in order. If some failed, the error of the first of them is raised. One task runs in
    this process.

    `report` is called while they run and may raise, which ends the children. Raises `WorkerLost` for a killed child.
    """
    if len(tasks) == 1:
        return [tasks[0](report)]
    from multiprocessing import get_context  # one process starts fast without it

    context = get_context("fork")
    children: list[ForkProcess] = []
    pipes: list[Connection] = []
    try:
        for number, task in enumerate(tasks, start=1):
            mine, theirs = context.Pipe(duplex=False)
            child = context.Process(target=_child, args=(task, theirs, number, len(tasks)), daemon=True)
            child.start()
            theirs.close()
            children.append(child)
            pipes.append(mine)
        return _collect(pipes, report)
    finally:
        for child in children:
            child.kill()
            child.join()
        for pipe in pipes:
            pipe.close()


def do_all(report: Report, tasks: Sequence[Task[Result]]) -> list[Result]:
    """The same for tasks that have nothing to report but that they go on: see `spill.workspace.SideBySide`."""
    return run_all([partial(_heard, task) for task in tasks], report)


def _heard(task: Task[Result], report: Report) -> Result:
    return task(partial(report, (0, 0, 0)))


def _child(
    task: Callable[[Callable[[Progressed], None]], object], pipe: Connection, number: int, processes: int
) -> None:
    disk.enter(number)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    memory.renew(processes)
    gc.freeze()
    said = [time.monotonic(), 0, 0, 0]

    def report(step: Progressed) -> None:
        for place, value in enumerate(step, start=1):
            said[place] += value
        if time.monotonic() - said[0] >= _EVERY:
            say()

    def say() -> None:
        pipe.send((int(said[1]), int(said[2]), int(said[3])))
        said[:] = [time.monotonic(), 0, 0, 0]

    try:
        outcome: object = ("done", task(report))
        say()
    except (CsvapiError, WrongCut, OSError, MemoryError) as error:
        outcome = ("failed", memory.passed() if memory.is_want_of_memory(error) else error)
    pipe.send(outcome)


def _collect(pipes: list[Connection], report: Callable[[Progressed], None]) -> list[Result]:
    """Listen until all are done, or until one failed and all before it are done."""
    from multiprocessing.connection import wait

    outcomes: dict[int, tuple[str, Result]] = {}
    while len(outcomes) < len(pipes):
        open_pipes: list[object] = [pipe for number, pipe in enumerate(pipes) if number not in outcomes]
        report((0, 0, 0))  # which may stop the run, however long they are silent
        for ready in wait(open_pipes, timeout=_LISTEN):  # type: ignore[arg-type]  # the stub is invariant
            number = pipes.index(ready)  # type: ignore[arg-type]  # only connections were given
            try:
                message = pipes[number].recv()
            except EOFError:
                outcomes[number] = ("failed", WorkerLost("A process was killed, most likely for its memory."))  # type: ignore[assignment]
                continue
            if isinstance(message[0], str):
                outcomes[number] = message
            else:
                report(message)
        for number in range(len(pipes)):
            if number not in outcomes:
                break
            kind, value = outcomes[number]
            if kind == "failed":
                raise value  # type: ignore[misc]  # a failed outcome holds its error
    return [outcomes[number][1] for number in range(len(pipes))]
