"""Children that do not outlive their parent, even if it is killed (Linux: prctl(2), PR_SET_PDEATHSIG)."""

from __future__ import annotations

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
_prctl = getattr(ctypes.CDLL(None), "prctl", None)  # looked up before any fork; None where the system has no such call


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent, given by its process id, ends in whatever way.

    To be called in the child, first thing after the fork. The request survives an exec.
    """
    if _prctl is None:
        return
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended between the fork and the call
        os._exit(1)
