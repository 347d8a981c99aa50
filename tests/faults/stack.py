"""The whole system as an operator runs it, on a disk that can be filled: `csvapi start` on a MariaDB of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import sqlalchemy
from sqlalchemy import Engine

from tests.processes import children, command_line
from tests.servers import create_database, mariadb_in, short_folder
from tests.start.running import Running, started

DISK = 256 << 20  # bytes of the workspace
SETTINGS = {
    "CSVAPI_WEB_WORKERS": "2",
    "CSVAPI_WORKERS": "3",
    "CSVAPI_LEASE": "6s",
    "CSVAPI_SWEEP_GRACE": "12s",
    "CSVAPI_RATE_LIMITS": "off",
    "CSVAPI_PROCESSES": "1",
    "CSVAPI_LOG_LEVEL": "WARNING",
}


class Stack:
    """What runs, and where it can be hurt."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._database = ExitStack()
        self.start_database()
        self.url = create_database(self._server, "csvapi")
        self.engine: Engine = sqlalchemy.create_engine(self.url, pool_pre_ping=True)
        self.running: Running

    def start_database(self) -> None:
        self._server = self._database.enter_context(mariadb_in(self.folder))

    def kill_database(self) -> None:
        self._database.close()

    def close(self) -> None:
        self.engine.dispose()
        self.kill_database()

    @property
    def workspace(self) -> Path:
        return self.folder / "var" / "workspace"

    @property
    def storage(self) -> Path:
        return self.folder / "var" / "files"

    def programs(self, name: str) -> list[int]:
        """The process ids of `csvapi <name>`, or of another program, under the supervisor."""
        return sorted(pid for pid in children(self.running.pid) if name in command_line(pid))

    def horses(self) -> list[int]:
        return sorted(horse for worker in self.programs("csvapi worker") for horse in children(worker))

    def web_processes(self) -> list[int]:
        return sorted(child for master in self.programs("csvapi web") for child in children(master))

    def forget_queue(self) -> None:
        """Delete all that Valkey has on disk (it is dead, and started again in a moment)."""
        shutil.rmtree(self.folder / "var" / "queue" / "appendonlydir", ignore_errors=True)

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        filler = self.workspace / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 20))
        try:
            yield
        finally:
            filler.unlink()


@contextmanager
def stack(**settings: str) -> Iterator[Stack]:
    """Everything started; at the end everything stopped, which has to succeed."""
    assert os.geteuid() == 0, "the campaign mounts a small disk to fill it: run it as root, or in a container"
    with short_folder() as folder, ExitStack() as cleanup:
        found = Stack(folder)
        cleanup.callback(found.close)
        found.workspace.mkdir(parents=True)
        size = f"size={DISK}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(found.workspace)], check=True)
        cleanup.callback(subprocess.run, ["umount", "--lazy", str(found.workspace)], check=True)
        found.running = cleanup.enter_context(started(folder, DATABASE_URL=found.url, **SETTINGS, **settings))
        yield found
