"""The command line as a person runs it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMAND = (sys.executable, "-m", "csvapi")


def csvapi(*arguments: str | Path, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, **env},
    )


def output(*arguments: str | Path, stdin: bytes = b"") -> bytes:
    """What a run that must succeed without a word writes to standard output."""
    done = csvapi(*arguments, stdin=stdin)
    assert (done.returncode, done.stderr) == (0, b""), done
    return done.stdout


def complaint(*arguments: str | Path, stdin: bytes = b"", code: int = 1) -> str:
    """The one line a run that must fail says."""
    done = csvapi(*arguments, stdin=stdin)
    assert (done.returncode, done.stdout) == (code, b""), done
    (line,) = done.stderr.decode().splitlines()
    return line


def many(records: int, repeated: int = 1000) -> bytes:
    """A file of `records` records, of which `repeated` are distinct."""
    lines = [f'{number % repeated},user{number % repeated}@example.com,"a, b"\n' for number in range(records)]
    return ("id,email,note\n" + "".join(lines)).encode()
