"""A running instance whose disks fill up: it goes on, says what is wrong, and lets its users make room."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.processes import alive, children
from tests.services.test_disks import MIB, disk
from tests.stack import PASSWORD
from tests.start.running import started
from tests.waiting import until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk")


def fill(folder: Path) -> Path:
    """Take the last byte of the folder's disk."""
    path = folder / "filler"
    with path.open("ab", buffering=0) as file:
        for size in (MIB, 4096, 1):
            with suppress(OSError):  # until there is no room for so many
                while True:
                    file.write(bytes(size))
    return path


def test_metrics_end_no_process_though_their_disk_is_full(tmp_path: Path) -> None:
    with disk(tmp_path / "temp", MIB) as temp, started(tmp_path / "run", TMPDIR=str(temp)) as running:
        server = running.named("web")
        (process,) = children(server)
        fill(temp)
        for path in ("/readyz", "/metrics", "/api/task-status/", "/redoc/", "/admin/", "/rq/", "/openapi.json"):
            assert running.get(path).status_code < 500
        assert children(server) == {process}
        os.kill(process, signal.SIGKILL)  # the next process finds no room for files of its own
        until(lambda: not alive({process}))
        assert until(lambda: running.get("/metrics")).status_code == 200
        assert "requests_of_this_process_are_missing_from_metrics" in running.text()
        assert "SIGBUS" not in running.text()


def test_files_can_be_deleted_and_readyz_says_so_on_a_full_disk(tmp_path: Path) -> None:
    with (
        disk(tmp_path / "disk", 64 * MIB) as folder,
        started(folder / "run") as running,
        httpx.Client(base_url=running.url, timeout=30) as http,
    ):
        account = {"email": "ann@example.com", "password": PASSWORD, "confirm_password": PASSWORD}
        http.post("/api/register/", json=account)
        token = http.post("/api/login/", json=account).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        files = [
            http.post("/api/upload-csv/", files={"file": ("a.csv", b"a\n1\n")}).json()["file_id"] for _ in range(9)
        ]
        assert http.get("/readyz").status_code == 200
        filler = fill(folder)
        ready = until(lambda: (found := http.get("/readyz").json())["storage"] != "ok" and found)
        assert ready["storage"] == "The storage is full; delete files or ask the operator for room"
        assert (ready["status"], ready["database"]) == ("unavailable", "ok")
        for file_id in files:
            assert http.delete(f"/api/v1/files/{file_id}").status_code == 204
            fill(folder)  # what became free is taken again
        assert http.get("/api/v1/files").json()["items"] == []
        assert http.post("/api/login/", json=account).status_code == 200
        filler.unlink()
        until(lambda: http.get("/readyz").status_code == 200)
