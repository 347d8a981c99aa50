"""Long work leaves a core to others, in real processes."""

from __future__ import annotations

import os
import subprocess

import pytest

from csvapi.process import cores

ALL = os.sched_getaffinity(0)
LEFT = ALL - {min(ALL)} if len(ALL) > 1 else ALL  # with one core there is none to leave


@pytest.mark.parametrize("left", [True, False])
def test_a_group_shares_and_no_one_else(left: bool) -> None:
    with subprocess.Popen(["sh", "-c", "sleep 60 & echo $!; wait"], stdout=subprocess.PIPE, process_group=0) as first:
        try:
            assert first.stdout
            second = int(first.stdout.readline())
            cores.share_group(first.pid, left=True)
            cores.share_group(first.pid, left=left)
            wanted = LEFT if left else ALL
            assert os.sched_getaffinity(first.pid) == os.sched_getaffinity(second) == wanted
            assert os.sched_getaffinity(0) == ALL
        finally:
            os.killpg(first.pid, 9)


def test_what_has_ended_is_no_error() -> None:
    with subprocess.Popen(["true"], process_group=0) as ended:
        ended.wait()
    cores.share_group(ended.pid, left=True)
    cores.share(left=True, process=ended.pid)
