"""Somebody who uses the service: uploads, starts, polls."""

from __future__ import annotations

import json
import time
from http.client import HTTPConnection
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

POLL = 0.005
EMAIL, PASSWORD = "bench@example.com", "sunlit-harbour-41"


class Client:
    """Somebody who is logged in, over one connection that stays open, at little cost to the cores it shares."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._url, self._headers = url, headers
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=600)

    @classmethod
    def of(cls, url: str, email: str) -> Client:
        """The user of this address, who is registered if not known."""
        client = cls(url, {})
        account = {"email": email, "password": PASSWORD}
        client.call("POST", "/api/register/", {**account, "confirm_password": PASSWORD}, known=True)
        return cls(url, {"Authorization": f"Bearer {client.call('POST', '/api/login/', account)['access_token']}"})

    def another(self) -> Client:
        """The same user, over a connection of its own."""
        return Client(self._url, self._headers)

    def status(self, task: str) -> dict[str, str]:
        """What is known of a task, with the first records of its result."""
        return self.call("GET", f"/api/task-status/?task_id={task}&n=10")

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


def start(client: Client, content: bytes) -> str:
    """Upload a file and start a task over it: the task."""
    file = client.upload("small.csv", content, len(content))["file_id"]
    return client.call("POST", "/api/perform-operation/", {"file_id": file, "operation": "dedup"})["task_id"]


def job(client: Client, content: bytes) -> tuple[float, str]:
    """Upload, start, ask until it succeeded: seconds, and the task."""
    begin = time.perf_counter()
    task = start(client, content)
    while (answer := client.status(task))["status"] != "SUCCESS":
        if answer["status"] in ("FAILURE", "CANCELLED"):
            raise SystemExit(f"a task ended as {answer}")
        time.sleep(POLL)
    return time.perf_counter() - begin, task
