"""Objects that lie in a bucket already: registered over HTTP, read where they are, by this machine and by a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from csvapi import config, settings_check
from csvapi.extensions import runtime, transaction
from csvapi.models import File, now
from csvapi.services import archive, registering, retention, sweep
from csvapi.storage.objects import Objects
from tests.api.v1 import V1, problem
from tests.engines.cluster.machines import Machines, machines
from tests.services.test_cluster_tasks import DATA, STEPS, PatientV1, how, outcome
from tests.stack import environment, migrated, sign_up
from tests.storage.file_server import file_server
from tests.storage.ranged_bucket import BUCKET, RangedBucket
from tests.storage.test_service import application, redis_url, worker

__all__ = ["redis_url"]
LAKE = "lake-of-tests"
GIVEN = f"s3://{BUCKET}/in/{{user_id}}/,s3://{LAKE}/{{user_id}}/,999=s3://{BUCKET}/of-999/"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RangedBucket]:
    with file_server(tmp_path_factory.mktemp("bucket")) as server:
        server.objects._client.create_bucket(Bucket=LAKE)
        yield server


@pytest.fixture(scope="module")
def dask(server: RangedBucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("dask"), server.environ, workers=1) as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service")


@pytest.fixture(scope="module")
def environ(server: RangedBucket, redis_url: str, folder: Path) -> dict[str, str]:
    given = {**server.environ, "CSVAPI_OBJECT_PREFIXES": GIVEN, "CSVAPI_LEASE": "2s"}
    return environment(migrated(folder / "db"), redis_url, folder / "web", **given)


@pytest.fixture(scope="module")
def app(environ: dict[str, str]) -> Iterator[Flask]:
    with application(environ) as app:
        yield app


@pytest.fixture(scope="module")
def with_cluster(environ: dict[str, str], dask: Machines, folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a service with a cluster, and its worker."""
    given = environ | {"CSVAPI_CLUSTER": dask.address, "CSVAPI_CLUSTER_RANGE": "1MiB"}
    with worker(given, folder / "worker"):
        yield given


@contextmanager
def limited(environ: dict[str, str], folder: Path, number: int, **limits: str) -> Iterator[V1]:
    """A user of a service, with its worker, that has other limits; its queue is the database of this number."""
    folder.mkdir()
    own = {"DATABASE_URL": migrated(folder / "db"), "REDIS_URL": f"{environ['REDIS_URL']}?db={number}"}
    given = environ | own | {"CSVAPI_DATA_DIR": str(folder / "web")} | limits
    with application(given) as app, worker(given, folder / "worker"):
        yield PatientV1(sign_up(app.test_client()))


@pytest.fixture
def v1(app: Flask) -> V1:
    return PatientV1(sign_up(app.test_client()))


@pytest.fixture
def bucket(server: RangedBucket) -> Objects:
    return server.objects


def user_id(v1: V1) -> int:
    return v1.account.id


def put(v1: V1, bucket: Objects, content: bytes, name: str = "people.csv", folder: str = "") -> str:
    """The address of a new object below the user's prefix in our own bucket."""
    address = f"s3://{BUCKET}/in/{user_id(v1)}/{folder or uuid4().hex}/{name}"
    bucket.put(address, content)
    return address


def registered(v1: V1, address: str, **more: Any) -> dict[str, Any]:
    answer = v1.post("/files/register", json={"object": address, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def test_a_registered_object_is_a_file(v1: V1, bucket: Objects) -> None:
    address = put(v1, bucket, DATA)
    file = registered(v1, address)
    uploaded = v1.upload(DATA)
    own = {"id", "kind", "sha256", "object", "created_at", "expires_at", "links"}
    assert {name: file[name] for name in file.keys() - own} == {name: uploaded[name] for name in file.keys() - own}
    assert (file["kind"], file["sha256"], file["object"]) == ("registered", None, address)
    rows = v1.ok("GET", f"/files/{file['id']}/rows?limit=3")
    assert rows == {**v1.ok("GET", f"/files/{uploaded['id']}/rows?limit=3"), "next": rows["next"]}
    assert v1.get(f"/files/{file['id']}/content").data == DATA
    assert v1.ok("POST", f"/files/{file['id']}/detect")["dialect"] == file["dialect"]
    assert file["id"] in [each["id"] for each in v1.ok("GET", "/files?kind=registered")["items"]]


def test_an_object_of_another_bucket_and_with_another_name(v1: V1, bucket: Objects) -> None:
    address = f"s3://{LAKE}/{user_id(v1)}/a folder/ä+%20.tsv"
    bucket.put(address, b"a\tb\n1\t2\n")
    assert registered(v1, address)["name"] == "ä+%20.tsv.csv"
    named = registered(v1, address, name="people.csv")
    assert (named["name"], named["columns"], named["dialect"]["delimiter"]) == ("people.csv", ["a", "b"], "\t")


def test_a_long_header_is_read_as_a_whole(v1: V1, bucket: Objects) -> None:
    names = [f"column {number}" for number in range(20_000)]
    content = ",".join(names).encode() + b"\n" + b",".join([b"1"] * 20_000) + b"\n"
    assert registered(v1, put(v1, bucket, content))["columns"] == names


def test_what_may_not_be_read_answers_like_what_is_not_there(app: Flask, v1: V1, bucket: Objects) -> None:
    other = V1(sign_up(app.test_client()))
    mine, theirs = user_id(v1), user_id(other)
    uploaded = v1.upload(DATA)["id"]
    with transaction() as session:
        key = session.get_one(File, uploaded).storage_key
    there = [
        put(other, bucket, DATA),
        f"s3://{BUCKET}/files/{key}",
        f"s3://{BUCKET}/in/{mine}0/people.csv",
        f"s3://{BUCKET}/of-999/people.csv",
        f"s3://{LAKE}/{theirs}/people.csv",
    ]
    for address in there[2:]:
        bucket.put(address, DATA)
    nothing = [
        f"s3://{BUCKET}/in/{mine}/nothing.csv",
        f"s3://{BUCKET}/in/{mine}/../{theirs}/people.csv",
        f"s3://{BUCKET}/in/{mine}/",
        f"s3://{BUCKET}",
        f"s3://no-such-bucket/{mine}/people.csv",
        "people.csv",
        "https://example.com/people.csv",
    ]
    answers = [problem(v1.post("/files", json={"object": each}), 404, "not_found") for each in [*there, *nothing]]
    for answer in answers:
        answer.pop("request_id")
    assert all(answer == answers[0] for answer in answers)
    assert not v1.ok("GET", "/files?kind=registered")["items"]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [(b"", 422, "invalid_input"), (b"PK\x03\x04" + bytes(100), 422, "not_csv")],
)
def test_what_is_no_table_is_refused(v1: V1, bucket: Objects, content: bytes, status: int, code: str) -> None:
    problem(v1.post("/files", json={"object": put(v1, bucket, content)}), status, code)
    problem(v1.post("/files", json={"object": 7}), 422, "invalid_input", "/object")
    problem(v1.post("/files", json={"object": "x", "other": 1}), 422, "invalid_input", "/other")


def test_it_runs_here_and_on_the_cluster_with_one_result(with_cluster: dict[str, str], bucket: Objects) -> None:
    with application(with_cluster) as app:
        v1 = PatientV1(sign_up(app.test_client()))
        address = f"s3://{LAKE}/{user_id(v1)}/people.csv"
        bucket.put(address, DATA)
        file_id = registered(v1, address)["id"]
        runs = [v1.finished(v1.submit(file_id, *STEPS, engine=engine)["id"]) for engine in ("local", "cluster", "auto")]
        assert [run["status"] for run in runs] == ["succeeded"] * 3
        assert [how(v1, run)["engine"] for run in runs] == ["local", "cluster", "local"]
        assert outcome(v1, runs[1]) == outcome(v1, runs[0])
        assert how(v1, runs[1])["object"]["url"] == address
        usage = v1.ok("GET", "/me/usage")
        made = usage["cluster_bytes"]["used"]
        assert made > len(v1.result(runs[0])) > 0
        assert usage["stored_bytes"]["used"] == 2 * made
        assert bucket.get(address) == DATA


def test_a_changed_object_fails_what_reads_it(with_cluster: dict[str, str], bucket: Objects) -> None:
    with application(with_cluster) as app:
        v1 = PatientV1(sign_up(app.test_client()))
        address = put(v1, bucket, DATA)
        file_id = registered(v1, address)["id"]
        v1.ok("GET", f"/files/{file_id}/rows")  # it is cached from now on
        bucket.put(address, DATA[:-200])
        for engine in ("local", "cluster"):
            failed = v1.finished(v1.submit(file_id, *STEPS, engine=engine)["id"])
            assert (failed["status"], failed["error"]["code"]) == ("failed", "object_changed")
            assert address in failed["error"]["detail"]
        problem(v1.get(f"/files/{file_id}/rows"), 422, "object_changed")
        bucket.clear(address.removeprefix(f"s3://{BUCKET}/"))
        problem(v1.get(f"/files/{file_id}/content"), 422, "object_changed")
        again = registered(v1, put(v1, bucket, DATA))
        assert v1.finished(v1.submit(again["id"], *STEPS)["id"])["status"] == "succeeded"


def test_csvapi_never_deletes_it(environ: dict[str, str], bucket: Objects, tmp_path: Path) -> None:
    alone = environ | {"DATABASE_URL": migrated(tmp_path / "db")}  # the archive has all files of the service
    with application(alone) as app:
        v1 = V1(sign_up(app.test_client()))
        address = put(v1, bucket, DATA)
        deleted, expired = registered(v1, address)["id"], registered(v1, address)["id"]
        v1.get(f"/files/{deleted}/content")
        assert v1.call("DELETE", f"/files/{deleted}").status_code == 204
        with transaction() as session:
            session.get_one(File, expired).expires_at = now()
        assert not list(sweep.missing())
        retention.delete_expired()
        problem(v1.get(f"/files/{expired}"), 404, "not_found")
        sweep.sweep()
        assert bucket.get(address) == DATA
        registered(v1, address)
        with (tmp_path / "archive").open("wb") as out:
            written = archive.write(out)
        assert (written.files, written.missing) == (0, ())


def test_what_is_larger_than_an_upload_is_read_only_in_part(
    environ: dict[str, str], dask: Machines, bucket: Objects, tmp_path: Path
) -> None:
    limits = {"CSVAPI_MAX_UPLOAD": "1MiB", "CSVAPI_MAX_RECORD": "64KiB"}
    limits |= {"CSVAPI_CLUSTER_MAX_FILE": str(len(DATA) * 6), "CSVAPI_CLUSTER_MAX_STORED": str(len(DATA) * 8)}
    large = DATA * 5  # larger than a preview reads
    with limited(environ, tmp_path / "small", 1, CSVAPI_CLUSTER=dask.address, **limits) as v1:
        file_id = registered(v1, put(v1, bucket, large))["id"]
        assert len(v1.ok("GET", f"/files/{file_id}/rows?limit=5")["items"]) == 5
        assert v1.ok("POST", "/previews", json={"input": file_id, "steps": STEPS})["items"]
        fetched = list((tmp_path / "small" / "web" / "cache").glob("??/*"))
        assert not fetched
        refused = problem(v1.get(f"/files/{file_id}/content"), 413, "too_large")
        assert "CSVAPI_MAX_UPLOAD" in refused["detail"]
        steps = [{"op": "slice", "start": 1}]
        answer = v1.post("/tasks", json={"input": file_id, "steps": steps, "engine": "cluster"})
        assert "slice, must see all records" in problem(answer, 413, "too_large")["detail"]
        done = v1.finished(v1.submit(file_id, *STEPS[:1], engine="cluster")["id"])
        assert done["status"] == "succeeded", done["error"]
        assert how(v1, done)["engine"] == "cluster"
        refused = problem(v1.post("/files", json={"object": put(v1, bucket, DATA * 7)}), 413, "too_large", "/object")
        assert refused["limit"] == len(DATA) * 6
        failed = v1.finished(v1.submit(file_id, *STEPS[:1], engine="cluster")["id"])
        assert failed["error"]["code"] == "quota_exceeded", failed["error"]["detail"]


def test_it_has_limits_of_its_own(environ: dict[str, str], dask: Machines, bucket: Objects, tmp_path: Path) -> None:
    limits = {"CSVAPI_CLUSTER_TASK_TIME": "0"}
    with limited(environ, tmp_path / "short", 2, CSVAPI_CLUSTER=dask.address, **limits) as v1:
        failed = v1.finished(v1.submit(registered(v1, put(v1, bucket, DATA))["id"], *STEPS, engine="cluster")["id"])
        assert failed["error"]["code"] == "timed_out"
    with application(environ, CSVAPI_MAX_FILES="1") as app:
        v1 = V1(sign_up(app.test_client()))
        address = put(v1, bucket, DATA)
        registered(v1, address)
        problem(v1.post("/files", json={"object": address}), 429, "quota_exceeded")


def test_registering_twice_with_one_key_is_done_once(v1: V1, bucket: Objects) -> None:
    body, headers = {"object": put(v1, bucket, DATA)}, {"Idempotency-Key": uuid4().hex}
    first, second = (v1.post("/files", json=body, headers=headers).json for _ in range(2))
    assert first == second
    problem(v1.post("/files", json={**body, "name": "b.csv"}, headers=headers), 422, "idempotency_key_reused")


@pytest.mark.parametrize("given", ["lake/{user_id}/", f"s3://{LAKE}/x", "s3://UPPER/x/", f"a=s3://{LAKE}/", "s3://b//"])
def test_a_prefix_that_is_none_is_refused(environ: dict[str, str], given: str) -> None:
    settings = config.load({**environ, "CSVAPI_OBJECT_PREFIXES": given})
    assert [problem.name for problem in settings_check.problems(settings)] == ["CSVAPI_OBJECT_PREFIXES"]


def test_prefixes_are_those_of_one_user(app: Flask) -> None:
    settings = runtime().settings
    assert registering.prefixes(9, settings) == [f"s3://{BUCKET}/in/9/", f"s3://{LAKE}/9/"]
    assert registering.prefixes(999, settings)[2] == f"s3://{BUCKET}/of-999/"
    assert not registering.may_read(99, f"s3://{BUCKET}/in/9/a.csv", settings)
    dated = f"s3://{LAKE}/day=2026-01-31/"
    with_signs = config.load({"CSVAPI_OBJECT_PREFIXES": f"{dated},7={dated}a=b/"})
    assert registering.prefixes(7, with_signs) == [dated, f"{dated}a=b/"]
    assert registering.prefixes(8, with_signs) == [dated]
    whole = config.load({"CSVAPI_S3_BUCKET": BUCKET, "CSVAPI_OBJECT_PREFIXES": f"s3://{BUCKET}/"})
    assert registering.may_read(1, f"s3://{BUCKET}/a.csv", whole)
    assert not registering.may_read(1, f"s3://{BUCKET}/files/a", whole)
    assert not registering.may_read(1, f"s3://{BUCKET}/work/a", whole)
