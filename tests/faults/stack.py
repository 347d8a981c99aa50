"""The whole system as an operator runs it, on a disk that can be filled: `csvapi start` on a MariaDB of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import sqlalchemy
from sqlalchemy import Engine

from tests.processes import children, command_line
from tests.servers import create_database, free_port, mariadb_in, short_folder
from tests.start.running import Running, started

DISK = 256 << 20  # bytes of the workspace
TEMPORARY = 64 << 20  # bytes of the temporary folder
ROOT = Path(__file__).parents[2]
BEFORE = "3270c86"  # the last commit of release 0.2.0, from which an upgrade starts
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
        self.port = free_port()
        self._programs = ExitStack()
        self.running: Running
        self.workspace.mkdir(parents=True)
        self.temporary.mkdir()

    def start_database(self) -> None:
        self._server = self._database.enter_context(mariadb_in(self.folder))

    def kill_database(self) -> None:
        self._database.close()

    def start_programs(self, code: Path, **settings: str) -> None:
        """`csvapi start` of the code in this folder."""
        environment = {**SETTINGS, "CSVAPI_PORT": str(self.port), "TMPDIR": str(self.temporary), **settings}
        found = started(self.folder, DATABASE_URL=self.url, PYTHONPATH=str(code), **environment)
        self.running = self._programs.enter_context(found)

    def code_before(self) -> Path:
        """The code of the release before, as it is in the history of this checkout."""
        folder = self.folder / "before"
        folder.mkdir()
        archive = subprocess.run(["git", "archive", BEFORE], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
        return folder

    def migrate(self) -> None:
        """`csvapi migrate` of today's code, beside the programs that run, with the environment that they have."""
        (master,) = self.programs("csvapi web")
        pairs = Path(f"/proc/{master}/environ").read_bytes().decode().split("\0")
        environment = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
        command = [sys.executable, "-P", "-m", "csvapi", "migrate"]
        subprocess.run(command, cwd=self.folder, env={**environment, "PYTHONPATH": str(ROOT)}, check=True)

    def close(self) -> None:
        self._programs.close()
        self.engine.dispose()
        self.kill_database()

    @property
    def workspace(self) -> Path:
        return self.folder / "var" / "workspace"

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

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
def full(folder: Path) -> Iterator[None]:
    """The file system of this folder without a byte left."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 20))
    with suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(bytes(1))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def stack(*, before: bool = False, **settings: str) -> Iterator[Stack]:
    """Everything started, of the release `before` if asked; at the end everything stopped, which has to succeed."""
    assert os.geteuid() == 0, "the campaign mounts small disks to fill them: run it as root, or in a container"
    with short_folder() as folder, ExitStack() as cleanup:
        found = Stack(folder)
        cleanup.callback(found.close)
        for place, size in ((found.workspace, DISK), (found.temporary, TEMPORARY)):
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True)
            cleanup.callback(subprocess.run, ["umount", "--lazy", str(place)], check=True)
        found.start_programs(found.code_before() if before else ROOT, **settings)
        yield found
