"""A scheduler is killed while it fetches from a bucket and from an SFTP server: each file is taken once, and whole."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import ColumnElement, func, select

from csvapi.extensions import runtime, transaction
from csvapi.models import File, Task
from csvapi.places.place import PIECE
from csvapi.services import sweep
from tests.programs import program
from tests.sources.relay import Relay, relay
from tests.sources.stack import CLEAN, DATA, Stack
from tests.storage.test_service import application
from tests.waiting import until

HOLD = PIECE + PIECE // 2  # the byte at which a transfer stops: one piece is stored, more were sent
TAIL = b"".join(b"%d,%0999d\n" % (n, n) for n in range(3 * PIECE // 1000))
FILES = {"a-long.csv": DATA + TAIL, "b-poisoned.csv": b"PK\x03\x04" + bytes(100), "c-short.csv": DATA}


@pytest.fixture
def bucket(service: Stack) -> Iterator[Relay]:
    """The bucket's server, whose answers stop in the middle of a long file."""
    port = urlsplit(service.environ["CSVAPI_S3_ENDPOINT"]).port
    assert port
    with relay(port, HOLD) as found:
        yield found


@contextmanager
def scheduler(service: Stack, bucket: Relay, log: Path) -> Iterator[Any]:
    """One that waits for its servers for as long as they are held."""
    more = {"CSVAPI_S3_ENDPOINT": f"http://127.0.0.1:{bucket.port}", "CSVAPI_SOURCE_TIMEOUT": "120s"}
    with program("scheduler", service.environ | more, log) as process:
        yield process
    assert "Traceback" not in log.read_text(), log.read_text()


def test_each_file_is_taken_once_and_whole(service: Stack, bucket: Relay, tmp_path: Path) -> None:
    here, there, server = service.folder(), service.folder(), service.sftp
    places = [({"url": here}, {"url": there}), (server.place("killed"), server.place("whole"))]
    for name, content in FILES.items():
        for each, of in ((name, content), (f"{name}.done", b"")):
            service.put(here, each, of)
            (server.folder / "killed" / each).write_bytes(of)
    sources = [service.source(*each, name="Killed", marker=".done", attempts=3) for each in places]
    server.hold_reads = HOLD
    with scheduler(service, bucket, tmp_path / "log") as process:
        until(lambda: bucket.held.is_set() and server.held.is_set() and len(half(service)) == 2, within=120)
        until(lambda: all(went_on(service, source) for source in sources), within=120)
        process.send_signal(signal.SIGKILL)
        process.wait()
    server.hold_reads = 0
    server.release.set()
    assert taken(service) == {"a-long.csv": (0, 0), "b-poisoned.csv": (0, 0), "c-short.csv": (2, 2)}
    for source in sources:
        assert service.ended(source) == {"a-long.csv": "done", "b-poisoned.csv": "failed", "c-short.csv": "done"}
    assert taken(service) == {"a-long.csv": (2, 2), "b-poisoned.csv": (0, 0), "c-short.csv": (2, 2)}
    for name, content in (("a-long.clean.csv", CLEAN + TAIL), ("c-short.clean.csv", CLEAN)):
        assert service.get(there, name) == content
        assert (server.folder / "whole" / name).read_bytes() == content
    assert len(half(service)) == 2  # what the killed one had fetched: nothing refers to it, and the sweep removes it
    with application(service.environ, CSVAPI_SWEEP_GRACE="0s", CSVAPI_LEASE="0s"):
        sweep.sweep()
    assert half(service) == []


def half(service: Stack) -> list[Path]:
    """The files of the storage that hold a first piece and are no objects yet."""
    with service.app.app_context():
        return [path for path in runtime().storage.temps(0) if path.stat().st_size >= PIECE]


def went_on(service: Stack, source: dict[str, Any]) -> bool:
    """Whether the short file is delivered, and the poisoned one was tried, beside the one that is held."""
    found = {file["name"]: file for file in service.files(source)}
    return len(found) == len(FILES) and found["c-short.csv"]["state"] == "done" and found["b-poisoned.csv"]["attempts"]


def taken(service: Stack) -> dict[str, tuple[int, int]]:
    """How many uploads and tasks there are of each file, from both places together."""
    with service.app.app_context(), transaction() as session:

        def count(*which: ColumnElement[bool]) -> int:
            return session.scalars(select(func.count()).where(*which)).one()

        return {
            name: (count(File.kind == "upload", File.name == name), count(Task.label == f"Killed: {name}"))
            for name in FILES
        }
