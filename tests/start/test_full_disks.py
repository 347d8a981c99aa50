"""A running instance whose disks fill up: it goes on, says what is wrong, and lets its users make room."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.processes import alive, children
from tests.services.test_disks import MIB, disk
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
        for method in range(40):  # more kinds of answers than fit into what the files have
            assert running.get(f"/swagger/{method}").status_code == 404
            assert running.get("/healthz").status_code == 200
        for path in ("/readyz", "/metrics", "/api/task-status/", "/redoc/", "/admin/", "/rq/", "/openapi.json"):
            assert running.get(path).status_code < 500
        assert children(server) == {process}
        os.kill(process, signal.SIGKILL)  # the next process finds no room for files of its own
        until(lambda: not alive({process}))
        assert until(lambda: running.get("/metrics")).status_code == 200
        assert "requests_of_this_process_are_missing_from_metrics" in running.text()
        assert "SIGBUS" not in running.text()
