"""`make bench-service`: how long a small job takes over HTTP, how many a second, what each costs; and a large upload.

Against a real `csvapi start` with two workers, in a folder of its own; on SQLite, on MariaDB, and on SQLite with files
in a bucket, whose server on this machine keeps them as files. MariaDB makes each commit durable on a disk.
SERVICE_JOBS, SERVICE_CLIENTS, SERVICE_UPLOAD, SERVICE_RUNS, SERVICE_ON. The figures are kept in
benchmarks/data/service.json; SERVICE_BEFORE names such a file, of another version, to be shown beside them.
BENCH_DOCS=1 writes docs/performance.md.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import URL

from benchmarks import data
from benchmarks.machine import facts, quiet
from benchmarks.service import table
from benchmarks.service.client import Client, job
from benchmarks.service.counts import fsyncs, per_job
from benchmarks.service.polls import polls
from benchmarks.service.running import WORKERS, Service, started
from benchmarks.settings import HERE, named, size
from tests.servers import create_database, mariadb_in, short_folder
from tests.storage.file_server import file_server

JOBS = int(os.environ.get("SERVICE_JOBS") or 50)
CLIENTS = int(os.environ.get("SERVICE_CLIENTS") or 8)
UPLOAD = 0 if os.environ.get("SERVICE_UPLOAD") == "none" else size(os.environ.get("SERVICE_UPLOAD") or "1GB")
RUNS = int(os.environ.get("SERVICE_RUNS") or 3)
ON = (os.environ.get("SERVICE_ON") or "SQLite MariaDB bucket").split()


def upload(service: Service, client: Client, path: Path) -> tuple[float, float, float]:
    """MB/s, and the web server's memory in MiB before and at most during the upload."""
    before, seen, done = service.web_memory(), [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            seen.append(service.web_memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    with path.open("rb") as file:
        client.upload(path.name, file, path.stat().st_size)
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    return path.stat().st_size / 1e6 / seconds, before, max(seen)


@contextmanager
def service_on(place: str, folder: Path) -> Iterator[tuple[Service, URL | None]]:
    """A service on SQLite, on a database server of its own, or on a bucket, with the database's address if a server."""
    with ExitStack() as stack:
        url, bucket = None, {}
        if place == "MariaDB":
            server = stack.enter_context(mariadb_in(stack.enter_context(short_folder())))  # as it is installed: durable
            create_database(server, "bench")
            url = server.set(database="bench")
        elif place == "bucket":
            bucket = stack.enter_context(file_server(folder / "bucket")).environ
        yield stack.enter_context(started(folder, url, bucket)), url


def measured(folder: Path, small: bytes, large: Path | None, name: str) -> dict[str, float]:
    """One run: the figures by what they are."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(dir=folder) as place, service_on(name, Path(place)) as (service, url):
        client = service.client()
        for _ in range(4):
            job(client, small)  # the first one of each worker imports what it needs
        trips: list[float] = []
        costs = dict(per_job(service, JOBS, lambda: trips.extend(job(client, small)[0] for _ in range(JOBS)), url))
        found["one small job (10 KB), median, ms"] = median(trips) * 1000
        found["... 95 of 100 within, ms"] = quantiles(trips, n=20)[-1] * 1000
        found[f"small jobs a second, {CLIENTS} clients, {WORKERS} workers"] = _rate(service, small)
        found |= {f"a job: {what}": value for what, value in costs.items()}
        counted = fsyncs(service, 10, lambda: trips.extend(job(client, small)[0] for _ in range(10)))
        if counted is not None:
            found["a job: fsyncs"] = counted
        found |= polls(service, small)
        if large and name != "bucket":
            speed, before, peak = upload(service, client, large)
            found |= {f"upload of {named(UPLOAD)}, MB/s": speed, "web before it, MiB": before, "... at most": peak}
    return found


def _rate(service: Service, small: bytes) -> float:
    each = max(JOBS * 4 // CLIENTS, 1)
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = list(pool.map(lambda _: service.client(), range(CLIENTS)))
        begin = time.perf_counter()
        list(pool.map(lambda mine: [job(mine, small) for _ in range(each)], clients))
        return CLIENTS * each / (time.perf_counter() - begin)


def main() -> None:
    share, folder = quiet(bool(os.environ.get("BENCH_BUSY"))), HERE / "data"
    known = facts()
    small = data.synthetic(folder, 10**6, "1MB").read_bytes()[:10_000].rpartition(b"\n")[0] + b"\n"
    large = data.synthetic(folder, UPLOAD, named(UPLOAD)) if UPLOAD else None
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in ON}
    for _ in range(RUNS):  # in turn, as a machine may be slower later
        for name, figures in runs.items():
            figures.append(measured(folder, small, large, name))
    found = table.medians(runs)
    table.kept(folder / "service.json", found)
    how = f"{known['date']}, {known['machine']}, medians of {RUNS} runs of {JOBS} jobs"
    text = f"{how}; before them others took {share:.0%} of the processors' time.\n\n"
    text += table.table(found, table.earlier(os.environ.get("SERVICE_BEFORE", ""))) + "\n"
    print(text)
    if os.environ.get("BENCH_DOCS"):
        table.publish(text)


if __name__ == "__main__":
    main()
