"""`make bench-service`: how long a small job takes over HTTP, how many a second, and what an upload costs in memory.

Against a real `csvapi start` with two workers, in a folder of its own. SERVICE_JOBS, SERVICE_CLIENTS, SERVICE_UPLOAD.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import chain
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

from benchmarks import data
from benchmarks.machine import facts
from benchmarks.measure import kilobytes
from benchmarks.settings import HERE, named, size

WORKERS = "2"
_ELSEWHERE = "CSVAPI_(?!WEB_WORKERS)|DB_|REDIS_|DATABASE_URL"  # settings of another service
POLL = 0.005
JOBS = int(os.environ.get("SERVICE_JOBS") or 50)
CLIENTS = int(os.environ.get("SERVICE_CLIENTS") or 8)
UPLOAD = size(os.environ.get("SERVICE_UPLOAD") or "1GB")
ACCOUNT = {"email": "bench@example.com", "password": "sunlit-harbour-41"}


class Client:
    """Somebody who is logged in, over one connection that stays open, at little cost to the cores it shares."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=600)
        self._headers: dict[str, str] = {}
        self.call("POST", "/api/register/", {**ACCOUNT, "confirm_password": ACCOUNT["password"]}, known=True)
        self._headers["Authorization"] = f"Bearer {self.call('POST', '/api/login/', ACCOUNT)['access_token']}"

    def call(self, method: str, path: str, body: Any = None, *, known: bool = False) -> dict[str, str]:
        """What is answered; anything but success ends the benchmark, unless the account may be `known` already."""
        raw = None if body is None else json.dumps(body).encode()
        return self._call(method, path, raw, {"Content-Type": "application/json"}, known=known)

    def upload(self, name: str, content: Any, size: int) -> dict[str, str]:
        """Send bytes or an open file as a form."""
        head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        tail = b"\r\n--b--\r\n"
        length = str(len(head) + size + len(tail))
        pieces = [content] if isinstance(content, bytes) else iter(lambda: content.read(1 << 20), b"")
        headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": length}
        return self._call("POST", "/api/upload-csv/", chain([head], pieces, [tail]), headers)

    def _call(
        self, method: str, path: str, body: Any, headers: dict[str, str], *, known: bool = False
    ) -> dict[str, str]:
        self._connection.request(method, path, body, {**self._headers, **headers})
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 300 and not known:
            raise SystemExit(f"{path}: {answer.status} {text}")
        return dict(json.loads(text))


class Service:
    """A running `csvapi start`."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.process, self.url = process, url

    def client(self) -> Client:
        return Client(self.url)

    def web_memory(self) -> float:
        """MiB of the web server's processes together."""
        return sum(kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") for pid in self._web()) / 1024

    def _web(self) -> list[int]:
        tree = [self.process.pid]
        for pid in tree:
            tree += _children(pid)
        return [pid for pid in tree if re.search(r"csvapi\0web\b|gunicorn", _command(pid))]


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
def started(folder: Path) -> Iterator[Service]:
    env = {name: value for name, value in os.environ.items() if not re.match(_ELSEWHERE, name)}
    env |= {"CSVAPI_PORT": "0", "CSVAPI_WORKERS": WORKERS, "CSVAPI_DATA_DIR": str(folder / "var")}
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


def job(client: Client, content: bytes) -> float:
    """Upload, start, ask until it succeeded: seconds."""
    start = time.perf_counter()
    file = client.upload("small.csv", content, len(content))["file_id"]
    task = client.call("POST", "/api/perform-operation/", {"file_id": file, "operation": "dedup"})["task_id"]
    while (answer := client.call("GET", f"/api/task-status/?task_id={task}&n=10"))["status"] != "SUCCESS":
        if answer["status"] in ("FAILURE", "CANCELLED"):
            raise SystemExit(f"a task ended as {answer}")
        time.sleep(POLL)
    return time.perf_counter() - start


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


def main() -> None:
    folder = HERE / "data"
    for name, value in facts().items():
        print(f"{name}: {value}")
    small = data.synthetic(folder, 10**6, "1MB").read_bytes()[:10_000].rpartition(b"\n")[0] + b"\n"
    large = data.synthetic(folder, UPLOAD, named(UPLOAD))
    with tempfile.TemporaryDirectory(dir=folder) as name, started(Path(name)) as service:
        client = service.client()
        job(client, small)  # the first one of each worker imports what it needs
        trips = sorted(job(client, small) for _ in range(JOBS))
        with ThreadPoolExecutor(CLIENTS) as pool:
            clients = list(pool.map(lambda _: service.client(), range(CLIENTS)))
            begin = time.perf_counter()
            each = max(JOBS * 4 // CLIENTS, 1)
            list(pool.map(lambda mine: [job(mine, small) for _ in range(each)], clients))
            rate = CLIENTS * each / (time.perf_counter() - begin)
        speed, before, peak = upload(service, client, large)
    print("\n| What | Figure |\n|---|---|")
    print(f"| One small job (10 KB), median of {JOBS} | {median(trips) * 1000:.0f} ms |")
    print(f"| … 95 of 100 within | {quantiles(trips, n=20)[-1] * 1000:.0f} ms |")
    print(f"| Small jobs a second, {CLIENTS} clients, {WORKERS} workers | {rate:.1f} |")
    print(f"| Upload of {named(UPLOAD)}, multipart | {speed:.0f} MB/s |")
    print(f"| Web server's memory before, and at most during it | {before:.0f} MiB, {peak:.0f} MiB |")


if __name__ == "__main__":
    main()
