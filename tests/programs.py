"""The programs of csvapi as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from csvapi.process.parent_death import die_with_parent


@contextmanager
def program(name: str, environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`csvapi NAME` for as long as the block runs, if the block does not end it; what it says goes to the log."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "csvapi", name],
            env={**os.environ, **environ},
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=partial(die_with_parent, os.getpid()),
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
