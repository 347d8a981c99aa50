"""Runs on a scheduler and workers that are processes of their own, with a server as the bucket; and what kills them.

With CLUSTER_TEST_SIZE, as 1GB, on a file of that size, by the server that keeps objects as files.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from benchmarks.settings import size
from csvapi.csvio.dialect import Dialect
from csvapi.csvio.disk import Limits
from csvapi.engines import cluster
from csvapi.errors import Cancelled, InvalidInput, MalformedCsv, OutputLimit, TaskError, WorkerLost
from csvapi.process.parent_death import die_with_parent
from tests.engines.cluster.comparing import STAGES as STAGES_OF
from tests.engines.cluster.comparing import STEPS, There, here
from tests.servers import free_port
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from csvapi.engines import Progress
    from csvapi.storage.objects import Objects
    from tests.engines.cluster.machines import Machines
    from tests.storage.ranged_bucket import RangedBucket

SIZE = size(os.environ.get("CLUSTER_TEST_SIZE") or "0KB")
COUNT, LONG = (SIZE // 500, b"x" * 490) if SIZE else (4_000, b"x")  # records, and the beginning of their second field
DATA = b"a,b\n" + b"".join(b'%d,"%b,\n%d"\n' % (n * 7 % (COUNT // 4), LONG, n % 5) for n in range(COUNT))
RANGES, PARTITIONS = 4, 2
SPLIT = cluster.Split(len(DATA) // RANGES, PARTITIONS)
STAGES = {"scan-0": "scan", "mark-0": "mark", "write": "write"}
SORTS = {"write": "write", "merged": "merge"}
KILLS = [
    *(("dedup last", stage) for stage in STAGES),
    *(("sort", stage) for stage in SORTS),
    ("group", "write"),
    ("dedup greatest", "mark-0"),
]


@pytest.fixture
def bucket(server: RangedBucket) -> Objects:
    return server.objects


@pytest.fixture
def there(bucket: Objects, dask: Machines, tmp_path: Path) -> Iterator[There]:
    dask.wait()
    there = There(bucket, cluster.connect(dask.address), f"{uuid4().hex}/", tmp_path)
    (tmp_path / "source").write_bytes(DATA)
    bucket.upload(f"{there.prefix}in", tmp_path / "source")
    yield there
    bucket.clear(there.prefix)


def made(bucket: Objects, there: There, stage: str) -> int:
    """How many objects of a stage there are."""
    return sum(f"/{stage}/" in key for key, _ in bucket.keys(there.prefix))


def functions(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["function"]: each for each in run["stages"][0]["functions"]}


@pytest.mark.parametrize("name", ["filter", "dedup", "unique", "filter, dedup, filter", "frequency", "join", "sort"])
def test_the_outputs_are_those_of_one_machine(tmp_path: Path, there: There, dask: Machines, name: str) -> None:
    found, run = there.run(Dialect(), STEPS[name], SPLIT)
    assert found == here(tmp_path, DATA, Dialect(), STEPS[name])
    pids = {place.rpartition(":")[2] for each in functions(run).values() for place in each["by_process"]}
    assert pids <= {str(worker.pid) for worker in dask.workers}
    assert all(each["done"] == each["calls"] - each["wrong_cuts"] for each in functions(run).values())


def test_stages_follow_one_another(tmp_path: Path, there: There) -> None:
    steps = STAGES_OF["join, filter, sort"]
    found, run = there.run(Dialect(), steps, SPLIT)
    assert found == here(tmp_path, DATA, Dialect(), steps)
    assert len(run["stages"]) == 2


@pytest.mark.parametrize(("name", "stage"), KILLS)
def test_a_killed_worker_costs_what_it_was_at(
    tmp_path: Path, there: There, bucket: Objects, dask: Machines, name: str, stage: str
) -> None:
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(there.run, Dialect(), STEPS[name], SPLIT)
        until(lambda: made(bucket, there, stage), within=60, every=0.05)
        dask.kill_worker()
        found, run = running.result()
    assert found == here(tmp_path, DATA, Dialect(), STEPS[name])
    assert functions(run)["write"]["done"] <= functions(run)["write"]["calls"]


@pytest.mark.parametrize(("name", "stage"), KILLS)
def test_a_killed_driver_costs_nothing(
    tmp_path: Path, there: There, bucket: Objects, dask: Machines, server: RangedBucket, name: str, stage: str
) -> None:
    command = [sys.executable, "-m", "tests.engines.cluster.killed_driver", dask.address, there.prefix, name]
    command += map(str, [SPLIT.size, SPLIT.partitions])
    with subprocess.Popen(
        command, env={**os.environ, **server.environ}, preexec_fn=partial(die_with_parent, os.getpid())
    ) as driver:
        until(lambda: made(bucket, there, stage) >= 2, within=60, every=0.05)
        driver.kill()
    folders = {folder: what for folder, what in (STAGES | SORTS).items() if made(bucket, there, folder)}
    before = {each: made(bucket, there, each) for each in folders}
    found, run = there.run(Dialect(), STEPS[name], SPLIT)
    assert found == here(tmp_path, DATA, Dialect(), STEPS[name])
    for folder, what in folders.items():
        counted = functions(run)[what]
        assert counted["found"] >= before[folder]
        assert counted["found"] + counted["done"] == counted["calls"]


def test_a_run_ends_where_its_task_is_cancelled(there: There, bucket: Objects) -> None:
    def cancelled(progress: Progress) -> None:
        if progress.bytes_done:
            raise Cancelled("The task was cancelled")

    with pytest.raises(Cancelled):
        there.run(Dialect(), STEPS["dedup"], SPLIT, progress=cancelled)
    assert bucket.get(f"{there.prefix}main") is None
    found, _ = there.run(Dialect(), STEPS["dedup"], SPLIT)
    assert found.main


def test_a_file_that_changes_meanwhile_fails_the_run(there: There) -> None:
    def changed(progress: Progress) -> None:
        if progress.bytes_done:
            there.bucket.put(f"{there.prefix}in", DATA[::-1])

    with pytest.raises(TaskError, match="changed while"):
        there.run(Dialect(), STEPS["dedup"], SPLIT, progress=changed)


def test_what_is_refused_has_its_place_in_the_whole_file(tmp_path: Path, there: There) -> None:
    data = DATA + b"1\n"
    there.bucket.put(f"{there.prefix}in", data)
    with pytest.raises(MalformedCsv) as wanted:
        here(tmp_path, data, Dialect(), STEPS["filter"], on_ragged="fail")
    with pytest.raises(MalformedCsv) as found:
        there.run(Dialect(), STEPS["filter"], SPLIT, on_ragged="fail")
    assert (found.value.detail, found.value.context) == (wanted.value.detail, wanted.value.context)
    assert found.value.context["row"] == 4_001


def test_the_limit_of_a_result_is_that_of_all_its_parts(there: There) -> None:
    with pytest.raises(OutputLimit, match="CSVAPI_MAX_OUTPUT"):
        there.run(Dialect(), STEPS["filter"], SPLIT, limits=Limits(output=len(DATA) // 2))


def test_a_cluster_that_is_not_there_is_a_lost_worker(there: There) -> None:
    gone = There(there.bucket, cluster.connect(f"dask://127.0.0.1:{free_port()}"), there.prefix)
    with pytest.raises(WorkerLost, match="cannot do the work"):
        gone.run(Dialect(), STEPS["filter"], SPLIT)


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(InvalidInput, match="dask://"):
        cluster.connect("ray://127.0.0.1:1")
