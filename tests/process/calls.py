"""Calls that behave well and badly, for real children to run."""

from __future__ import annotations

import itertools
import os
import signal
from pathlib import Path

from csvapi.errors import MalformedCsv

Answer = tuple[object, bytes]


def whoami() -> Answer:
    return {"pid": os.getpid(), "parent": os.getppid(), "environ": dict(os.environ)}, b"text"


def taking(size: int) -> Answer:
    return len(bytearray(size)), b""


def giving(size: int) -> Answer:
    return None, bytes(size)


def writing(path: Path, size: int) -> Answer:
    with path.open("wb", buffering=0) as file:
        for _ in range(size >> 20):
            file.write(bytes(1 << 20))
    return None, b""


def endless() -> Answer:
    """One call of C that never comes back: no signal handler of Python's would run."""
    return sum(itertools.repeat(0)), b""


def aborting() -> Answer:
    os.kill(os.getpid(), signal.SIGABRT)
    return None, b""


def refusing() -> Answer:
    raise MalformedCsv("no", row=3, line=4, byte=5)


def reading(path: Path) -> Answer:
    return None, path.read_bytes()


def mistaken() -> Answer:
    raise KeyError("a mistake")


def waiting(path: Path, said: Path) -> Answer:
    """Say so, and wait until somebody writes to a pipe."""
    said.touch()
    with path.open("rb") as pipe:
        pipe.read()
    return None, b""
