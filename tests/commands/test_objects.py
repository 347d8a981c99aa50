"""Commands over objects of a bucket: on this machine, and on a cluster."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from csvapi.process.parent_death import die_with_parent
from csvapi.storage.objects import Objects
from tests.commands.program import COMMAND, csvapi
from tests.engines.cluster.machines import Machines, machines
from tests.storage.file_server import file_server
from tests.storage.ranged_bucket import BUCKET, RangedBucket
from tests.waiting import until

DATA = b"id,name\n" + b"".join(b'%d,"%d\n%0100d"\n' % (n % 15_000, n % 3, 0) for n in range(20_000))
FEW = b"id,name\n1,a\n2,b\n1,a\n"
DEDUP = ("dedup", "--columns", "id")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RangedBucket]:
    with file_server(tmp_path_factory.mktemp("bucket")) as server:
        yield server


@pytest.fixture(scope="module")
def dask(server: RangedBucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("dask"), server.environ, workers=1) as found:
        yield found


@pytest.fixture
def bucket(server: RangedBucket) -> Objects:
    return server.objects


@pytest.fixture
def at() -> str:
    """A folder in the bucket, as the beginning of an address."""
    return f"s3://{BUCKET}/{uuid4().hex}/"


def run(server: RangedBucket, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return csvapi(*arguments, CSVAPI_CLUSTER_RANGE="512KiB", **server.environ)


def here(tmp_path: Path, data: bytes, *arguments: str) -> bytes:
    source = tmp_path / "here.csv"
    source.write_bytes(data)
    return csvapi(*arguments, source).stdout


def test_from_bucket_to_bucket(server: RangedBucket, bucket: Objects, at: str, tmp_path: Path) -> None:
    bucket.put(f"{at}in.csv", DATA)
    bucket.put(f"{at}in.csv.gz", gzip.compress(DATA))
    wanted = here(tmp_path, DATA, *DEDUP)
    for name in ("in.csv", "in.csv.gz"):
        done = run(server, *DEDUP, f"{at}{name}", "-o", f"{at}out.csv", "--dropped", f"{at}gone.csv")
        assert (done.returncode, done.stderr) == (0, b"")
        assert bucket.get(f"{at}out.csv") == wanted
    done = run(server, *DEDUP, f"{at}in.csv", "-o", f"{at}out.csv.gz", "--receipt", tmp_path / "receipt.json")
    assert gzip.decompress(bucket.get(f"{at}out.csv.gz") or b"") == wanted
    assert json.loads((tmp_path / "receipt.json").read_text())["receipt"]["records"]["in"] == 20_000
    join = ("join", "--file", f"{at}in.csv", "--on", "id", "--how", "semi")
    assert run(server, *join, f"{at}in.csv").stdout == DATA


def test_on_a_cluster(server: RangedBucket, bucket: Objects, dask: Machines, at: str, tmp_path: Path) -> None:
    bucket.put(f"{at}in.csv", DATA)
    bucket.put(f"{at}other.csv", FEW)
    names = [tmp_path / name for name in ("gone.csv", "why.csv", "receipt.json")]
    local = here(
        tmp_path, DATA, *DEDUP, "--dropped", str(names[0]), "--explain", str(names[1]), "--receipt", str(names[2])
    )
    asides = ("--dropped", f"{at}gone.csv", "--explain", f"{at}why.csv", "--receipt", tmp_path / "there.json")
    done = run(server, *DEDUP, f"{at}in.csv", "-o", f"{at}out.csv", "--cluster", dask.address, *asides)
    assert (done.returncode, done.stderr) == (0, b"")
    assert bucket.get(f"{at}out.csv") == local
    assert bucket.get(f"{at}gone.csv") == names[0].read_bytes()
    why = (bucket.get(f"{at}why.csv") or b"").splitlines()
    assert len(why) == len(names[1].read_bytes().splitlines())
    receipts = [json.loads(path.read_text()) for path in (names[2], tmp_path / "there.json")]
    assert receipts[1]["run"]["engine"] == "cluster"
    for receipt in receipts:
        receipt["receipt"]["input"].pop("sha256", None)
    assert receipts[1]["receipt"] == receipts[0]["receipt"]
    assert not list(bucket.keys("csvapi-work/"))
    join = ("join", "--file", f"{at}other.csv", "--on", "id", "--how", "anti")
    done = run(
        server, *join, f"{at}in.csv", "-o", f"{at}out.csv", "--cluster", dask.address, "--explain", f"{at}why.csv"
    )
    assert (done.returncode, done.stderr) == (0, b"")
    other = tmp_path / "other.csv"
    other.write_bytes(FEW)
    assert bucket.get(f"{at}out.csv") == here(
        tmp_path, DATA, "join", "--file", str(other), "--on", "id", "--how", "anti"
    )


def test_what_a_cluster_cannot_do_runs_here(server: RangedBucket, bucket: Objects, dask: Machines, at: str) -> None:
    bucket.put(f"{at}in.csv", FEW)
    bucket.put(f"{at}in.csv.gz", gzip.compress(FEW))
    there = ("-o", f"{at}out.csv", "--cluster", dask.address)
    for command, name, because in (
        (("slice", "--head", "1"), "in.csv", b"must see all records in one place"),
        (("dedup",), "in.csv.gz", b"gzip"),
    ):
        done = run(server, *command, f"{at}{name}", *there)
        assert done.returncode == 0
        assert b"runs on this machine" in done.stderr
        assert because in done.stderr
        assert (bucket.get(f"{at}out.csv") or b"").startswith(b"id,name\n1,a\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("in.csv", "-o", "s3://b/out"), "must be addresses"),
        (("s3://b/in",), "must be addresses"),
        (("s3://b/in", "-o", "s3://b/out", "--dropped", "s3://c/gone"), "--dropped must be an object of the bucket"),
        (("s3://b/in", "-o", "s3://b/in"), "is an input"),
    ],
)
def test_what_is_no_bucket_is_a_mistake_of_usage(arguments: tuple[str, ...], says: str) -> None:
    done = csvapi("dedup", *arguments, "--cluster", "dask://127.0.0.1:1")
    assert done.returncode == 2
    assert says in done.stderr.decode()


def test_what_is_not_there_is_said(server: RangedBucket, at: str) -> None:
    for arguments in ((f"{at}nothing",), ("s3://b",), (f"{at}nothing", "-o", f"{at}out", "--cluster", "dask://x:1")):
        done = run(server, "dedup", *arguments)
        assert (done.returncode, done.stdout) == (1, b"")
        assert len(done.stderr.splitlines()) == 1


def test_a_killed_command_goes_on(
    server: RangedBucket, bucket: Objects, dask: Machines, at: str, tmp_path: Path
) -> None:
    bucket.put(f"{at}in.csv", DATA)
    arguments = [*DEDUP, f"{at}in.csv", "-o", f"{at}out.csv", "--cluster", dask.address]
    arguments += ["--receipt", str(tmp_path / "receipt.json")]
    environ = {**os.environ, **server.environ, "CSVAPI_CLUSTER_RANGE": "512KiB"}
    with subprocess.Popen(
        [*COMMAND, *arguments], env=environ, preexec_fn=partial(die_with_parent, os.getpid())
    ) as process:
        until(lambda: any("/scan-0/" in key for key, _ in bucket.keys("csvapi-work/")), within=60, every=0.05)
        process.kill()
    assert bucket.get(f"{at}out.csv") is None
    assert run(server, *arguments).returncode == 0
    assert bucket.get(f"{at}out.csv") == here(tmp_path, DATA, *DEDUP)
    scans = json.loads((tmp_path / "receipt.json").read_text())["run"]["stages"][0]["functions"][0]
    assert scans["function"] == "scan"
    assert scans["found"] >= 1
    assert not list(bucket.keys("csvapi-work/"))
