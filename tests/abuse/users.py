"""The two users of the campaign: one who abuses the service, and one whose small jobs must not suffer from it."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from typing import Any

import httpx

from tests.abuse.files import Upload, uploads
from tests.abuse.steps import Schema, pipelines
from tests.stack import PASSWORD

AT = "/api/v1"
PATIENCE = 60.0  # seconds a client waits for an answer


def sign_up(url: str, name: str) -> httpx.Client:
    client = httpx.Client(base_url=url, timeout=PATIENCE)
    account = {"email": f"{name}@example.com", "password": PASSWORD, "confirm_password": PASSWORD}
    assert client.post("/api/register/", json=account).status_code == 201
    tokens = client.post("/api/login/", json=account).json()
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return client


@dataclass
class Normal:
    """Uploads a small file, runs one step, downloads the result, again and again, and notes how long each job takes."""

    client: httpx.Client
    failures: list[str] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # by kind of request

    def jobs(self, seconds: float, pause: float = 0.1) -> list[float]:
        """The seconds that each job took, for so long."""
        taken, until = [], time.monotonic() + seconds
        while (began := time.monotonic()) < until:
            with suppress(httpx.HTTPStatusError):  # noted in `failures`
                self._job()
            taken.append(time.monotonic() - began)
            time.sleep(pause)
        return taken

    def _job(self) -> None:
        content = b"id,name\n" + b"".join(b"%d,name %d\n" % (n, n % 50) for n in range(200))
        with self._timed("upload"):
            file_id = self._ok(
                self.client.post(f"{AT}/files?name=small.csv", content=content, headers={"Content-Type": "text/csv"})
            )["id"]
        body = {"input": file_id, "steps": [{"op": "unique", "column": "name"}]}
        with self._timed("task, until it has ended"):
            task = self._ok(self.client.post(f"{AT}/tasks", json=body, headers={"Prefer": "wait=30"}))
            until = time.monotonic() + PATIENCE
            while task["status"] in {"queued", "running"} and time.monotonic() < until:
                task = self._ok(self.client.get(f"{AT}/tasks/{task['id']}"))
                time.sleep(0.02)
        if task["status"] != "succeeded":
            self.failures.append(str(task))
            return
        with self._timed("result"):
            result = self.client.get(task["links"]["result"])
        if result.content.count(b"\n") != 51:
            self.failures.append(f"{result.status_code} {result.text[:200]}")
        with self._timed("two deletions"):
            self.client.delete(f"{AT}/files/{file_id}")
            self.client.delete(f"{AT}/files/{task['result']}")

    @contextmanager
    def _timed(self, kind: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[kind].append(time.monotonic() - began)

    def _ok(self, answer: httpx.Response) -> Any:
        if answer.status_code >= 300:
            self.failures.append(f"{answer.status_code} {answer.text[:300]}")
            answer.raise_for_status()
        return answer.json()


class Hostile:
    """Sends what hurts most from several threads at once, and counts the answers by action and status."""

    def __init__(self, client: httpx.Client, sink: str, seed: int, count: int = 300) -> None:
        self.client, self._sink = client, sink
        self.answers: Counter[tuple[str, int]] = Counter()
        self.bad: list[str] = []
        self._draw = random.Random(seed)
        self._uploads = uploads()
        self.files = [id_ for each in self._uploads if (id_ := self._upload(each))]
        self.pipelines = pipelines(self.files[:5], count, seed)
        leaf = {"column": "k", "operator": "in", "value": list(range(140_000))}
        step = {"op": "filter", "filters": [leaf]}
        self._many = json.dumps({"input": self.files[0], "steps": [step]}).encode()
        self._tasks: list[str] = []
        self._webhooks: list[int] = []
        self._over: Event
        self._actions: dict[str, tuple[int, Callable[[], None]]] = {
            "task": (6, self._task),
            "preview": (6, self._preview),
            "list": (3, self._list),
            "rows": (3, self._rows),
            "upload": (2, lambda: self._upload(self._draw.choice(self._uploads)) and None),
            "webhook": (2, self._webhook),
            "in": (1, self._in),
            "cancel": (1, self._cancel),
            "classic": (1, self._classic),
        }

    def attack(self, threads: int, over: Event) -> None:
        """Send until it is over; returns when every thread has its last answer."""
        self._over = over
        running = [threading.Thread(target=self._attack, daemon=True) for _ in range(threads)]
        for each in running:
            each.start()
        for each in running:
            each.join()

    def _attack(self) -> None:
        names = [name for name, (weight, _) in self._actions.items() for _ in range(weight)]
        while not self._over.is_set():
            try:
                self._actions[self._draw.choice(names)][1]()
            except httpx.TransportError as error:
                if not self._over.is_set():
                    self.bad.append(f"no answer: {error!r}")
            except Exception as error:  # noqa: BLE001 -- its thread would end, and the attack go on weaker unseen
                self.bad.append(f"the hostile client: {error!r}")

    def call(self, action: str, method: str, path: str, **kwargs: Any) -> httpx.Response:
        answer = self.client.request(method, path, **kwargs)
        self.answers[action, answer.status_code] += 1
        if answer.status_code >= 500:
            self.bad.append(f"{method} {path} {str(kwargs)[:500]}: {answer.status_code} {answer.text[:300]}")
        return answer

    def _upload(self, upload: Upload) -> int:
        headers = {"Content-Type": upload.media_type}
        if upload.encoding:
            headers["Content-Encoding"] = upload.encoding
        path = f"{AT}/files?name={upload.name}"
        answer = self.call("upload", "POST", path, content=upload.content, headers=headers)
        return int(answer.json()["id"]) if answer.status_code == 201 else 0

    def _work(self) -> Schema:
        chosen = (
            {"output": {"escape_formulas": True, "encoding": "utf-16", "quote": "all"}}
            if self._draw.random() < 0.1
            else {}
        )
        ragged = {"on_ragged": self._draw.choice(["keep", "pad", "drop"])}
        return {"input": self._draw.choice(self.files), "steps": self._draw.choice(self.pipelines), **ragged, **chosen}

    def _task(self) -> None:
        answer = self.call("task", "POST", f"{AT}/tasks", json={**self._work(), "explain": self._draw.random() < 0.3})
        if answer.status_code in {200, 202}:
            self._tasks.append(answer.json()["id"])

    def _preview(self) -> None:
        self.call(
            "preview",
            "POST",
            f"{AT}/previews",
            json={**self._work(), "sample_rows": self._draw.choice([1, 100, 10_000])},
        )

    def _list(self) -> None:
        path = self._draw.choice(["tasks", "files", "tasks", "webhooks"])
        self.call("list", "GET", f"{AT}/{path}?limit=100")

    def _rows(self) -> None:
        file_id, limit = self._draw.choice(self.files), self._draw.choice([1, 1_000])
        self.call("rows", "GET", f"{AT}/files/{file_id}/rows?limit={limit}")

    def _in(self) -> None:
        self.call("in", "POST", f"{AT}/tasks", content=self._many, headers={"Content-Type": "application/json"})

    def _webhook(self) -> None:
        if len(self._webhooks) < 20:
            made = self.call(
                "webhook",
                "POST",
                f"{AT}/webhooks",
                json={"url": self._sink, "events": ["task.succeeded", "task.failed"]},
            )
            if made.status_code == 201:
                self._webhooks.append(made.json()["id"])
            return
        self.call("webhook", "POST", f"{AT}/webhooks/{self._draw.choice(self._webhooks)}/test")

    def _cancel(self) -> None:
        if self._tasks:
            self.call("cancel", "POST", f"{AT}/tasks/{self._draw.choice(self._tasks)}/cancel")

    def _classic(self) -> None:
        body = {
            "file_id": self._draw.choice(self.files),
            "operation": self._draw.choice(["dedup", "unique"]),
            "column": "k",
        }
        self.call("classic", "POST", "/api/perform-operation/", json=body)
        self.call("classic", "GET", f"/api/task-status/?task_id={self._tasks[-1] if self._tasks else 'x'}&n=100000")
