"""Tasks on a cluster: submitted over HTTP, driven by a worker, run by other processes that know only the bucket."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from csvapi.services import cluster_runs
from csvapi.storage import FILES, WORK
from csvapi.storage.objects import Objects
from tests.api.v1 import V1
from tests.engines.cluster.machines import Machines, machines
from tests.processes import children
from tests.servers import free_port
from tests.stack import environment, migrated, sign_up
from tests.storage.file_server import file_server
from tests.storage.ranged_bucket import RangedBucket
from tests.storage.test_service import application, redis_url, worker
from tests.waiting import until

__all__ = ["redis_url"]
ROWS = [(n * 7 % 15_000, "x,\n" if n % 3 else "y") for n in range(20_000)]
DATA = b"id,name\n" + b"".join(b'%d,"%b %0100d"\n' % (n, name.encode(), 0) for n, name in ROWS)
STEPS: list[dict[str, Any]] = [
    {"op": "filter", "filters": [{"column": "id", "operator": "<", "value": 13_500}]},
    {"op": "dedup", "columns": ["id"], "keep": "last"},
]


class PatientV1(V1):
    """Waits longer for a task: on a busy machine the processes of a cluster take their time."""

    def finished(self, task_id: str) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            task = self.ok("GET", f"/tasks/{task_id}")
            return task if task["status"] not in {"queued", "running"} else None

        return dict(until(ended, within=120, every=0.1) or {})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RangedBucket]:
    with file_server(tmp_path_factory.mktemp("bucket")) as server:
        yield server


@pytest.fixture(scope="module")
def dask(server: RangedBucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("dask"), server.environ) as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service")


@pytest.fixture(scope="module")
def environ(server: RangedBucket, dask: Machines, redis_url: str, folder: Path) -> dict[str, str]:
    given = {"CSVAPI_CLUSTER": dask.address, "CSVAPI_CLUSTER_RANGE": "1MiB", "CSVAPI_CLUSTER_ABOVE": "3MiB"}
    given |= {**server.environ, "CSVAPI_LEASE": "2s"}
    return environment(migrated(folder / "db"), redis_url, folder / "web", **given)


@pytest.fixture(scope="module")
def app(environ: dict[str, str]) -> Iterator[Flask]:
    with application(environ) as app:
        yield app


@pytest.fixture(scope="module")
def machine(environ: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The worker of all tests from the first on that asks for it."""
    with worker(environ, folder / "worker") as process:
        yield process


@pytest.fixture
def v1(app: Flask) -> V1:
    return PatientV1(sign_up(app.test_client()))


@pytest.fixture
def bucket(server: RangedBucket) -> Objects:
    return server.objects


def outcome(v1: V1, task: dict[str, Any]) -> tuple[bytes, bytes, bytes, dict[str, Any]]:
    """Result, dropped records, reasons and receipt."""
    at = f"/tasks/{task['id']}"
    receipt = v1.ok("GET", f"{at}/receipt")["receipt"]
    csv = {"Accept": "text/csv"}
    dropped, reasons = v1.get(f"{at}/dropped").data, v1.get(f"{at}/dropped?reasons=1", headers=csv).data
    return v1.result(task), dropped, reasons, receipt


def begun(bucket: Objects, task: dict[str, Any]) -> bool:
    """Whether a function of the task has left something."""
    return any("/scan-0/" in key for key, _ in bucket.keys(f"{WORK}{task['id']}/"))


def how(v1: V1, task: dict[str, Any]) -> dict[str, Any]:
    return dict(v1.ok("GET", f"/tasks/{task['id']}/receipt")["run"])


def test_the_sweep_takes_what_ended_tasks_left(v1: V1, bucket: Objects) -> None:
    """The first, as no worker may take the task."""
    task = v1.submit(v1.upload(b"a\n1\n")["id"], {"op": "dedup"})
    gone = "00000000-0000-4000-8000-000000000000"
    for task_id in (task["id"], gone):
        bucket.put(f"{WORK}{task_id}/0/job", b"")
    assert cluster_runs.sweep() == 1
    assert [key for key, _ in bucket.keys(f"{WORK}{task['id']}/")], "it may still run"
    v1.ok("POST", f"/tasks/{task['id']}/cancel")
    assert cluster_runs.sweep() == 1


@pytest.mark.usefixtures("machine")
def test_a_task_on_the_cluster_is_the_same_task(v1: V1, bucket: Objects, folder: Path) -> None:
    here = v1.run(DATA, *STEPS, engine="local")
    there = v1.run(DATA, *STEPS, engine="cluster")
    auto = v1.run(DATA, *STEPS)
    assert there["options"]["engine"] == "cluster"
    assert (how(v1, here)["engine"], how(v1, there)["engine"], how(v1, auto)["engine"]) == ("local", "cluster", "local")
    assert outcome(v1, there) == outcome(v1, here)
    assert not list(bucket.keys(WORK))
    assert not list((folder / "worker" / "cache" / "tmp").iterdir())
    functions = how(v1, there)["stages"][0]["functions"]
    assert [each["function"] for each in functions] == ["scan", "mark", "write", "explain"]
    assert functions[0]["calls"] >= len(DATA) >> 20


@pytest.mark.usefixtures("machine")
def test_a_task_of_several_stages_and_files_is_the_same_task(v1: V1) -> None:
    other = v1.upload(b"id,more\n7,x\n14,y\n14,z\n")["id"]
    steps = [
        {"op": "join", "file": other, "on": ["id"]},
        {"op": "sort", "by": [{"column": "more", "order": "desc"}]},
        {"op": "dedup", "columns": ["id"]},
    ]
    here, there = (v1.run(DATA, *steps, engine=engine) for engine in ("local", "cluster"))
    assert (how(v1, here)["engine"], how(v1, there)["engine"]) == ("local", "cluster")
    assert outcome(v1, there) == outcome(v1, here)
    assert len(how(v1, there)["stages"]) == 3


@pytest.mark.usefixtures("machine")
def test_what_a_cluster_cannot_do_runs_here_and_says_why(v1: V1) -> None:
    data = DATA + DATA[len(b"id,name\n") :]  # above CSVAPI_CLUSTER_ABOVE
    large = v1.run(data, *STEPS)
    sliced = v1.run(data, {"op": "slice", "head": 10})
    small = v1.run(b"a\n1\n", {"op": "dedup"})
    parts = v1.run(data, *STEPS, output={"parts": {"records": 10_000}})
    wide = v1.run("a\n1\n1\n".encode("utf-16"), {"op": "dedup"}, engine="cluster")
    v1.ok("POST", "/hash-keys", json={"name": "k"})
    hashed = v1.run(data, {"op": "derive", "column": "p", "hash": {"column": "id", "key": "k"}}, engine="cluster")
    assert how(v1, large)["engine"] == "cluster"
    assert how(v1, sliced)["engine"] == "local"
    assert how(v1, sliced)["not_on_the_cluster"].startswith("step 1, slice, must see all records in one place; run a")
    assert how(v1, parts)["not_on_the_cluster"] == "a result in parts is made of one that is whole"
    assert "not_on_the_cluster" not in how(v1, small)
    assert "cannot be cut" in how(v1, wide)["not_on_the_cluster"]
    assert "a key, which stays on this machine" in how(v1, hashed)["not_on_the_cluster"]


def test_a_killed_driver_is_followed_by_one_that_goes_on(
    v1: V1, bucket: Objects, machine: subprocess.Popen[bytes]
) -> None:
    file_id = v1.upload(DATA)["id"]
    task = v1.submit(file_id, *STEPS, engine="cluster")
    until(lambda: begun(bucket, task), within=60, every=0.1)
    for horse in children(machine.pid):
        os.kill(horse, signal.SIGKILL)
    ended = v1.finished(task["id"])
    assert (ended["status"], ended["attempt"]) == ("succeeded", 2)
    scans = how(v1, ended)["stages"][0]["functions"][0]
    assert scans["found"] >= 1
    assert scans["found"] + scans["done"] == scans["calls"]


@pytest.mark.usefixtures("machine")
def test_a_cancelled_task_leaves_nothing(v1: V1, bucket: Objects) -> None:
    file_id = v1.upload(DATA)["id"]
    before = {key for key, _ in bucket.keys(FILES)}
    task = v1.submit(file_id, *STEPS, engine="cluster")
    until(lambda: begun(bucket, task), within=60, every=0.1)
    v1.ok("POST", f"/tasks/{task['id']}/cancel")
    assert v1.finished(task["id"])["status"] == "cancelled"
    work = f"{WORK}{task['id']}/"
    until(lambda: [cluster_runs.sweep(), not list(bucket.keys(work))][1])  # calls that were under way may end after it
    assert {key for key, _ in bucket.keys(FILES)} == before


def test_a_cluster_that_is_away_is_a_stated_failure(environ: dict[str, str], redis_url: str, tmp_path: Path) -> None:
    away = {"CSVAPI_CLUSTER": f"dask://127.0.0.1:{free_port()}", "CSVAPI_MAX_ATTEMPTS": "1"}
    own = environ | away | {"DATABASE_URL": migrated(tmp_path / "db"), "REDIS_URL": f"{redis_url}?db=1"}
    with application(own) as app, worker(own, tmp_path / "worker"):
        v1 = PatientV1(sign_up(app.test_client()))
        task = v1.finished(v1.submit(v1.upload(DATA)["id"], *STEPS, engine="cluster")["id"])
    assert task["error"]["code"] == "worker_lost"
    assert "cannot do the work" in task["error"]["detail"]


def test_a_service_without_a_cluster_refuses_one(environ: dict[str, str]) -> None:
    with application(environ, CSVAPI_CLUSTER="") as app:
        v1 = V1(sign_up(app.test_client()))
        body = {"input": v1.upload(DATA)["id"], "steps": STEPS, "engine": "cluster"}
        refused = v1.post("/tasks", json=body)
    assert refused.status_code == 422
    assert refused.json["errors"][0]["pointer"] == "/engine"
    assert "CSVAPI_CLUSTER" in refused.text
