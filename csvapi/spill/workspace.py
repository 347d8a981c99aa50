"""What a step may use while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from csvapi.csvio.preview import Head
    from csvapi.csvio.source import Source

Result = TypeVar("Result")
Task = Callable[[Callable[[], None]], Result]
"""Takes what it is to call as it would call `Workspace.heartbeat`; its result may cross to another process."""


class SideBySide(Protocol):
    """How a step keeps several cores busy."""

    def __call__(self, tasks: Sequence[Task[Result]]) -> list[Result]:
        """Do all tasks, each in a process of its own if there are several; gives their results in order."""
        ...


def _in_turn(tasks: Sequence[Task[Result]]) -> list[Result]:
    return [task(lambda: None) for task in tasks]


def _whole(source: Source, head: Head) -> list[tuple[int, int]]:
    return [(head.start, source.size)]


@dataclass(frozen=True)
class Workspace:
    """A folder that is removed after the run, and bytes of memory. `heartbeat` is to be called every few tenths of a
    second; it may raise to stop the step.

    `shared` says that the file's ranges are read side by side, so that what one gathers crosses to another process;
    `native` that the kernel may be used. `cores` is how many cores the step may keep busy while it takes
    records, and while it writes its result, which `side_by_side` does. `ranges` are the bytes of another file that
    processes read, of which the first record begins where its head ends.
    """

    folder: Path
    memory: int
    heartbeat: Callable[[], None] = lambda: None
    shared: bool = False
    native: bool = False
    cores: int = 1
    side_by_side: SideBySide = _in_turn
    ranges: Callable[[Source, Head], list[tuple[int, int]]] = _whole
