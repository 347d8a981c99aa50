"""Few open files: the web server lets clients wait and goes on; with too few nothing starts, and that is said."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.processes import children
from tests.start.running import Running, refused, started
from tests.waiting import until

FEW = 64


def half_open(running: Running, count: int, stack: ExitStack) -> None:
    """Clients that connect and stop in the middle of a request."""
    host, port = running.url.removeprefix("http://").split(":")
    for _ in range(count):
        client = stack.enter_context(socket.create_connection((host, int(port)), timeout=20))
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: loc")


def test_half_open_connections_end_no_process(tmp_path: Path) -> None:
    with started(tmp_path, descriptors=FEW) as running:
        server = running.named("web")
        (process,) = children(server)
        with ExitStack() as stack:
            half_open(running, 60, stack)
        until(lambda: running.get("/healthz").status_code == 200)
        assert children(server) == {process}
        with ExitStack() as stack:  # all descriptors are gone in the middle of it
            resource.prlimit(
                process, resource.RLIMIT_NOFILE, (len(list(Path(f"/proc/{process}/fd").iterdir())) + 3, FEW)
            )
            half_open(running, 60, stack)
            until(lambda: "connections wait for" in running.text())
            resource.prlimit(process, resource.RLIMIT_NOFILE, (FEW, FEW))
        until(lambda: running.get("/healthz").status_code == 200)
        assert children(server) == {process}
        assert "Traceback" not in running.text()


def test_too_few_are_named_with_the_way_out(tmp_path: Path) -> None:
    line = refused(tmp_path, descriptors=32)
    assert "Only 32 files may be open at once (ulimit -n); csvapi needs at least 64" in line
    assert "ulimit -n 1024" in line


@pytest.mark.parametrize("soft", [FEW, 512])
def test_the_soft_limit_is_raised(tmp_path: Path, soft: int) -> None:
    """To the hard one, within reason."""
    hard = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 4096)
    program = "import resource; from csvapi.start.descriptors import raise_limit; print(raise_limit())"

    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)),
    )
    assert done.stdout == f"{hard}\n", done.stderr
