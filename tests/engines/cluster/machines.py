"""A Dask cluster of real processes on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from csvapi.process.parent_death import die_with_parent
from tests.servers import free_port
from tests.waiting import until


@dataclass
class Machines:
    """A scheduler and its workers, which have the bucket of `environ` and nothing else of the service."""

    folder: Path
    environ: Mapping[str, str]
    port: int
    stack: ExitStack
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"dask://127.0.0.1:{self.port}"

    def start(self, program: str, *options: str) -> subprocess.Popen[bytes]:
        """Run a program of Dask's until the end."""
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *options, "--no-dashboard"]
        log = self.stack.enter_context((self.folder / f"{program}-{len(self.workers)}.log").open("ab"))
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.environ, "DASK_TEMPORARY_DIRECTORY": str(self.folder)},
            preexec_fn=partial(die_with_parent, os.getpid()),
        )
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def add_worker(self) -> None:
        """One more worker, of one thread, without a nanny that would start it again."""
        options = ["--no-nanny", "--nthreads", "1", "--host", "127.0.0.1", "--memory-limit", "0"]
        options += ["--preload", "csvapi.engines.cluster.work"]
        self.workers.append(self.start("worker", f"tcp://127.0.0.1:{self.port}", *options))

    def kill_worker(self) -> None:
        """Kill the oldest worker, as a machine does that loses its power; another one takes its place."""
        process = self.workers.pop(0)
        process.kill()
        process.wait()
        self.add_worker()

    def wait(self) -> None:
        """Until all workers are there."""
        from distributed import Client  # a second, and 25 MB, in every process of the tests that only collects them

        with Client(f"tcp://127.0.0.1:{self.port}", timeout=30, set_as_default=False) as client:
            until(lambda: len(client.scheduler_info()["workers"]) == len(self.workers), within=60)


def peak(pid: int) -> int:
    """The most bytes of memory that a process had."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) << 10


@contextmanager
def machines(folder: Path, environ: Mapping[str, str], workers: int = 2) -> Iterator[Machines]:
    """The cluster, once its workers are there."""
    with ExitStack() as stack:
        found = Machines(folder, environ, free_port(), stack)
        found.start("scheduler", "--host", "127.0.0.1", "--port", str(found.port))
        for _ in range(workers):
            found.add_worker()
        found.wait()
        yield found
