"""Jobs that behave badly, for a real worker to run."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from rq import get_current_job

from csvapi.errors import TaskError
from tests.waiting import until


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


def broken(reason: str) -> None:
    """Fail as a task does."""
    raise TaskError(reason)


def shown(_: str) -> None:
    """Run until the queue shows this job as started; asked of the server, for `get_status` would write to the job."""
    job = get_current_job()
    assert job is not None
    until(lambda: job.connection.hget(job.key, "status") == b"started")
