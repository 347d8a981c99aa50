"""A csvapi started as a person starts it, in a folder of its own, and what can be seen of its processes."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx

from csvapi.process.parent_death import die_with_parent
from tests.processes import children, command_line
from tests.waiting import until

COMMAND = (sys.executable, "-P", "-m", "csvapi", "start")
_OURS = re.compile(r"CSVAPI_(?!NATIVE)|DB_|REDIS_|DATABASE_URL")


class Running:
    """One `csvapi start`; its output is in a file, so that nothing blocks on it. It may open so many `descriptors`."""

    def __init__(self, folder: Path, command: Sequence[str] = COMMAND, descriptors: int = 0, **settings: str) -> None:
        self.output = folder / "output"
        env = {name: value for name, value in os.environ.items() if not _OURS.match(name)}
        env |= {"CSVAPI_PORT": "0", "CSVAPI_WORKERS": "1", **settings}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=env,
                stdout=output,
                stderr=output,
                preexec_fn=partial(_prepare, os.getpid(), descriptors),
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def text(self) -> str:
        return self.output.read_text()

    def ready(self) -> Running:
        """Wait for the banner."""
        until(lambda: "csvapi is running." in self.text() or self.process.poll() is not None, within=200)
        assert self.process.poll() is None, self.text()
        return self

    @property
    def url(self) -> str:
        found = re.search(r"API +(\S+)/api/", self.text())
        assert found, self.text()
        return found[1]

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=20)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)

    def family(self) -> set[int]:
        """The process ids of all descendants."""
        found, new = set[int](), {self.pid}
        while new:
            new = {child for pid in new for child in children(pid)} - found
            found |= new
        return found

    def named(self, name: str) -> int:
        """The process id of the program whose command line ends with this sub-command, once it is there."""
        return until(lambda: next((p for p in children(self.pid) if name in command_line(p)), 0))


def _prepare(parent: int, descriptors: int) -> None:
    die_with_parent(parent)  # a test that fails early leaves nothing running
    if descriptors:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))


@contextmanager
def started(folder: Path, command: Sequence[str] = COMMAND, descriptors: int = 0, **settings: str) -> Iterator[Running]:
    folder.mkdir(parents=True, exist_ok=True)
    instance = Running(folder, command, descriptors, **settings)
    try:
        yield instance.ready()
    finally:
        instance.process.kill()
        instance.process.wait()


def refused(folder: Path, descriptors: int = 0, **settings: str) -> str:
    """What a csvapi says that cannot start: one line, exit code 1."""
    folder.mkdir(parents=True, exist_ok=True)
    instance = Running(folder, descriptors=descriptors, **settings)
    try:
        assert instance.process.wait(30) == 1, instance.text()
    finally:
        instance.process.kill()
        instance.process.wait()
    lines = instance.text().splitlines()
    assert len(lines) == 1, lines
    return lines[0]
