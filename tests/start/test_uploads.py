"""A resumable upload survives the web processes that take it."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from csvapi.services.upload_parts import SEGMENT
from tests.processes import children
from tests.stack import PASSWORD
from tests.start.running import Running, started
from tests.waiting import until

TUS = {"Tus-Resumable": "1.0.0"}


def signed_in(running: Running) -> httpx.Client:
    account = {"email": "ada@example.com", "password": PASSWORD, "confirm_password": PASSWORD}
    client = httpx.Client(base_url=running.url, timeout=60)
    assert client.post("/api/register/", json=account).status_code == 201
    client.headers["Authorization"] = f"Bearer {client.post('/api/login/', json=account).json()['access_token']}"
    return client


def offset(client: httpx.Client, at: str) -> int:
    """How far the upload is; -1 while nobody answers."""
    with suppress(httpx.TransportError):
        answer = client.head(at, headers=TUS)
        return int(answer.headers["Upload-Offset"]) if answer.status_code == 200 else -1
    return -1


def test_a_killed_web_process_leaves_what_is_durable(tmp_path: Path) -> None:
    records = b"".join(b"%d,%064d\n" % (each, each) for each in range(10_000))
    data = b"id,text\n" + records * 30  # 21 MB, more than a segment
    with started(tmp_path) as running, closing(signed_in(running)) as client:
        at = client.post("/api/v1/uploads", headers={**TUS, "Upload-Length": str(len(data))}).headers["Location"]
        named = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        head: dict[str, Any] = {**client.headers, **named, "Host": "localhost", "Content-Length": len(data)}
        lines = [f"PATCH {at} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        place = urlsplit(running.url)
        with socket.create_connection((str(place.hostname), int(place.port or 0))) as connection:
            connection.sendall("\r\n".join(lines).encode() + data[:-1])
            begun = until(lambda: max(offset(client, at), 0))
            assert SEGMENT <= begun < len(data), "a part is durable before its request has ended"
            for pid in children(running.named(" web ")):
                os.kill(pid, signal.SIGKILL)
            until(lambda: offset(client, at) == begun, within=60)
        rest = client.patch(at, content=data[begun:], headers={**named, "Upload-Offset": str(begun)})
        assert rest.headers["Upload-Offset"] == str(len(data)), rest.text
        file = client.get(f"/api/v1/files/{rest.headers['Upload-File-Id']}").json()
        assert file["sha256"] == hashlib.sha256(data).hexdigest()
        kept = [path for path in (tmp_path / "var" / "files").glob("??/*") if path.is_file()]
        assert len(kept) == 1, "the parts are gone"
        assert running.stop() == 0
