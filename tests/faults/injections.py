"""The faults, each as an operator meets it; every one waits until it can hurt."""

from __future__ import annotations

import os
import random
import resource
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.faults.clients import Client
from tests.faults.stack import ROOT, Stack, full
from tests.faults.workload import Subject
from tests.processes import children
from tests.waiting import until

FAULTS = {
    "work-horse killed": 20,
    "worker killed": 12,
    "queue killed, data deleted": 3,
    "database killed": 3,
    "web server killed mid-upload": 5,
    "workspace disk full": 2,
    "scheduler killed": 2,
    "worker stopped": 3,
    "temporary folder full": 2,
    "file descriptors used up": 2,
}
UPGRADE = "upgrade in the middle"  # the first fault of a campaign that begins with the release before
CONNECTIONS = 40  # that use up a web process's descriptors


class Injector:
    """Does one fault after the other, and counts those that hit."""

    def __init__(self, stack: Stack, client: Client, subject: Subject, draw: random.Random) -> None:
        self.stack, self._client, self._subject, self._draw = stack, client, subject, draw
        self.done: Counter[str] = Counter()
        self._kinds: dict[str, Callable[[], None]] = {
            "work-horse killed": lambda: self._kill(self.stack.horses),
            "worker killed": lambda: self._kill(self._busy_workers),
            "queue killed, data deleted": self._lose_queue,
            "database killed": self._restart_database,
            "web server killed mid-upload": self._kill_web,
            "workspace disk full": self._fill_disk,
            "scheduler killed": lambda: self._kill(lambda: self.stack.programs("csvapi scheduler")),
            "worker stopped": self._stop_worker,
            "temporary folder full": self._fill_temporary_folder,
            "file descriptors used up": self._use_up_descriptors,
            UPGRADE: self._upgrade,
        }

    def inject(self, name: str) -> None:
        self._kinds[name]()
        self.done[name] += 1

    def _kill(self, candidates: Callable[[], list[int]]) -> None:
        """SIGKILL for one of them, as soon as there is one."""

        def killed() -> bool:
            if not (found := candidates()):
                self._have_work()
                return False
            with suppress(ProcessLookupError):
                os.kill(self._draw.choice(found), signal.SIGKILL)
                return True
            return False

        until(killed, within=60, every=0.002)

    def _have_work(self) -> None:
        """A fault needs somebody to hurt: where nothing is asked for any more, ask for one more task."""
        query = text("SELECT COUNT(*) FROM tasks WHERE finished_at IS NULL")
        with suppress(SQLAlchemyError), self.stack.engine.connect() as connection:
            if not connection.scalar(query):
                self._client.start(self._draw)

    def _busy_workers(self) -> list[int]:
        horses = {int(_stat(horse)[1]) for horse in self.stack.horses()}
        return [pid for pid in self.stack.programs("csvapi worker") if pid in horses]

    def _lose_queue(self) -> None:
        (valkey,) = self.stack.programs("valkey-server")
        os.kill(valkey, signal.SIGKILL)
        self.stack.forget_queue()
        until(lambda: set(self.stack.programs("valkey-server")) - {valkey})

    def _restart_database(self) -> None:
        self.stack.kill_database()
        time.sleep(self._draw.uniform(0.1, 1.5))  # the length of the outage is part of the fault
        self.stack.start_database()

    def _kill_web(self) -> None:
        """One of the two processes that take requests, chosen by the upload that it has half of."""
        connection = self._client.half_an_upload(self._subject)
        try:
            half = len(self._subject.content) // 4
            until(lambda: any(path.stat().st_size > half for path in (self.stack.storage / "tmp").glob("*")))
            for pid in self.stack.web_processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with suppress(ConnectionError):
                assert connection.recv(1) == b""
        finally:
            connection.close()
        self._client.upload(self._subject)

    def _fill_disk(self) -> None:
        """Until it has hurt somebody."""
        before = self._failed_for_room()
        with full(self.stack.workspace):
            until(lambda: self._failed_for_room() > before or self._have_work(), within=60)

    def _stop_worker(self) -> None:
        """SIGSTOP for a worker and what it runs, until its task is somebody else's; then both go on, too late."""

        def stopped() -> set[int]:
            self._have_work()
            for worker in self._busy_workers():
                family = {worker, *children(worker)}
                for pid in family:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGSTOP)
                if self._running_by(worker):
                    return family
                self._go_on(family)
            return set()

        family = until(stopped, within=60)
        try:
            until(lambda: not any(map(self._running_by, family)), within=180, every=0.2)
        finally:
            self._go_on(family)

    def _go_on(self, family: set[int]) -> None:
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def _running_by(self, worker: int) -> bool:
        """Whether a task's row says that this worker has it; a worker's name holds its process id."""
        query = text("SELECT COUNT(*) FROM tasks WHERE status = 'running' AND lease_owner LIKE :name")
        with suppress(SQLAlchemyError), self.stack.engine.connect() as connection:
            return bool(connection.scalar(query, {"name": f"%-{worker}-%"}))
        return True

    def _fill_temporary_folder(self) -> None:
        """While it is full a web process is killed, so that a new one starts there, too."""
        with full(self.stack.temporary):
            os.kill(self._draw.choice(self.stack.web_processes()), signal.SIGKILL)
            for path in ("/healthz", "/metrics", "/api/v1/tasks", "/healthz") * 5:
                self._client.call("GET", path)

    def _use_up_descriptors(self) -> None:
        """No descriptor left in the web processes: requests wait until there are, and no process ends."""
        before = self.stack.web_processes()
        limits = {pid: resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in before}
        for pid, (_, hard) in limits.items():
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (_descriptors(pid) + 3, hard))
        with ExitStack() as connections:
            for _ in range(CONNECTIONS):
                connections.enter_context(self._client.half_a_request())
            until(
                lambda: all(_descriptors(pid) >= resource.prlimit(pid, resource.RLIMIT_NOFILE)[0] - 1 for pid in before)
            )
        for pid, limit in limits.items():
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)
        self._client.call("GET", "/healthz")
        assert self.stack.web_processes() == before, "a web process ended"

    def _upgrade(self) -> None:
        """As docs/operating.md says: today's migrations beside the programs of before, which work on, then today's."""
        self.stack.migrate()
        for _ in range(4):
            self._client.start(self._draw)
        self.stack.running.stop()
        self.stack.start_programs(ROOT)

    def _failed_for_room(self) -> int:
        query = text("SELECT COUNT(*) FROM tasks WHERE error_code = 'workspace_full'")
        with suppress(SQLAlchemyError), self.stack.engine.connect() as connection:
            return int(connection.scalar(query) or 0)
        return 0


def _descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 -- only their number


def _stat(pid: int) -> list[str]:
    """The fields of proc(5) stat from the state on."""
    with suppress(OSError), open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 -- as short as it gets
        return file.read().rsplit(")", 1)[1].split()
    return ["", "0"]
