"""The short version of `make faults`: a few dozen tasks, every fault but the upgrade, which needs the history."""

from __future__ import annotations

import gc
import os

import pytest

from tests.faults.campaign import run
from tests.faults.injections import FAULTS
from tests.faults.workload import MIB

SOME = {name: 2 if count > 5 else 1 for name, count in FAULTS.items()}


# A server that is killed leaves its clients sockets that nobody closes: the collector's to find, not a mistake.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount the disk that is filled")
def test_every_accepted_task_ends_well_or_for_a_stated_cause() -> None:
    report = run(tasks=24, faults=SOME, seed=3, largest=20 * MIB)
    gc.collect()  # here, under this test's filter
    print(report.table())
    assert report.verdict.problems == [], report.log
    assert report.injected == SOME
    assert report.verdict.checks["accepted"] >= 24
