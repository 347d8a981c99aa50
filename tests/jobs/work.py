"""Jobs that behave badly, for a real worker to run."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def fine(_: str) -> None:
    """Do nothing."""


def killed(_: str) -> None:
    """Die as a process does that the kernel kills for its memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def endless(path: str) -> None:
    """Say which process this is, and never end."""
    Path(path).write_text(str(os.getpid()))
    while True:
        signal.pause()
