"""The service with its files in a bucket: web and worker on two machines that share nothing else of them."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask

from csvapi import config
from csvapi.app import create_app
from csvapi.errors import TooLarge
from csvapi.extensions import db, runtime
from csvapi.services import files, sweep
from csvapi.services.archive import write
from csvapi.storage import LocalStorage, storage_of
from tests.api.v1 import V1
from tests.processes import time_of_children
from tests.programs import program
from tests.servers import private_valkey
from tests.services.alone import stored
from tests.stack import Account, environment, migrated, sign_up
from tests.storage.bucket import SECRET, Server, server_in
from tests.unpacking.files import sheet
from tests.waiting import until

SMALL = b'id,name\n007,Ada\n007,Ada\n8,"Gr\xc3\xa4ce"\n'
SMALL_DONE = b'id,name\n007,Ada\n8,"Gr\xc3\xa4ce"\n'


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with server_in(tmp_path / "server") as server:
        yield server


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A queue of their own: on the one of all tests the worker of other modules may still listen."""
    with private_valkey() as url:
        yield url


@pytest.fixture
def environ(server: Server, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """Of the machine with the web server; its tables are there."""
    return environment(migrated(tmp_path / "db"), redis_url, tmp_path / "web", **server.environ)


@pytest.fixture
def app(environ: dict[str, str]) -> Iterator[Flask]:
    with application(environ) as app:
        yield app


@contextmanager
def application(environ: dict[str, str], **more: str) -> Iterator[Flask]:
    app = create_app(config.load({**environ, **more}))
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.fixture
def ann(app: Flask) -> Account:
    return sign_up(app.test_client())


@contextmanager
def worker(environ: dict[str, str], folder: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker whose data folder is another one."""
    log = folder.with_name(f"{folder.name}.log")
    own = {"CSVAPI_DATA_DIR": str(folder), "CSVAPI_PROCESSES": "2"}
    with program("worker", {**environ, **own, **more}, log) as process:
        yield process
        process.terminate()
        assert process.wait(20) == 0, log.read_text()
        assert SECRET not in log.read_text()
        assert "Traceback" not in log.read_text(), log.read_text()


def csvapi(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "csvapi", *arguments]
    return subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, timeout=120, check=False)


def hashes(storage: LocalStorage) -> dict[str, str]:
    found = {}
    for key in storage.keys(0):
        with storage.open(key) as file:
            found[key] = sha256(file.read()).hexdigest()
    return found


def test_tasks_run_on_a_machine_that_has_no_file_yet(environ: dict[str, str], ann: Account, tmp_path: Path) -> None:
    """Small and large ones in turn: none of them may meet a client that another process started."""
    large_done = b"number\n" + b"".join(b"%0200d\n" % n for n in range(150_000))
    large = large_done + b"%0200d\n" % 7 * 20_000  # enough for two ranges
    with worker(environ, tmp_path / "worker"):
        for content, done in ((SMALL, SMALL_DONE), (large, large_done), (SMALL, SMALL_DONE)):
            state = ann.finished(ann.start(stored(ann, content), "dedup"))
            assert ann.download(state["result"]["file_link"]).data == done
        state = ann.finished(ann.start(ann.upload(SMALL), "dedup"))
        part = ann.download(state["result"]["file_link"], Range="bytes=3-6")
        assert (part.status_code, part.data) == (206, SMALL_DONE[3:7])
    assert not list((tmp_path / "worker" / "cache" / "tmp").iterdir())


def test_a_small_task_needs_no_process_of_its_own(environ: dict[str, str], ann: Account, tmp_path: Path) -> None:
    """And a large one gets it afterwards: the worker that used the bucket for the small one can still fork."""
    small, large = b"a\n1\n1\n", b"a\n" + b"1\n" * 10
    with worker(environ, tmp_path / "worker", CSVAPI_FORK_ABOVE="10B") as process:
        for content, forks in ((small, False), (large, True), (small, True)):
            state = ann.finished(ann.start(ann.upload(content), "dedup"))
            assert ann.download(state["result"]["file_link"]).data == b"a\n1\n"
            until(lambda forks=forks: (time_of_children(process.pid) > 0) == forks)


def test_a_second_file_and_the_reasons_come_from_the_bucket(
    environ: dict[str, str], ann: Account, tmp_path: Path
) -> None:
    v1, known = V1(ann), ann.upload(b"id,town\n007,London\n")
    with worker(environ, tmp_path / "worker"):
        task = v1.run(SMALL, {"op": "dedup"}, {"op": "join", "file": known, "on": ["id"], "how": "semi"})
    assert v1.result(task) == b"id,name\n007,Ada\n"
    assert [each["row"] for each in v1.reasons(task)] == [2, 3]


def test_an_original_and_its_csv_are_both_in_the_bucket(
    environ: dict[str, str], app: Flask, ann: Account, tmp_path: Path
) -> None:
    v1, book = V1(ann), sheet(["id", "name"], ["007", "Ada"], ["007", "Ada"])
    file = v1.upload(book, "book.xlsx")
    with worker(environ, tmp_path / "worker"):
        task = v1.finished(v1.submit(file["id"], {"op": "dedup"})["id"])
    assert v1.result(task) == b"id,name\r\n007,Ada\r\n"
    shutil.rmtree(tmp_path / "web" / "cache")
    with application(environ) as fresh:
        ann.client = fresh.test_client()
        assert v1.ok("PATCH", f"/files/{file['id']}", json={"range": "A1:B2"})["columns"] == ["id", "name"]
        assert v1.get(f"{file['links']['content']}?as=csv").data == b"id,name\r\n007,Ada\r\n"
        assert v1.get(file["links"]["content"]).data == book
        assert len(list(runtime().storage.keys(0))) == 2 + len([task["links"]["result"], "dropped", "reasons"])
        assert v1.call("DELETE", f"/files/{file['id']}").status_code == 204
        assert len(list(runtime().storage.keys(0))) == 3


def test_a_bucket_that_is_away_is_a_503_and_a_stated_failure(
    server: Server, environ: dict[str, str], ann: Account, tmp_path: Path
) -> None:
    file_id = ann.upload(SMALL)
    assert ann.get("/readyz").json["storage"] == "ok"
    server.kill()
    ready = ann.get("/readyz")
    assert (ready.status_code, ready.json["storage"]) == (503, "The storage cannot be reached now; try again later")
    refused = ann.post("/api/upload-csv/", data={"file": (io.BytesIO(SMALL), "a.csv")})
    assert refused.status_code == 503
    assert refused.headers["Retry-After"]
    assert V1(ann).ok("GET", "/me/usage")["files"]["used"] == 1
    with worker(environ, tmp_path / "worker"):
        state = ann.finished(ann.start(file_id, "dedup"))
        assert state["status"] == "FAILURE"
        assert "cannot be reached" in state["error"]
    with server_in(tmp_path / "server", server.port), worker(environ, tmp_path / "worker"):
        assert ann.get("/readyz").status_code == 200
        assert ann.finished(ann.start(file_id, "dedup"))["status"] == "SUCCESS"


def test_the_sweep_takes_orphans_from_the_bucket_and_tells_what_is_missing(
    server: Server, environ: dict[str, str], app: Flask, ann: Account
) -> None:
    kept, lost = ann.upload(SMALL), ann.upload(SMALL)
    with runtime().storage.writer(10, TooLarge("")) as writer:
        writer.write(b"nobody's")
        orphan = writer.commit()
    assert sweep.sweep() == 0, "it may get its row yet"
    runtime().storage.delete(files.find(ann.id, lost).storage_key)
    with application(environ, CSVAPI_SWEEP_GRACE="0s", CSVAPI_LEASE="0s", CSVAPI_S3_CACHE="0"):
        assert sweep.sweep() == 1 + 1, "the orphan, and the last copy in the folder"
        assert not runtime().storage.has(orphan)
        assert [file_id for file_id, _ in sweep.missing()] == [lost]
    assert list(runtime().storage.keys(0)) == [files.find(ann.id, kept).storage_key]


def test_a_deleted_file_leaves_the_bucket_now_or_later(
    server: Server, environ: dict[str, str], app: Flask, ann: Account, tmp_path: Path
) -> None:
    first, second = ann.upload(SMALL), ann.upload(SMALL)
    assert ann.client.delete(f"/api/v1/files/{first}", headers=ann.headers).status_code == 204
    assert len(list(runtime().storage.keys(0))) == 1
    server.kill()
    assert ann.client.delete(f"/api/v1/files/{second}", headers=ann.headers).status_code == 204
    with server_in(tmp_path / "server", server.port):
        ann.upload(SMALL)
        assert len(list(runtime().storage.keys(0))) == 2
        with application(environ, CSVAPI_SWEEP_GRACE="0s", CSVAPI_LEASE="0s"):
            sweep.sweep()
        assert len(list(runtime().storage.keys(0))) == 1


@pytest.mark.parametrize("bucket", ["another-bucket", ""])
def test_a_backup_comes_back_into_another_bucket_or_a_folder(
    environ: dict[str, str], ann: Account, tmp_path: Path, redis_url: str, bucket: str
) -> None:
    ann.upload(SMALL)
    ann.upload(SMALL_DONE)
    archive, moved = tmp_path / "archive", {"CSVAPI_DATA_DIR": str(tmp_path / "back"), "CSVAPI_S3_BUCKET": bucket}
    target = {**environ, **moved, "DATABASE_URL": f"sqlite:///{tmp_path / 'back.db'}"}
    with application(environ, CSVAPI_DATA_DIR=str(tmp_path / "empty")), archive.open("wb") as file:
        assert write(file).files == 2
    restored = csvapi(target, "restore", str(archive))
    assert restored.returncode == 0, restored.stderr
    here, there = (storage_of(config.load(env)) for env in (environ, target))
    assert hashes(there) == hashes(here)
    assert len(hashes(here)) == 2


def test_a_backup_without_the_bucket_fails(
    server: Server, environ: dict[str, str], ann: Account, tmp_path: Path
) -> None:
    ann.upload(SMALL)
    server.kill()
    made = csvapi({**environ, "CSVAPI_DATA_DIR": str(tmp_path / "empty")}, "backup", str(tmp_path / "archive"))
    assert made.returncode == 1
    assert "cannot be reached" in made.stderr
    assert SECRET not in made.stderr + made.stdout
    assert not (tmp_path / "archive").exists()


def test_an_upload_goes_on_at_another_machine(
    server: Server, environ: dict[str, str], ann: Account, tmp_path: Path
) -> None:
    """Each part at one that has none of the others; the last makes the file, and no part is left."""
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(SMALL))}
    begun = ann.client.post("/api/v1/uploads", headers={**ann.headers, **tus})
    at, part = begun.headers["Location"], "application/offset+octet-stream"
    for start, stop, machine in ((0, 5, "web"), (5, 11, "second"), (11, len(SMALL), "third")):
        with application(environ, CSVAPI_DATA_DIR=str(tmp_path / machine)) as app:
            headers = {**ann.headers, **tus, "Upload-Offset": str(start)}
            answer = app.test_client().patch(at, data=SMALL[start:stop], content_type=part, headers=headers)
            assert answer.headers["Upload-Offset"] == str(stop), answer.text
            assert len(list(server.objects.iterdir())) == (1 if stop == len(SMALL) else 1 + (start > 0))
    file = V1(ann).ok("GET", f"/files/{answer.headers['Upload-File-Id']}")
    assert file["sha256"] == sha256(SMALL).hexdigest()
    assert V1(ann).get(file["links"]["content"]).data == SMALL
