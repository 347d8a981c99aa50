"""A whole service in a folder of its own, and what its processes take."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL

from benchmarks.measure import kilobytes
from benchmarks.service.client import EMAIL, Client

WORKERS = "2"
PARTS = {"web": r"csvapi\0web\b|gunicorn", "worker": r"csvapi\0worker\b", "queue": r"valkey|redis"}
_ELSEWHERE = "CSVAPI_(?!WEB_WORKERS)|DB_|REDIS_|DATABASE_URL"  # settings of another service
_TICKS = os.sysconf("SC_CLK_TCK")


class Service:
    """A running `csvapi start`."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.process, self.url = process, url

    def client(self, email: str = EMAIL) -> Client:
        """Somebody new who is logged in."""
        return Client.of(self.url, email)

    def web_memory(self) -> float:
        """MiB of the web server's processes together."""
        return sum(kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") for pid in self.processes("web")) / 1024

    def processes(self, part: str = "") -> list[int]:
        """Everything that was started, and what that started; or one part of it."""
        return [pid for pid in tree(self.process.pid) if part in ("", _part(pid))]

    def seconds(self) -> dict[str, float]:
        """Processor time by part, with that of children that have ended."""
        found = dict.fromkeys((*PARTS, "other programs"), 0.0)
        for pid in self.processes():
            found[_part(pid)] += seconds(pid)
        return found

    def switches(self, part: str) -> int:
        """How often the threads of a part have been taken off a processor, of their own accord or not."""
        threads = [thread for pid in self.processes(part) for thread in Path(f"/proc/{pid}/task").iterdir()]
        kinds = ("voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:")
        return sum(kilobytes(thread / "status", kind) for thread in threads for kind in kinds)

    @property
    def queue(self) -> str:
        """The address of the queue, as the web server has it."""
        (web, *_) = self.processes("web")
        variables = Path(f"/proc/{web}/environ").read_bytes().split(b"\0")
        return next(each.removeprefix(b"REDIS_URL=").decode() for each in variables if each.startswith(b"REDIS_URL="))


def _part(pid: int) -> str:
    return next((name for name, like in PARTS.items() if re.search(like, _command(pid))), "other programs")


def tree(pid: int) -> list[int]:
    """A process, and what it started."""
    found = [pid]
    for each in found:
        found += _children(each)
    return found


def seconds(pid: int) -> float:
    """Processor time of a process, with that of children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    except OSError:
        pass
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@contextmanager
def started(folder: Path, database: URL | None, bucket: Mapping[str, str]) -> Iterator[Service]:
    """A service with two workers, on SQLite or on a database that is given, and on a folder or a bucket by its
    settings."""
    env = {name: value for name, value in os.environ.items() if not re.match(_ELSEWHERE, name)}
    env |= {"CSVAPI_PORT": "0", "CSVAPI_WORKERS": WORKERS, "CSVAPI_DATA_DIR": str(folder / "var"), **bucket}
    if database is not None:
        env["DATABASE_URL"] = database.render_as_string(hide_password=False)
    log = folder / "log"
    with log.open("wb") as output:
        command = [sys.executable, "-P", "-m", "csvapi", "start"]
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output)
    try:
        while not (found := re.search(r"API +(\S+)/api/", log.read_text())):
            if process.poll() is not None:
                raise SystemExit(log.read_text())
            time.sleep(0.05)
        yield Service(process, found[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
