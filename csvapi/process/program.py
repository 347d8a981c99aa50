"""Starting a program of this package from a process with threads: as a new interpreter, never by a fork."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

DESCRIPTOR = 3  # by which a program finds the socket to its parent
_MOST_DESCRIPTORS = 65_536
_RESET = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD]


def started(module: str, descriptor: int, environ: dict[str, str]) -> int:
    """Run `python -m module` with one of our descriptors, as number 3; returns its process id.

    The program should end when the other side of the descriptor is closed, which happens however its parent ends.
    """
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [root, environ.get("PYTHONPATH", "")]))
    return os.posix_spawn(
        sys.executable,
        [sys.executable, "-P", "-m", module],
        {**environ, "PYTHONPATH": path},
        file_actions=[
            (os.POSIX_SPAWN_DUP2, descriptor, DESCRIPTOR),
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        ],
        setsigmask=[],
        setsigdef=_RESET,
    )


def alone() -> None:
    """First thing in the program: keep only the one descriptor, and leave terminal signals to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.closerange(DESCRIPTOR + 1, _MOST_DESCRIPTORS)


def collect(process: int) -> None:
    """Reap the program if it has ended."""
    try:
        os.waitpid(process, os.WNOHANG)
    except ChildProcessError:
        return
