"""Somebody who uses the service: uploads, starts, polls."""

from __future__ import annotations

import json
import time
from http.client import HTTPConnection
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

POLL = 0.005
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
