"""Calls in children: each limit is named when it is passed, harms nothing else, and nothing outlives the parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from csvapi.config import Settings
from csvapi.csvio import Dialect, pages
from csvapi.errors import MalformedCsv, PreviewTooLarge, PreviewTooSlow, TooManyRequests, Unavailable
from csvapi.process.child import NICENESS
from csvapi.process.interpreter import INTERPRETER
from csvapi.process.pool import Answer, Pool
from csvapi.setting_forms import MIB
from tests.process import calls
from tests.processes import alive
from tests.waiting import until

MEMORY = 32 * MIB
SETTINGS = Settings(preview_memory=MEMORY, preview_time=1, previews=3, previews_per_user=2)


@pytest.fixture(scope="module")
def pool() -> Pool:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSVAPI_SECRET_KEY", "s" * 40)
        pool = Pool(SETTINGS)
        pool.start()
    return pool


@pytest.fixture(scope="module")
def patient() -> Pool:
    """One whose calls may wait for another thread of this process."""
    return Pool(Settings(preview_memory=MEMORY, previews=3, previews_per_user=2))


def pid(pool: Pool) -> int:
    return int(pool.call(1, calls.whoami)[0]["pid"])


def test_a_child_is_used_again(pool: Pool) -> None:
    assert pid(pool) == pid(pool) != os.getpid()


def test_short_calls_go_before_others(pool: Pool) -> None:
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    for short, niceness in ((False, usual + NICENESS), (True, usual), (False, usual + NICENESS)):
        child = int(pool.call(1, calls.whoami, short=short)[0]["pid"])
        assert os.getpriority(os.PRIO_PROCESS, child) == niceness


def test_a_child_knows_no_secrets(pool: Pool) -> None:
    environ = pool.call(1, calls.whoami)[0]["environ"]
    assert not [name for name in environ if name.startswith(("CSVAPI", "DB_", "REDIS", "DATABASE", "ADMIN"))]


@pytest.mark.parametrize(
    ("call", "arguments"),
    [(calls.taking, [2 * MEMORY]), (calls.giving, [MEMORY // 2]), (calls.aborting, [])],
    ids=["memory", "answer", "abort"],
)
def test_what_needs_too_much_ends_with_the_limit(pool: Pool, call: Callable[..., Answer], arguments: list[int]) -> None:
    with pytest.raises(PreviewTooLarge) as refused:
        pool.call(1, call, *arguments)
    assert refused.value.context["limit"] == MEMORY
    assert "CSVAPI_PREVIEW_MEMORY" in refused.value.detail
    assert pool.call(1, calls.taking, MEMORY // 2)[0] == MEMORY // 2


def test_a_file_that_is_too_long_is_not_written(patient: Pool, tmp_path: Path) -> None:
    with pytest.raises(PreviewTooLarge):
        patient.call(1, calls.writing, tmp_path / "out", 2 * MEMORY)
    assert (tmp_path / "out").stat().st_size <= MEMORY


def test_what_takes_too_long_ends_with_the_limit(pool: Pool) -> None:
    with pytest.raises(PreviewTooSlow) as refused:
        pool.call(1, calls.endless)
    assert refused.value.context["limit"] == SETTINGS.preview_time
    assert "CSVAPI_PREVIEW_TIME" in refused.value.detail
    assert pid(pool)


def test_names_that_repeat_in_every_record_are_in_bounds(patient: Pool, tmp_path: Path) -> None:
    """Records as objects by column: a name of 500 KB, 100 times."""
    path = tmp_path / "wide"
    path.write_bytes(b"n" * 500_000 + b",b\n" + b"1,2\n" * 100)
    with pytest.raises(PreviewTooLarge):
        patient.call(1, pages.objects, path, Dialect(), 100)
    assert patient.call(1, pages.objects, path, Dialect(), 1)[1].endswith(b'"b":"2"}]')


def test_an_error_crosses_unchanged(pool: Pool) -> None:
    with pytest.raises(MalformedCsv, match="no") as refused:
        pool.call(1, calls.refusing)
    assert refused.value.context == {"row": 3, "line": 4, "byte": 5}


def test_a_file_that_is_gone_is_said(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gone"):
        pool.call(1, calls.reading, tmp_path / "gone")


def test_a_mistake_comes_with_its_traceback(pool: Pool) -> None:
    with pytest.raises(RuntimeError, match="KeyError: 'a mistake'"):
        pool.call(1, calls.mistaken)


def test_killed_children_are_replaced(pool: Pool) -> None:
    """Also with the program that forks them."""
    for victim in ("pid", "parent"):
        process = int(pool.call(1, calls.whoami)[0][victim])
        os.kill(process, signal.SIGKILL)
        until(lambda process=process: not alive({process}))
        assert pid(pool) != process


@contextmanager
def held(pool: Pool, folder: Path, *users: int) -> Iterator[None]:
    """Calls that run until the block ends."""
    with ThreadPoolExecutor() as threads, ExitStack() as opened:
        running = []
        for number, user in enumerate(users):
            pipe, said = folder / f"pipe{number}", folder / f"said{number}"
            os.mkfifo(pipe)
            running.append(threads.submit(pool.call, user, calls.waiting, pipe, said))
            until(said.exists)
            opened.enter_context(pipe.open("wb"))
        yield
        opened.close()
        for each in running:
            each.result()


def test_a_user_who_has_as_many_as_may_run_is_refused_and_others_are_not(patient: Pool, tmp_path: Path) -> None:
    with held(patient, tmp_path, 1, 1):
        with pytest.raises(TooManyRequests) as refused:
            patient.call(1, calls.whoami)
        assert refused.value.context == {"limit": 2, "retry_after": 1}
        assert patient.call(2, calls.whoami)[1] == b"text"
    assert patient.call(1, calls.whoami)[1] == b"text"


def test_a_request_gives_its_turn_up_for_a_call(patient: Pool, tmp_path: Path) -> None:
    pipe, said = tmp_path / "turn", tmp_path / "turn-said"
    os.mkfifo(pipe)

    def request() -> None:
        with INTERPRETER.turn():
            patient.call(1, calls.waiting, pipe, said)

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(request)
        until(said.exists)
        free = INTERPRETER._last.over
        pipe.open("wb").close()
        running.result()
    assert free, "it is nobody's turn"


def test_short_calls_wait_for_each_other_alone(patient: Pool, tmp_path: Path) -> None:
    """However many: an upload whose header is to be read is not refused for previews, nor for other uploads."""
    with held(patient, tmp_path, 1, 1), ThreadPoolExecutor(16) as threads:
        uploads = [threads.submit(patient.call, 1, calls.whoami, short=True) for _ in range(16)]
        assert [each.result()[1] for each in uploads] == [b"text"] * 16


def test_no_more_than_may_run_at_once_do(patient: Pool, tmp_path: Path) -> None:
    with held(patient, tmp_path, 1, 1, 2), pytest.raises(Unavailable, match="CSVAPI_PREVIEWS") as refused:
        patient.call(3, calls.whoami)
    assert refused.value.context["retry_after"] == 2


PROGRAM = """
import sys
from csvapi.config import Settings
from csvapi.process.pool import Pool
from tests.process import calls

pool = Pool(Settings())
facts = pool.call(1, calls.whoami)[0]
print(facts["pid"], facts["parent"], flush=True)
sys.stdin.read()
"""


def test_nothing_outlives_a_killed_parent() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        processes = set(map(int, parent.stdout.readline().split()))
        assert len(processes) == 2
        parent.kill()
    until(lambda: not alive(processes))
