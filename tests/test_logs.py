"""Logs of a whole running instance: every line has its request and task, no line a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from csvapi.logs import redact
from tests.stack import PASSWORD
from tests.start.running import Running, started
from tests.waiting import until

REQUEST_ID = "from-web-to-worker-1"
ACCOUNT = {"email": "ada@example.com", "password": PASSWORD, "confirm_password": PASSWORD}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("logs"), CSVAPI_LOG_FORMAT="json", CSVAPI_LOG_LEVEL="DEBUG") as instance:
        yield instance


def lines(running: Running, program: str) -> list[dict[str, Any]]:
    found = re.findall(rf"^{program}[-\d]* *\| (.*)$", running.text(), re.MULTILINE)
    return [json.loads(line) for line in found]  # every line is JSON


class Walk:
    """Everything a user does once, and the secrets that travel with it."""

    def __init__(self, running: Running) -> None:
        self.secrets = {PASSWORD}
        with httpx.Client(base_url=running.url, timeout=30) as http:
            http.post("/api/register/", json=ACCOUNT)
            http.post("/api/login/", json={**ACCOUNT, "password": "a wrong password of mine"})
            pair = http.post("/api/login/", json=ACCOUNT).json()
            renewed = http.post("/api/token/refresh/", json={"refresh": pair["refresh_token"]}).json()
            http.get(f"/api/task-status/?token={pair['access_token']}")
            http.headers["Authorization"] = f"Bearer {renewed['access']}"
            file_id = http.post("/api/upload-csv/", files={"file": ("a.csv", b"a\n1\n")}).json()["file_id"]
            body = {"file_id": file_id, "operation": "dedup"}
            answer = http.post("/api/perform-operation/", json=body, headers={"X-Request-ID": REQUEST_ID})
            assert answer.headers["X-Request-ID"] == REQUEST_ID
            self.task_id = answer.json()["task_id"]
            url = f"/api/task-status/?task_id={self.task_id}"
            link = until(lambda: http.get(url).json().get("result", {}).get("file_link"))
            for path in (link, f"{link}more", f"{link[:-4]}AAA/"):
                http.get(path)
        self.secrets |= {"a wrong password of mine", *pair.values(), *renewed.values(), link.split("/")[5]}
        self.secrets.remove("Login successful")
        stored = (running.output.parent / "var" / "secrets.env").read_text()
        self.secrets |= {line.split("=", 1)[1] for line in stored.splitlines()}


@pytest.fixture(scope="module")
def walk(running: Running) -> Walk:
    return Walk(running)


def test_a_request_and_its_task_can_be_followed_from_web_to_worker(running: Running, walk: Walk) -> None:
    mine = [line for line in lines(running, "web") if line.get("request_id") == REQUEST_ID]
    assert {line["event"] for line in mine} >= {"task_accepted", "request"}
    assert {line.get("task_id") for line in mine if line["event"] == "task_accepted"} == {walk.task_id}
    events = until(lambda: [e for e in lines(running, "worker") if e.get("task_id") == walk.task_id][1:])
    assert {"task_ended"} <= {line["event"] for line in events}
    assert {line["request_id"] for line in events if line["event"].startswith("task_")} == {REQUEST_ID}


def test_every_request_is_one_line(running: Running, walk: Walk) -> None:
    requests = [line for line in lines(running, "web") if line["event"] == "request"]
    for line in requests:
        assert line.keys() >= {"method", "path", "status", "ms", "user_id", "request_id", "timestamp", "level"}
        assert "?" not in line["path"]
    assert len({line["request_id"] for line in requests}) == len(requests)
    done = {(line["method"], line["path"], line["status"]): line["user_id"] for line in requests}
    assert done["POST", "/api/upload-csv/", 201]
    assert done["POST", "/api/login/", 401] is None
    assert done["GET", "/api/download/[link]/", 200] is None


def test_no_line_holds_a_secret(running: Running, walk: Walk) -> None:
    text = running.text()
    assert len(walk.secrets) >= 9
    for secret in walk.secrets:
        assert secret not in text
        assert secret.split(".")[-1] not in text  # a token's signature alone


def test_lines_for_people_are_short(tmp_path: Path) -> None:
    with started(tmp_path) as instance:
        httpx.get(f"{instance.url}/nowhere%0Aa-line-of-mine")
        line = until(lambda: next((line for line in instance.text().splitlines() if "/nowhere" in line), ""))
        assert re.match(r"web +\| \d\d:\d\d:\d\d \[info +\] request .* method=GET .*path=/nowhere%0A", line)


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ("see eyJhbGciOiJI.eyJ1c2Vy.c2ln here", "see [token] here"),
        ("mysql+pymysql://user:p4ss@db/csvapi", "mysql+pymysql://user:[password]@db/csvapi"),
        ("redis://:p4ss@queue:6379/0", "redis://:[password]@queue:6379/0"),
        ("Authorization: Bearer abcdefghijkl", "Authorization: Bearer [token]"),
        ('"http://h/api/download/abc.def/"', '"http://h/api/download/[link]/"'),
        ("nothing: to hide", "nothing: to hide"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(line: str, clean: str) -> None:
    assert redact(line) == clean
