"""Tasks that need more memory than they may have: they fail at once, say so, and harm nothing else."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest

from csvapi.services import tasks
from csvapi.setting_forms import MIB
from tests.jobs.test_tasks import ended, worker
from tests.processes import children
from tests.services.alone import alone, ann, application, environ, row, stored
from tests.stack import Account
from tests.waiting import until

__all__ = ["alone", "ann", "environ"]
pytestmark = pytest.mark.parametrize("environ", ["sqlite"], indirect=True)  # nothing here is the database's
TRIM = [{"op": "set", "trim": True}]
LITTLE = {"CSVAPI_TASK_MEMORY": "1MiB"}  # so that the limit is 101 MiB above what a process has


def greedy(account: Account) -> str:
    record = b'1,"' + b"a\n" * (7 * MIB) + b'"\n'  # of 14 MiB, which takes 20 times as much
    return tasks.submit(account.id, stored(account, b"id,name\n" + record + b"2,b\n"), TRIM).id


def small(account: Account) -> str:
    return tasks.submit(account.id, stored(account, b"a\n1\n"), TRIM).id


def pss(process: int) -> int:
    """Bytes of memory that are the process's, its share of what it has with others included; 0 once it has ended."""
    with suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{process}/smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) * 1024 if found else 0
    return 0


def test_a_process_of_a_task_ends_out_of_memory_at_once(environ: dict[str, str], ann: Account, tmp_path: Path) -> None:
    with worker(environ, tmp_path, **LITTLE) as process:
        assert ended(small(ann)).status == "succeeded"
        base, peak = pss(process.pid), 0
        task_id = greedy(ann)

        def is_over() -> bool:
            nonlocal peak
            peak = max([peak, *map(pss, children(process.pid))])
            return row(task_id).status not in {"queued", "running"}

        until(is_over, 60)
        task = row(task_id)
        assert (task.status, task.error_code, task.attempt) == ("failed", "out_of_memory", 1), task.error_detail
        assert task.error_detail
        assert "CSVAPI_TASK_MEMORY" in task.error_detail
        assert peak - base < 101 * MIB, "what it had after its imports, and the limit"
        assert ended(small(ann)).status == "succeeded"
        assert process.poll() is None


def test_a_worker_that_was_short_of_memory_itself_begins_anew(
    environ: dict[str, str], ann: Account, tmp_path: Path
) -> None:
    above = {"CSVAPI_FORK_ABOVE": "64MiB"}
    with application(environ, **above), worker(environ, tmp_path, **LITTLE, **above) as process:
        assert ended(small(ann)).status == "succeeded"
        base, task = pss(process.pid), ended(greedy(ann))
        assert (task.status, task.error_code, task.attempt) == ("failed", "out_of_memory", 1), task.error_detail
        assert ended(small(ann)).status == "succeeded"
        assert "worker_begins_anew" in (tmp_path / "log").read_text()
        assert pss(process.pid) < base + 16 * MIB
        process.terminate()
        assert process.wait(20) == 0
