"""The web server lets requests take turns, but not those that wait for something."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.request import urlopen

import pytest

from csvapi.process.parent_death import die_with_parent
from tests.start.turns_application import THREADS


@pytest.mark.parametrize(("path", "at_once"), [("/running", [1]), ("/waiting", range(2, THREADS + 1))])
def test_requests_run_one_at_a_time_and_wait_side_by_side(path: str, at_once: list[int]) -> None:
    command = [sys.executable, "-m", "tests.start.turns_application"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=partial(die_with_parent, os.getpid())
    ) as server:
        assert server.stdout
        port = server.stdout.readline().strip()

        def asked(_: int) -> int:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
                return int(answer.read())

        with ThreadPoolExecutor(THREADS) as pool:
            most = max(pool.map(asked, range(10 * THREADS)))
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    assert most in at_once
