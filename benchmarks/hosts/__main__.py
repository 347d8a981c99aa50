"""`make bench-hosts`: how many tasks a second one host and two do, and what each task takes of their processors.

A host is a worker with a folder of its own and, where this process may make them, a network of its own; all have one
MariaDB, one queue and one bucket, each a server of its own. HOSTS_COUNTS, HOSTS_TASKS, HOSTS_SIZE.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import data
from benchmarks.hosts.namespaces import SERVERS, Host, hosts, possible
from benchmarks.machine import facts
from benchmarks.service.client import EMAIL, POLL, Client
from benchmarks.service.running import seconds, tree
from benchmarks.settings import HERE, named, size
from csvapi.process.parent_death import die_with_parent
from tests.servers import create_database, free_port, private_mariadb, private_valkey
from tests.stack import environment
from tests.storage.file_server import file_server
from tests.waiting import until

COUNTS = [int(each) for each in (os.environ.get("HOSTS_COUNTS") or "1 2").split()]
TASKS = int(os.environ.get("HOSTS_TASKS") or 20)
SIZE = size(os.environ.get("HOSTS_SIZE") or "20MB")
PARTS = ("web", "workers", "bucket")


@dataclass(frozen=True)
class Figures:
    """Tasks a second, and by part seconds of processors for a task."""

    rate: float
    used: Mapping[str, float]


def measured(content: bytes, count: int, folder: Path) -> Figures:
    """So many hosts, from an empty service on."""
    with ExitStack() as stack:
        apart = possible()
        enter = stack.enter_context
        machines = enter(hosts(count)) if apart else [Host(())] * count
        bucket = enter(file_server(folder / "bucket", host=SERVERS if apart else "127.0.0.1"))
        url = create_database(enter(private_mariadb()), "hosts")
        environ = environment(url, enter(private_valkey()), folder / "web", **bucket.environ)
        environ["CSVAPI_PORT"] = str(free_port())
        run = partial(_started, environ, folder)
        with run("migrate") as migrating:
            if migrating.wait():
                raise SystemExit((folder / "migrate").read_text())
        web = enter(run("web"))
        workers = [enter(run("worker", machine, number)) for number, machine in enumerate(machines, start=1)]
        address = f"http://127.0.0.1:{environ['CSVAPI_PORT']}"
        until(partial(_answers, address), within=120)
        client = Client.of(address, EMAIL)
        _done(client, _submitted(client, content, 2 * count))  # each worker imports what it needs
        pids = {"web": [web.pid], "workers": [each.pid for each in workers], "bucket": [bucket.pid]}
        before, began = _used(pids), time.perf_counter()
        _done(client, _submitted(client, content, TASKS))
        wall, after = time.perf_counter() - began, _used(pids)
        return Figures(TASKS / wall, {part: (after[part] - before[part]) / TASKS for part in PARTS})


@contextmanager
def _started(
    environ: Mapping[str, str], folder: Path, program: str, host: Host | None = None, number: int = 0
) -> Iterator[subprocess.Popen[bytes]]:
    """A program of csvapi's, on a host with a folder of its own."""
    own = {**os.environ, **environ, "CSVAPI_DATA_DIR": str(folder / f"{program}-{number}")}
    with (folder / program).open("ab") as log:
        command = [*(host.command if host else ()), sys.executable, "-m", "csvapi", program]
        die = partial(die_with_parent, os.getpid())
        process = subprocess.Popen(command, env=own, stdout=log, stderr=log, preexec_fn=die)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def _answers(address: str) -> bool:
    try:
        Client.of(address, EMAIL)
    except OSError:
        return False
    return True


def _submitted(client: Client, content: bytes, count: int) -> list[str]:
    """One upload, and so many tasks over it."""
    file = client.upload("people.csv", content, len(content))["file_id"]
    body = {"file_id": file, "operation": "dedup"}
    return [client.call("POST", "/api/perform-operation/", body)["task_id"] for _ in range(count)]


def _done(client: Client, tasks: list[str]) -> None:
    for task in tasks:
        while (status := client.call("GET", f"/api/task-status/?task_id={task}&n=1")["status"]) != "SUCCESS":
            if status in ("FAILURE", "CANCELLED"):
                raise SystemExit(f"a task ended as {status}")
            time.sleep(10 * POLL)


def _used(pids: Mapping[str, list[int]]) -> dict[str, float]:
    return {part: sum(seconds(each) for pid in some for each in tree(pid)) for part, some in pids.items()}


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no network is left
    for name, value in facts().items():
        print(f"{name}: {value}")
    content = data.synthetic(HERE / "data", SIZE, named(SIZE)).read_bytes()
    print(f"\n{TASKS} dedups of {named(SIZE)}; hosts with a network of their own: {'yes' if possible() else 'no'}\n")
    print("| hosts | tasks a second | CPU s of a task: web | workers | bucket |\n|---|---|---|---|---|")
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as folder:
            found = measured(content, count, Path(folder))
        figures = " | ".join(f"{found.used[part]:.2f}" for part in PARTS)
        print(f"| {count} | {found.rate:.2f} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
