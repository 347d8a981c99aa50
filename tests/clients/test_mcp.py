"""csvapi as tools for language models, spoken to by the protocol's own client."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import httpx
import pytest
from csvapi_client.mcp_server import Tools
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from csvapi.api.work_shapes import Submission
from tests.clients.loop import in_a_loop
from tests.start.running import Running, started
from tests.waiting import until

ROOT = Path(__file__).parents[2]
EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
PEOPLE = b"id,email\n1,ada@x.org\n2,bob@x.org\n3,ADA@x.org\n"
STEPS = [{"op": "dedup", "columns": ["email"], "ignore": ["case"]}]
READING = {"detect", "explain", "list_files", "list_operations", "preview", "rows", "run"}
READING |= {"list_hash_keys", "list_pipelines", "make_hash_key"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("mcp"), CSVAPI_WORKERS="1") as instance:
        yield instance
        assert instance.stop() == 0


@pytest.fixture(scope="module")
def key(running: Running) -> str:
    account = {"email": EMAIL, "password": PASSWORD, "confirm_password": PASSWORD}
    assert httpx.post(f"{running.url}/api/register/", json=account).status_code == 201
    token = httpx.post(f"{running.url}/api/login/", json=account).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    return str(httpx.post(f"{running.url}/api/v1/api-keys", json={"name": "mcp"}, headers=bearer).json()["secret"])


@pytest.fixture
def environment(running: Running, key: str) -> dict[str, str]:
    path = os.pathsep.join((str(ROOT), str(ROOT / "clients" / "python" / "src")))
    return {"PATH": os.environ["PATH"], "PYTHONPATH": path, "CSVAPI_URL": running.url, "CSVAPI_KEY": key}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "open"
    folder.mkdir()
    (folder / "people.csv").write_bytes(PEOPLE)
    (tmp_path / "closed.csv").write_bytes(PEOPLE)
    (folder / "link.csv").symlink_to(tmp_path / "closed.csv")
    return folder


def text(result: Any) -> Any:
    """What a tool answered; errors as their text."""
    said = "".join(each.text for each in result.content)
    return said if result.is_error else result.structured_content


def test_a_model_goes_the_whole_way_over_stdio(environment: dict[str, str], folder: Path) -> None:
    async def way() -> None:
        arguments = ["-m", "csvapi", "mcp", "--root", str(folder)]
        async with Client(StdioServerParameters(command=sys.executable, args=arguments, env=environment)) as client:
            assert {each.name for each in (await client.list_tools()).tools} == READING | {"upload", "download"}

            async def call(name: str, /, **given: Any) -> Any:
                return text(await client.call_tool(name, given))

            names = await call("list_operations")
            assert "dedup" in json.dumps(names)
            assert "ignore" in json.dumps(await call("list_operations", name="dedup"))
            file = await call("upload", path="people.csv")
            assert file["columns"] == ["id", "email"]
            assert (await call("detect", file_id=file["id"]))["dialect"]["delimiter"] == ","
            tried = await call("preview", file_id=file["id"], steps=STEPS)
            assert [row["kept"] for row in tried["items"]] == [True, True, False]
            task = await call("run", file_id=file["id"], steps=STEPS)
            assert (task["status"], task["counts"]["out"]) == ("succeeded", 2)
            await call("make_hash_key", name="partners")
            assert [each["name"] for each in (await call("list_hash_keys"))["result"]] == ["partners"]
            hashing = [{"op": "derive", "column": "h", "hash": {"column": "email", "key": "partners"}}]
            parts = {"parts": {"records": 1}}
            packed = await call("run", file_id=file["id"], steps=hashing, output=parts, explain=False)
            assert (packed["status"], packed["counts"]["out"]) == ("succeeded", 3)
            assert (await call("list_pipelines"))["result"] == []
            body = {"name": "clean", "steps": STEPS}
            url, headers = environment["CSVAPI_URL"], {"X-API-Key": environment["CSVAPI_KEY"]}
            saved = httpx.post(f"{url}/api/v1/pipelines", json=body, headers=headers).json()
            (shown,) = (await call("list_pipelines"))["result"]
            assert (shown["id"], shown["version"], shown["steps"]) == (saved["id"], 1, saved["steps"])
            again = await call("run", file_id=file["id"], pipeline_id=saved["id"], pipeline_version=1)
            assert (again["pipeline"]["name"], again["counts"]["out"]) == ("clean", 2)
            why = await call("explain", task_id=task["id"])
            assert [(each["row"], each["kept_row"]) for each in why["reasons"]] == [(3, 1)]
            rows = await call("rows", file_id=task["result"], limit=1)
            assert rows["items"][0]["values"] == ["1", "ada@x.org"]
            await call("download", task_id=task["id"], path="clean.csv")
            assert (folder / "clean.csv").read_bytes() == PEOPLE[: PEOPLE.index(b"3,")]

            assert "is there already" in await call("download", task_id=task["id"], path="clean.csv")
            for name in ("../closed.csv", "link.csv", str(folder.parent / "closed.csv")):
                assert "is not below the folder" in await call("upload", path=name)
            assert "There is no file" in await call("upload", path="none.csv")
            assert "There is no column 'mail'" in await call(
                "run", file_id=file["id"], steps=[{"op": "dedup", "columns": ["mail"]}]
            )
            assert "404" in await call("rows", file_id=10**6)

    in_a_loop(way())


def test_every_member_of_a_task_is_a_parameter_of_the_tool() -> None:
    named = {"input": "file_id", "pipeline": "pipeline_id"}
    members = {named.get(name, name) for name in Submission().fields}
    taken = set(signature(Tools.run).parameters) - {"self", "ctx", "pipeline_version", "seconds"}
    assert taken == members, "add the new member to Tools.run in csvapi_client/mcp_server.py"


def test_over_http_each_client_brings_its_own_key(environment: dict[str, str], key: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "csvapi", "mcp", "--http", "--port", str(port)]
    server = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    url = f"http://127.0.0.1:{port}/mcp"

    async def call(headers: dict[str, str]) -> tuple[set[str], Any]:
        async with (
            create_mcp_http_client(headers=headers) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            tools = {each.name for each in (await client.list_tools()).tools}
            return tools, text(await client.call_tool("list_files", {}))

    def listens() -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port)) == 0

    try:
        until(listens, within=30)
        tools, refused = in_a_loop(call({}))
        assert tools == READING
        assert "Send your csvapi API key" in refused
        assert "401" in in_a_loop(call({"Authorization": "Bearer csvapi_none"}))[1]
        assert isinstance(in_a_loop(call({"Authorization": f"Bearer {key}"}))[1], dict)
        assert httpx.post(url, headers={"Host": "elsewhere.example"}, json={}).status_code in {403, 421}
    finally:
        server.terminate()
        server.communicate()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "CSVAPI_KEY has no API key"),
        (["--http", "--host", "0.0.0.0", "--root", "."], "only on a loopback address"),
        (["--http", "--root", "none"], "is no folder"),
    ],
)
def test_what_is_not_safe_is_refused(environment: dict[str, str], arguments: list[str], says: str) -> None:
    environment = {name: value for name, value in environment.items() if name != "CSVAPI_KEY"}
    command = [sys.executable, "-m", "csvapi", "mcp", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert says in done.stderr
