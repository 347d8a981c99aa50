"""Two schedulers as processes, one of which is killed in the middle: each file is taken, and delivered, once."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from csvapi.extensions import transaction
from csvapi.models import File, FileState, SourceFile, Task, now
from tests.programs import program
from tests.servers import create_database
from tests.sources.stack import AGO, CLEAN, DATA, Stack, stack
from tests.waiting import until

FILES = 6


@pytest.fixture(params=["sqlite", "mariadb"])
def service(request: pytest.FixtureRequest, queue: str, tmp_path: Path) -> Iterator[Stack]:
    """A service of its own on each kind of database: schedulers of others would read its sources, too."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'db'}"
    else:
        url = create_database(
            request.getfixturevalue("mariadb"), f"sources_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"
        )
    with stack(tmp_path, url, queue) as found:
        yield found


@contextmanager
def scheduler(service: Stack, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with program("scheduler", service.environ, log) as process:
        yield process
    assert "Traceback" not in log.read_text(), log.read_text()


def test_each_file_is_delivered_once_whatever_is_killed(service: Stack, tmp_path: Path) -> None:
    server = service.sftp
    source = service.source(server.place("in"), server.place("out"), marker=".done")
    for number in range(FILES):
        (server.folder / "in" / f"{number}.csv").write_bytes(DATA + b"%d,x\n" % number)
        (server.folder / "in" / f"{number}.csv.done").touch()
    server.hold = ".part"  # the first write to the target waits in the middle
    with ExitStack() as held:
        both = [held.enter_context(scheduler(service, tmp_path / f"{each}.log")) for each in ("one", "two")]
        until(server.held.is_set, within=120)
        killed = _holder(service, both)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        server.hold = ""
        server.release.set()
        _let_go(service, killed.pid)
        until(lambda: _done(service, both, killed), within=120)
    assert sorted(path.name for path in (server.folder / "out").iterdir()) == [f"{n}.clean.csv" for n in range(FILES)]
    for number in range(FILES):
        assert (server.folder / "out" / f"{number}.clean.csv").read_bytes() == CLEAN + b"%d,x\n" % number
    assert Counter(Counter(server.renamed).values()) == {1: FILES}  # no result appeared twice
    with service.app.app_context(), transaction() as session:
        assert session.scalar(select(func.count()).select_from(Task)) == FILES
        assert session.scalar(select(func.count()).where(File.kind == "upload")) == FILES
    assert {file["name"] for file in service.files(source)} == {f"{number}.csv" for number in range(FILES)}


def _holder(service: Stack, both: list[subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """The scheduler that is writing."""
    with service.app.app_context(), transaction() as session:
        writing = (SourceFile.state == FileState.READY, SourceFile.part.is_not(None), SourceFile.holder.is_not(None))
        name = session.scalars(select(SourceFile.holder).where(*writing)).first()
    return next(each for each in both if str(each.pid) in str(name))


def _let_go(service: Stack, process: int) -> None:
    """Let the time pass after which what a killed process held is taken over."""
    with service.app.app_context(), transaction() as session:
        mine = SourceFile.holder.contains(str(process))
        session.execute(update(SourceFile).where(mine, SourceFile.next_at.is_not(None)).values(next_at=now() - AGO))


def _done(service: Stack, both: list[subprocess.Popen[bytes]], killed: subprocess.Popen[bytes]) -> bool:
    assert all(each.poll() is None for each in both if each is not killed)
    with service.app.app_context(), transaction() as session:
        states = session.scalars(select(SourceFile.state)).all()
    return len(states) == FILES and set(states) == {FileState.DONE}
