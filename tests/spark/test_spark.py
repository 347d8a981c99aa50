"""The same runs on Spark: a master and a worker of its own on this machine; needs Java and pyspark."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from uuid import uuid4

import pyspark
import pytest

from csvapi.csvio.dialect import Dialect
from csvapi.engines import cluster
from csvapi.errors import WorkerLost
from csvapi.process.parent_death import die_with_parent
from tests.engines.cluster.comparing import STEPS, There, here
from tests.servers import free_port
from tests.storage.ranged_bucket import RangedBucket, ranged_bucket
from tests.waiting import until

DATA = b"a,b\n" + b"".join(b'%d,"x,\n%d"\n' % (n * 7 % 1_000, n % 5) for n in range(4_000))
SPLIT = cluster.Split(len(DATA) // 4, 2)
pytestmark = pytest.mark.filterwarnings(
    "ignore:PySpark does not yet fully support pandas",  # of which nothing is used but that it can be imported
    "ignore::ResourceWarning",  # sockets of its own client
)
HOME = Path(pyspark.__file__).parent
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RangedBucket]:
    with ranged_bucket(tmp_path_factory.mktemp("bucket")) as server:
        yield server


@pytest.fixture(scope="module")
def address(server: RangedBucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A master and a worker of two cores, whose Python has csvapi and the bucket's settings."""
    folder, port = tmp_path_factory.mktemp("spark"), free_port()
    environ = {
        **os.environ,
        **server.environ,
        "SPARK_HOME": str(HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
    }
    deploy = "org.apache.spark.deploy"
    programs = (
        (f"{deploy}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"),
        (f"{deploy}.worker.Worker", "--cores", "2", "--memory", "1g", "--webui-port", "0",
         "--work-dir", str(folder), f"spark://127.0.0.1:{port}"),
    )  # fmt: skip
    with ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("wb"))
        for program in programs:
            process = subprocess.Popen(
                [str(HOME / "bin" / "spark-class"), *program],
                env=environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=partial(die_with_parent, os.getpid()),
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
        until(lambda: b"Registering worker" in (folder / "log").read_bytes(), within=120)
        for name, value in environ.items():  # of the driver, which runs in this process
            os.environ[name] = value
        yield f"spark://127.0.0.1:{port}"


@pytest.mark.parametrize("name", ["filter", "dedup", "filter, dedup, filter", "frequency"])
def test_the_outputs_are_those_of_one_machine(tmp_path: Path, server: RangedBucket, address: str, name: str) -> None:
    there = There(server.objects, cluster.connect(address), f"{uuid4().hex}/")
    there.bucket.put(f"{there.prefix}in", DATA)
    found, run = there.run(Dialect(), STEPS[name], SPLIT)
    assert found == here(tmp_path, DATA, Dialect(), STEPS[name])
    places = {place for each in run["stages"][0]["functions"] for place in each["by_process"]}
    assert f":{os.getpid()}" not in {place[place.index(":") :] for place in places}


def test_what_an_executor_cannot_do_is_a_lost_worker(server: RangedBucket, address: str) -> None:
    there = There(server.objects, cluster.connect(address), f"{uuid4().hex}/")
    with pytest.raises(WorkerLost, match="cannot do the work"):
        list(there.cluster.map(_refused, [1, 2]))


def _refused(item: int) -> int:
    raise ValueError(item)
