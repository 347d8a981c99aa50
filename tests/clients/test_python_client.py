"""The Python client against a real service: the whole way, broken connections, refusals; and its README."""

from __future__ import annotations

import asyncio
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from csvapi_client import (
    AsyncClient,
    Client,
    Conflict,
    ConnectionLost,
    CsvapiError,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    TaskFailed,
    WaitedTooLong,
)
from csvapi_client._sync.transport import Transport

from tests.clients.cutting import Cutting, cutting
from tests.clients.loop import in_a_loop
from tests.start.running import Running, started
from tests.waiting import until

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "clients" / "python"
EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
PEOPLE = b"id,email\n1,ada@x.org\n2,bob@x.org\n3,ADA@x.org\n4\n"
STEPS = [{"op": "dedup", "columns": ["email"], "ignore": ["case"]}]


@cache
def large() -> bytes:
    return b"id,text\n" + b"".join(b"%d,%064d\n" % (each, each) for each in range(40_000))


@cache
def huge() -> bytes:
    return large()[:8] + large()[8:] * 7  # of which a connection carries less than there are


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("client"), CSVAPI_WORKERS="1") as instance:
        yield instance
        assert instance.stop() == 0


@pytest.fixture(scope="module")
def key(running: Running) -> str:
    account = {"email": EMAIL, "password": PASSWORD, "confirm_password": PASSWORD}
    assert httpx.post(f"{running.url}/api/register/", json=account).status_code == 201
    with Client.login(running.url, EMAIL, PASSWORD) as csvapi:
        return str(csvapi.request("POST", "/api/v1/api-keys", json={"name": "tests"}).json()["secret"])


@pytest.fixture
def csvapi(running: Running, key: str) -> Iterator[Client]:
    with Client(running.url, api_key=key) as client:
        yield client


@pytest.fixture
def proxy(running: Running) -> Iterator[Cutting]:
    with cutting(running.url) as proxy:
        yield proxy


def test_records_from_far_into_a_file_are_waited_for(csvapi: Client, tmp_path: Path) -> None:
    """Nobody has noted where they are: the service answers 202 until a worker has."""
    (tmp_path / "long.csv").write_bytes(b"id,text\n" + b"".join(b"%d,%064d\n" % (n, n) for n in range(1, 90_001)))
    file = csvapi.upload(tmp_path / "long.csv")
    assert csvapi.request("GET", f"/api/v1/files/{file.id}/rows?limit=1").json()["total"] is None
    assert [row["id"] for row in file.rows(limit=2, from_row=89_998)] == ["89998", "89999", "90000"]
    assert csvapi.request("GET", f"/api/v1/files/{file.id}/rows?limit=1").json()["total"] == 90_000


def test_the_whole_way(csvapi: Client, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(PEOPLE)
    file = csvapi.upload(tmp_path / "people.csv")
    assert (file.name, file.columns) == ("people.csv", ["id", "email"])
    assert [row.values for row in file.rows(limit=2)][-1] == ("4", None)
    assert [row.as_dict() for row in file.rows()][-1] == {"id": "4", "email": None}
    assert [issue["row"] for issue in file.issues()] == [4]
    assert [row["kept"] for row in csvapi.preview(file, STEPS)["items"]] == [True, True, False, True]

    task = csvapi.run(file, STEPS, label="mine")
    kinds = [event.event for event in task.events()]
    assert kinds[-1] == "state"
    assert task.wait().counts == {"in": 4, "out": 3, "dropped": [1], "ragged": 0}
    why = list(task.dropped())
    assert [(each.row, each.line, each.kept_row) for each in why] == [(3, 4, 1)]
    rows = list(task.rows(limit=1))
    assert [row["email"] for row in rows] == ["ada@x.org", "bob@x.org", None]
    with pytest.raises(KeyError, match="0 columns are named"):
        rows[0]["name"]

    content = task.download(tmp_path / "clean.csv").read_bytes()
    assert content == PEOPLE.replace(b"3,ADA@x.org\n", b"")
    assert task.download_dropped(tmp_path / "gone.csv").read_bytes() == b"id,email\n3,ADA@x.org\n"
    assert task.receipt()["receipt"]["output"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert file.download(tmp_path / "again.csv").read_bytes() == PEOPLE
    assert task.result().id in {each.id for each in csvapi.files(kind="result")}
    assert task.id in {each.id for each in csvapi.tasks()}
    assert csvapi.task(task.id).data["label"] == "mine"
    task.delete()
    assert file.update(name="renamed.csv").name == "renamed.csv"
    file.delete()
    with pytest.raises(NotFound):
        csvapi.file(file.id)


def test_lists_of_many_pages_are_whole(csvapi: Client) -> None:
    made = [csvapi.upload(PEOPLE, f"page-{each}.csv").id for each in range(5)]
    assert {each.id for each in csvapi.files(limit=2)} >= set(made)
    assert {"dedup", "filter"} <= {each["name"] for each in csvapi.operations()}
    assert csvapi.usage()["limits"]


def test_what_the_service_refuses_is_an_error_of_its_own(csvapi: Client, running: Running, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        csvapi.upload(b"PK\x03\x04 an archive that is none", "people.csv")
    assert refused.value.code == "not_csv"
    file = csvapi.upload(PEOPLE, "people.csv")
    with pytest.raises(InvalidInput) as refused:
        csvapi.run(file, [{"op": "dedup", "columns": ["mail"]}])
    assert refused.value.errors[0]["pointer"] == "/steps/0/columns/0"
    assert "mail" in str(refused.value)
    with pytest.raises(NotFound):
        csvapi.file(10**6).download(tmp_path / "none.csv")
    with Client(running.url, api_key="csvapi_none") as stranger, pytest.raises(NotAuthenticated):
        stranger.upload(PEOPLE, "people.csv")
    task = csvapi.run(file, STEPS, on_ragged="fail")
    with pytest.raises(TaskFailed) as failed:
        task.wait()
    assert failed.value.task["id"] == task.id
    with pytest.raises(Conflict):
        task.cancel()


def test_an_upload_goes_on_where_it_was_cut(key: str, proxy: Cutting, tmp_path: Path) -> None:
    source = tmp_path / "huge.csv"
    source.write_bytes(huge())

    async def upload() -> tuple[int, str]:
        async with AsyncClient(proxy.url, api_key=key) as through:
            found = await through.upload(source, "async.csv")
            return found.id, found.data["sha256"]

    with Client(proxy.url, api_key=key) as through:
        proxy.request_cuts = [12_000_000, 12_000_000]
        file = through.upload(source)
        assert (file.name, file.data["size"]) == ("huge.csv", len(huge()))
        assert proxy.sent < 2 * len(huge()), "it does not begin anew"
        assert hashlib.sha256(huge()).hexdigest() == file.data["sha256"]
        proxy.request_cuts, proxy.cuts = [1, 9_000_000], [10**6, 10**6, 700]  # then in the answer about what arrived
        assert in_a_loop(upload())[1] == file.data["sha256"]
        assert [each.name for each in through.files(kind="upload")].count("async.csv") == 1
        assert through.request("GET", "/api/v1/uploads").json()["items"] == []
        with pytest.raises(InvalidInput) as refused:
            through.upload(b"\x89PNG\r\n\x1a\n" + bytes(9 << 20), "people.csv")
        assert refused.value.code == "not_csv"


def test_a_refusal_whose_answer_is_lost_is_told_all_the_same(key: str, proxy: Cutting) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(9 << 20)
    for _ in range(2):
        with Client(proxy.url, api_key=key) as through, pytest.raises(InvalidInput) as refused:
            through.upload(picture, "people.csv")
        assert (refused.value.status, refused.value.code) == (422, "not_csv")
        until(lambda: proxy.answered)  # that connection has ended
        proxy.cuts = [proxy.answered - 10]  # all but the end of the last answer
    assert proxy.connections == 3


def test_waiting_has_an_end(csvapi: Client, running: Running) -> None:
    file = csvapi.upload(large(), "large.csv")
    task = csvapi.run(file, [{"op": "sort", "by": ["text"]}] * 10)
    with pytest.raises(WaitedTooLong, match="it goes on"):
        task.wait(timeout=0.01)
    assert task.wait(timeout=60).status == "succeeded"


def test_a_download_goes_on_where_the_connection_broke(
    csvapi: Client, proxy: Cutting, key: str, tmp_path: Path
) -> None:
    file = csvapi.upload(large(), "large.csv")
    proxy.cuts = [1_000_000, 500_000, 1_200_000]
    with Client(proxy.url, api_key=key) as through:
        target = through.file(file.id).download(tmp_path / "large.csv")
    assert target.read_bytes() == large()
    assert proxy.connections == 4
    assert not (tmp_path / "large.csv.part").exists()


def test_a_download_goes_on_where_a_run_before_stopped(csvapi: Client, tmp_path: Path) -> None:
    file = csvapi.upload(large(), "large.csv")
    for begun in (large()[:1000], large(), b"something else"):
        (tmp_path / "large.csv.part").write_bytes(begun)
        if large().startswith(begun):
            assert file.download(tmp_path / "large.csv").read_bytes() == large()
        else:
            with pytest.raises(CsvapiError, match="SHA-256"):
                file.download(tmp_path / "large.csv")
            assert not (tmp_path / "large.csv.part").exists()


class _Tagged(SimpleHTTPRequestHandler):
    """Files with an ETag that is no SHA-256, as objects of a bucket have."""

    def end_headers(self) -> None:
        self.send_header("ETag", '"9b2cf535f27731c974343645a3985328-2"')
        super().end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing is said."""


def test_what_has_no_sha256_is_taken_as_it_comes(tmp_path: Path) -> None:
    (tmp_path / "api" / "v1" / "files" / "7").mkdir(parents=True)
    (tmp_path / "api" / "v1" / "files" / "7" / "content").write_bytes(PEOPLE)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Tagged, directory=str(tmp_path))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with closing(Transport(f"http://127.0.0.1:{server.server_port}", {}, timeout=9, retries=0)) as transport:
            assert transport.save("/api/v1/files/7/content", tmp_path / "out.csv").read_bytes() == PEOPLE
        server.shutdown()


def test_what_creates_is_done_once_however_often_its_answer_is_lost(csvapi: Client, proxy: Cutting, key: str) -> None:
    proxy.cuts = [1, 100]  # an answer is there, and is lost on its way
    with Client(proxy.url, api_key=key) as through:
        file = through.upload(large(), "once.csv")
    proxy.cuts = [1, 100]
    with Client(proxy.url, api_key=key) as through:
        task = through.run(file, [{"op": "dedup"}], label="once").wait()
    assert [each.name for each in csvapi.files(kind="upload")].count("once.csv") == 1
    assert [each.data["label"] for each in csvapi.tasks()].count("once") == 1
    assert task.status == "succeeded"


def test_a_service_that_is_not_there_is_told(tmp_path: Path) -> None:
    with Client("http://127.0.0.1:9", api_key="none", retries=1) as csvapi:
        with pytest.raises(ConnectionLost, match="POST /api/v1/files"):
            csvapi.upload(PEOPLE, "people.csv")
        with pytest.raises(ConnectionLost):
            list(csvapi.files())


def test_the_same_with_asyncio(running: Running, key: str, tmp_path: Path) -> None:
    async def several() -> list[bytes]:
        async with AsyncClient(running.url, api_key=key) as csvapi:

            async def one(number: int) -> bytes:
                file = await csvapi.upload(PEOPLE, f"async-{number}.csv")
                task = await (await csvapi.run(file, STEPS)).wait()
                assert [each.row async for each in task.dropped()] == [3]
                assert len([row async for row in task.rows()]) == 3
                return (await task.download(tmp_path / f"{number}.csv")).read_bytes()

            return list(await asyncio.gather(*(one(each) for each in range(4))))

    assert in_a_loop(several()) == [PEOPLE.replace(b"3,ADA@x.org\n", b"")] * 4


def test_the_waiting_client_is_the_one_for_asyncio() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts" / "sync_client.py", "--check"], check=False)
    assert done.returncode == 0


def test_the_readme_runs_with_the_wheel(running: Running, key: str, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    source = shutil.copytree(PACKAGE, tmp_path / "source")  # where a build may leave its files
    wheel = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, source]
    subprocess.run(wheel, check=True, cwd=tmp_path)
    (found,) = tmp_path.glob("csvapi_client-*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", tmp_path / "installed", found], check=True)
    (tmp_path / "people.csv").write_bytes(PEOPLE)
    blocks = re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        program = f"URL, KEY = {running.url!r}, {key!r}\n{block}"
        done = subprocess.run(
            [sys.executable, "-P", "-c", program],
            cwd=tmp_path,
            env={"PYTHONPATH": str(tmp_path / "installed"), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "clean.csv").read_bytes()
        (tmp_path / "clean.csv").unlink()
    assert "state" in done.stdout
