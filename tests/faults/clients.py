"""Users who upload and start tasks over HTTP, and ask again when an answer fails, as real clients do."""

from __future__ import annotations

import random
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from tests.faults.workload import OPERATIONS, Subject
from tests.stack import PASSWORD
from tests.waiting import until

_BOUNDARY = "fault"


@dataclass
class Client:
    """One user; `files` are the subjects by file id, `accepted` what a task id was promised for."""

    http: httpx.Client
    files: dict[int, Subject] = field(default_factory=dict)
    accepted: dict[str, tuple[Subject, str]] = field(default_factory=dict)
    refused: int = 0

    @classmethod
    def sign_up(cls, url: str, number: int) -> Client:
        client = cls(httpx.Client(base_url=url, timeout=30))
        account = {"email": f"user{number}@example.com", "password": PASSWORD, "confirm_password": PASSWORD}
        assert client.http.post("/api/register/", json=account).status_code == 201
        tokens = client.http.post("/api/login/", json=account).json()
        client.http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        return client

    def call(self, method: str, path: str, **kwargs: object) -> httpx.Response:
        """Ask until the answer is one; a 503 and a lost connection are none."""

        def answer() -> httpx.Response | None:
            try:
                got = self.http.request(method, path, **kwargs)  # type: ignore[arg-type]
            except httpx.TransportError:
                self.refused += 1
                return None
            self.refused += got.status_code == 503
            return got if got.status_code != 503 else None

        found = until(answer, within=60, every=0.2)
        assert found is not None
        assert found.status_code < 400, found.text
        return found

    def upload(self, subject: Subject) -> None:
        form = {"file": ("people.csv", subject.content, "text/csv")}
        self.files[int(self.call("POST", "/api/upload-csv/", files=form).json()["file_id"])] = subject

    def start(self, draw: random.Random) -> None:
        file_id, subject = draw.choice(sorted(self.files.items(), key=lambda item: item[0]))
        operation = draw.choice(sorted(OPERATIONS))
        body = {"file_id": file_id, "operation": operation, **OPERATIONS[operation][0]}
        task_id = self.call("POST", "/api/perform-operation/", json=body).json()["task_id"]
        self.accepted[task_id] = (subject, operation)

    def half_a_request(self) -> socket.socket:
        """A connection on which a request began that never ends."""
        parts = urlsplit(str(self.http.base_url))
        connection = socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=30)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
        return connection

    def half_an_upload(self, subject: Subject) -> socket.socket:
        """A connection on which an upload stopped in the middle."""
        parts = urlsplit(str(self.http.base_url))
        head = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="half.csv"\r\n'
            "Content-Type: text/csv\r\n\r\n"
        ).encode()
        request = (
            f"POST /api/upload-csv/ HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Authorization: {self.http.headers['Authorization']}\r\n"
            f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\n"
            f"Content-Length: {len(head) + len(subject.content) + len(_BOUNDARY) + 8}\r\n\r\n"
        ).encode()
        connection = socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=30)
        connection.sendall(request + head + subject.content[: len(subject.content) // 2])
        return connection
