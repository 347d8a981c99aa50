"""Starting a program of this package beside threads: as a new interpreter, never by a fork."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

DESCRIPTOR = 3  # by which a program finds the socket to its parent
_MOST_DESCRIPTORS = 65_536
_RESET = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD]


def started(module: str, descriptor: int, environ: dict[str, str]) -> int:
    """Run `python -m module` with one descriptor of ours, as number 3; returns its process id.

    It should end when the other side of the descriptor is closed, and so however its parent ends.
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
    """In the program, first: keep one descriptor alone, and leave the signals of a terminal to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.closerange(DESCRIPTOR + 1, _MOST_DESCRIPTORS)


def collect(process: int) -> None:
    """Take the program away if it has ended."""
    try:
        os.waitpid(process, os.WNOHANG)
    except ChildProcessError:
        return
