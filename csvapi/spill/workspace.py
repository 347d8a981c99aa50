"""What a step may use while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """A folder that is removed after the run, and bytes of memory. `heartbeat` is to be called every few tenths of a
    second; it may raise to stop the step.

    `shared` says that the file's ranges are read side by side, so that what one gathers crosses to another process;
    `native` that the kernel may be used. `cores` is how many cores the step may keep busy while it takes
    records, and while it writes its result.
    """

    folder: Path
    memory: int
    heartbeat: Callable[[], None] = lambda: None
    shared: bool = False
    native: bool = False
    cores: int = 1
