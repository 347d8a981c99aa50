"""Streams and waits: complete, resumable, bounded, and without a thread of the web server each."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.start.running import Running, started
from tests.waiting import until

PASSWORD = "sunlit harbour 41"
STEPS = [{"op": "dedup", "ignore": ["case", "space"]}]
SMALL = b"a,b\n1,2\n"
THREADS = 8


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A real installation whose web server has few threads."""
    folder: Path = tmp_path_factory.mktemp("streams")
    with started(folder, CSVAPI_WEB_THREADS=str(THREADS), CSVAPI_MAX_STREAMS="60") as running:
        yield running.ready()


@contextmanager
def log_in(running: Running, name: str) -> Iterator[httpx.Client]:
    limits = httpx.Limits(max_connections=None)
    with httpx.Client(base_url=running.url, timeout=30, limits=limits) as client:
        body = {"email": f"{name}@example.com", "password": PASSWORD, "confirm_password": PASSWORD}
        client.post("/api/register/", json=body)
        token = client.post("/api/login/", json=body).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def upload(client: httpx.Client, content: bytes) -> int:
    answer = client.post("/api/v1/files?name=a.csv", content=content, headers={"Content-Type": "text/csv"})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def submit(client: httpx.Client, file_id: int, **headers: str) -> httpx.Response:
    return client.post("/api/v1/tasks", json={"input": file_id, "steps": STEPS}, headers=headers)


def events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The events of a stream, as its standard says to read it."""
    event: dict[str, Any] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if not line and "data" in event:
            yield {**event, "data": json.loads(event["data"])}
            event = {}
        elif name:
            event[name] = value


@pytest.fixture(scope="module")
def ada(running: Running) -> Iterator[httpx.Client]:
    with log_in(running, "ada") as client:
        yield client


@pytest.fixture(scope="module")
def large(ada: httpx.Client) -> int:
    records = (b'%d,"name, %d",%d\n' % (n, n % 1000, n % 90) for n in range(400_000))
    return upload(ada, b"id,name,age\n" + b"".join(records))


def test_a_stream_tells_every_state_and_ends(ada: httpx.Client, large: int) -> None:
    task = submit(ada, large).json()
    with ada.stream("GET", task["links"]["events"]) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        seen = list(events(answer.iter_lines()))
    states = [event["data"]["status"] for event in seen if event["event"] == "state"]
    assert states in (["queued", "running", "succeeded"], ["running", "succeeded"])
    assert any(event["event"] == "progress" and event["data"]["bytes_total"] > 0 for event in seen)
    last = seen[-1]
    assert last["data"]["counts"]["in"] == 400_000
    again = ada.get(task["links"]["events"], headers={"Last-Event-ID": last["id"]})
    assert again.status_code == 204, "nothing can follow: the client shall not come back"
    with ada.stream("GET", task["links"]["events"], headers={"Last-Event-ID": "1.running.5"}) as resumed:
        assert [event["id"] for event in events(resumed.iter_lines())] == [last["id"]]


def test_cancelling_ends_streams_and_waits(ada: httpx.Client, large: int) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(submit, ada, large, Prefer="wait=25")
        task = until(lambda: (found := ada.get("/api/v1/tasks?limit=1&status=running").json()["items"]) and found[0])
        with ada.stream("GET", task["links"]["events"]) as answer:
            stream = events(answer.iter_lines())
            next(stream)
            began = time.monotonic()
            ended = ada.post(task["links"]["cancel"])
            *_, last = stream
        took = time.monotonic() - began
        assert ended.status_code in {200, 409}
        assert last["data"]["status"] in {"cancelled", "succeeded"}
        assert took < 10, "streams and waits end by the cancelling, long before their own 25 seconds"
        assert waiting.result().status_code == 200


def test_a_user_may_open_so_many_streams(running: Running, ada: httpx.Client) -> None:
    with log_in(running, "many") as client, paused(running), ExitStack() as stack:
        task = submit(client, upload(client, SMALL)).json()
        for _ in range(60):
            stack.enter_context(client.stream("GET", task["links"]["events"]))
        refused = client.get(task["links"]["events"])
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert int(refused.headers["Retry-After"]) > 0
        assert client.get("/api/v1/me/usage").json()["event_streams"] == {"used": 60, "limit": 60}
        client.post(task["links"]["cancel"])


@contextmanager
def paused(running: Running) -> Iterator[None]:
    """Nothing is taken from the queue while the block runs."""
    worker = running.named("worker")
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


def test_a_hundred_streams_leave_room_for_everybody_else(running: Running, ada: httpx.Client) -> None:
    """100 streams and 20 waits are open on a server of eight threads; 20 clients upload, submit and poll meanwhile."""
    with paused(running), ExitStack() as stack:
        owners = [stack.enter_context(log_in(running, f"owner{n}")) for n in range(2)]
        tasks = [submit(owner, upload(owner, SMALL)).json() for owner in owners]
        streams = [
            stack.enter_context(owner.stream("GET", task["links"]["events"]))
            for owner, task in zip(owners, tasks, strict=True)
            for _ in range(50)
        ]
        assert {stream.status_code for stream in streams} == {200}
        small = upload(ada, SMALL)
        over = threading.Event()

        def wait(_number: int) -> int:
            return submit(ada, small, Prefer="wait=5").status_code

        def work(_number: int) -> list[float]:
            took = []
            while not over.is_set() and len(took) < 10:
                began = time.monotonic()
                answer = ada.get("/api/v1/tasks?limit=5")
                assert answer.status_code == 200
                took.append(time.monotonic() - began)
            return took

        with ThreadPoolExecutor(40) as pool:
            waits = [pool.submit(wait, n) for n in range(20)]
            polls = [time for future in [pool.submit(work, n) for n in range(20)] for time in future.result()]
            over.set()
            assert {future.result() for future in waits} == {202}
        assert len(polls) == 200
        assert sorted(polls)[190] < 2.0, "95 of 100 answers within two seconds, on a busy machine"
        for owner, task in zip(owners, tasks, strict=True):
            owner.post(task["links"]["cancel"])
        for stream in streams:
            *_, last = events(stream.iter_lines())
            assert last["data"]["status"] == "cancelled"
