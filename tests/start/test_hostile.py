"""A corpus of hostile requests against a running instance: no 5xx, no hang, bounded memory.

`make test ARGS="tests/start/test_hostile.py tests/start/test_slow_clients.py -s"` prints what docs/security.md shows.
"""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.processes import children, command_line
from tests.stack import PASSWORD
from tests.start.running import Running, started
from tests.waiting import until

MIB = 1024 * 1024
SLOWEST = 10.0  # seconds, on a busy machine
MOST_MEMORY = 400 * MIB  # of a web process: its code, two password hashes of 64 MiB, and what requests hold
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
Answer = tuple[int, dict[str, str], bytes]


class Attacker:
    """Somebody with an account who sends what they like, and keeps a record of what came back."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.address = running.url.removeprefix("http://").split(":")
        self.answers: Counter[int] = Counter()
        self.slowest = 0.0
        account = json.dumps({"email": "eve@example.com", "password": PASSWORD, "confirm_password": PASSWORD}).encode()
        self.send("POST", "/api/register/", account, JSON)
        tokens = json.loads(self.send("POST", "/api/login/", account, JSON)[2])
        self.bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """One request on a connection of its own; whatever it is, the answer is no 5xx and comes soon."""
        connection = http.client.HTTPConnection(self.address[0], int(self.address[1]), timeout=SLOWEST)
        began = time.perf_counter()
        with contextlib.closing(connection):
            connection.putrequest(method, path, skip_accept_encoding=True)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                connection.putheader(name, value.encode("utf-8", "surrogateescape"))
            connection.endheaders(body)
            response = connection.getresponse()
            content = response.read()
        self.slowest = max(self.slowest, time.perf_counter() - began)
        self.answers[response.status] += 1
        assert response.status < 500, (method, path[:80], (body or b"")[:80], content[:200])
        kind = response.headers.get_content_type()
        assert response.status < 400 or kind in {"application/json", "application/problem+json"}, path
        return response.status, dict(response.headers), content

    def post(self, path: str, value: Any, **headers: str) -> Answer:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.send("POST", path, body, {**JSON, **self.bearer, **headers})

    def upload(self, name: bytes, content: bytes, extra: bytes = b"") -> Answer:
        part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n\r\n' + content
        body = extra + part + b"\r\n--x--\r\n"
        return self.send("POST", "/api/upload-csv/", body, multipart(self))

    def stored(self, content: bytes) -> int:
        status, _, body = self.upload(b"a.csv", content)
        assert status == 201, body
        return int(json.loads(body)["file_id"])

    def ended(self, task_id: str, n: int = 100) -> dict[str, Any]:
        def state() -> dict[str, Any]:
            found: dict[str, Any] = json.loads(
                self.send("GET", f"/api/task-status/?task_id={task_id}&n={n}", None, self.bearer)[2]
            )
            return found if found["status"] not in {"PENDING", "PROGRESS"} else {}

        return until(state, within=60)


def multipart(attacker: Attacker, boundary: str = "x") -> dict[str, str]:
    return {"Content-Type": f"multipart/form-data; boundary={boundary}", **attacker.bearer}


def web_processes(running: Running) -> list[int]:
    master = running.named(" web ")
    return [pid for pid in children(master) if "web" in command_line(pid)]


def peak(pid: int) -> int:
    """The most memory the process has had, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0


@pytest.fixture(scope="module")
def attacker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacker]:
    settings = {"CSVAPI_RATE_LIMITS": "off", "CSVAPI_WEB_THREADS": "8", "CSVAPI_WORKERS": "2"}
    with started(tmp_path_factory.mktemp("hostile"), **settings) as instance:
        found = Attacker(instance)
        before = web_processes(instance)
        yield found
        assert web_processes(instance) == before, "a web process died"
        most = max(map(peak, before))
        answers = ", ".join(f"{status}: {count}" for status, count in sorted(found.answers.items()))
        print(f"\n{found.answers.total()} hostile requests ({answers}); slowest {found.slowest:.2f} s;", end=" ")
        print(f"peak memory of the web process {most / MIB:.0f} MiB")
        assert most < MOST_MEMORY
        assert found.slowest < SLOWEST
        assert "Traceback" not in instance.text(), instance.text()
        left = list((instance.output.parent / "var" / "files" / "tmp").iterdir())
        assert left == [], "an upload that failed left something"


@pytest.mark.parametrize(
    "name",
    [
        b"../../../etc/passwd.csv",
        b"..\\..\\windows\\system32\\evil.csv",
        b"/etc/cron.d/evil.csv",
        b"two\nlines.csv",
        b"head\r\nSet-Cookie: a=b\r\n.csv",
        b"nul\x00.csv",
        b"x" * 5000 + b".csv",
        "‮vsc.exe.csv".encode(),
        b"\xff\xfe.csv",
        b'quo\\"te;.csv',
        b"CON.csv",
        b"$(touch x).csv",
        b"<script>alert(1)</script>.csv",
        b".csv",
        b"....csv",
    ],
)
def test_names_of_files(attacker: Attacker, name: bytes) -> None:
    status, _, body = attacker.upload(name, b"a\n1\n")
    if status != 201:
        assert status == 400
        return
    answer = attacker.post("/api/perform-operation/", {"file_id": json.loads(body)["file_id"], "operation": "dedup"})
    link = attacker.ended(json.loads(answer[2])["task_id"])["result"]["file_link"]
    status, headers, _ = attacker.send("GET", link.removeprefix(attacker.running.url))
    assert status == 200
    assert "Set-Cookie" not in headers
    disposition = headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert not re.search(r"[\r\n\0<>]|\.\./|etc/", disposition)


def deep(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def fields(count: int, value: str = "x") -> bytes:
    return "&".join(f"f{number}={value}" for number in range(count)).encode()


RAW = [
    b"[" * 500_000,
    b'{"a":[' * 100_000,
    deep(900),
    deep(65),
    b'{"email":"a@b.co","email":"c@d.co","password":"x","password":["y"]}',
    b'{"email":"a\\u0000@b.co","password":"\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000"}',
    b'{"email":"\\ud800@b.co","password":"\\udfff"}',
    b'{"email":' + b"9" * 100_000 + b"}",
    b'{"email":1e400,"password":-1e400}',
    b'{"email":{"$gt":""},"password":{"$gt":""}}',
    b'{"email":["a@b.co"],"password":true}',
    b"{" + b",".join(b'"k%d":1' % number for number in range(60_000)) + b"}",
    json.dumps({"email": "a@b.co", "password": "p" * 1_000_000}).encode(),
    json.dumps({"email": "a" * 500_000 + "@b.co", "password": "p"}).encode(),
    json.dumps({"email": "@" * 50_000, "password": "p" * 900}).encode(),
    json.dumps({"email": "' OR 1=1 --", "password": "' OR 1=1 --"}).encode(),
    json.dumps({"refresh": "a." * 400_000}).encode(),
    "\ufeff{}".encode(),
    b"\xff\xfe{\x00}\x00",
    b"",
    b"null",
    bytes(1000),
]


@pytest.mark.parametrize("path", ["/api/register/", "/api/login/", "/api/token/refresh/", "/api/perform-operation/"])
def test_bodies(attacker: Attacker, path: str) -> None:
    kinds = (
        "application/json",
        "application/json; charset=utf-7",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        f"multipart/form-data; boundary={'y' * 4000}",
        "multipart/form-data; boundary=\x01",
        "text/plain",
        "application/xml",
        "text/csv",
        ";;;=",
        "application/json, application/json",
        "application/" + "j" * 4000,
    )
    for raw in RAW:
        for kind in kinds[:1] if len(raw) > 100_000 else kinds:
            status, *_ = attacker.send("POST", path, raw, {"Content-Type": kind, **attacker.bearer})
            assert status in {400, 401, 413, 415}, (raw[:50], kind, status)
        assert attacker.send("POST", path, raw, {"Content-Encoding": "gzip", **JSON, **attacker.bearer})[0] < 500
    for count, value in ((60_000, "x"), (2, "y" * 500_000), (500, "%00%ff")):
        assert attacker.send("POST", path, fields(count, value), {**FORM, **attacker.bearer})[0] in {400, 401, 413}


def test_multipart_bodies(attacker: Attacker) -> None:
    field = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na\n1\n\r\n'
    for path in ("/api/upload-csv/", "/api/register/"):
        for body in (
            field * 5000 + b"--x--\r\n",
            file * 2000 + b"--x--\r\n",
            b"--x\r\n" + b"A: b\r\n" * 100_000,
            b"--x\r\nContent-Disposition: " + b"form-data; " * 200_000,
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"v" * 900_000,
            file[:-5],
            b"--x",
            b"--x--",
            b"\r\n" * 300_000,
            b"--x\r\n\r\n\r\n--x--\r\n",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n'
            b"Content-Transfer-Encoding: base64\r\nContent-Type: ;;\r\n\r\na\n1\n\r\n--x--\r\n",
        ):
            assert attacker.send("POST", path, body, multipart(attacker))[0] in {201, 400, 413}, body[:60]


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        ("100,000 columns", lambda: b",".join(b"c%d" % n for n in range(100_000)) + b"\n" + b"1," * 99_999 + b"1\n"),
        ("1,000,000 columns", lambda: b"," * 999_999 + b"\n" + b"," * 999_999 + b"\n"),
        ("a record of 17 MiB", lambda: b"a,b\n" + b"x" * (17 * MIB) + b",1\n1,2\n"),
        ("an endless quote", lambda: b'a,b\n"' + b"x\n" * MIB),
        ("quotes only", lambda: b'"' * (2 * MIB) + b"\n"),
        ("NULs in cells", lambda: b"a,b\n1\x00,2\n" * 1000),
        ("one column of one character", lambda: b"a\n" * 500_000),
        ("carriage returns", lambda: b"a,b\r" * 200_000),
        ("a gzip bomb", lambda: gzip.compress(bytes(50 * MIB))),
        ("formulas", lambda: b'name,value\n=cmd|\' /C calc\'!A0,"=HYPERLINK(""http://evil.example"")"\n'),
    ],
)
def test_contents(attacker: Attacker, kind: str, write: Callable[[], bytes]) -> None:
    status, _, body = attacker.upload(b"a.csv", write())
    assert status in {201, 400, 413}, kind
    if status != 201:
        return
    file_id = json.loads(body)["file_id"]
    for operation in ({"operation": "dedup"}, {"operation": "unique", "column": "a"}):
        status, _, body = attacker.post("/api/perform-operation/", {"file_id": file_id, **operation})
        if status == 201:
            state = attacker.ended(json.loads(body)["task_id"], n=3)
            assert state["status"] in {"SUCCESS", "FAILURE"}
            assert "Internal" not in state.get("error", ""), (kind, state)


def test_operations(attacker: Attacker) -> None:
    file_id = attacker.stored(b"a,b\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!,2\n" * 2000)
    condition: dict[str, Any] = {"column": "a", "operator": "matches", "value": "(a+)+$"}
    for filters in (
        [condition],
        [{**condition, "value": "(a|aa)+$"}],
        [{**condition, "value": "a" * 100_000}],
        [{**condition, "value": "(" * 10_000}],
        [{**condition, "value": "a{1000}{1000}{1000}"}],
        [condition] * 10_000,
        [{"column": "b", "operator": ">", "value": "9" * 5000}],
        [{"column": "b", "operator": "==", "value": "1e999999999"}],
        [{"column": "b", "operator": "in", "value": ["x"] * 50_000}],
        [{"column": {"index": 10**30}, "operator": "==", "value": 1}],
        [{"column": "a" * 500_000, "operator": "==", "value": 1}],
        [{"column": "a", "operator": ["=="], "value": 1}],
        [{"column": "a", "operator": "==", "value": {"a": [1]}}],
        [{"column": "a", "operator": "__class__", "value": 1}],
        [[[[[]]]]],
        "[" * 10_000,
        {"a": 1},
    ):
        body = {"file_id": file_id, "operation": "filter", "filters": filters}
        status, _, answer = attacker.post("/api/perform-operation/", body)
        assert status in {201, 400, 413}, str(filters)[:80]
        if status == 201:
            state = attacker.ended(json.loads(answer)["task_id"], n=1)
            assert "Internal" not in state.get("error", ""), (str(filters)[:80], state)


def test_ranges_and_conditions(attacker: Attacker) -> None:
    file_id = attacker.stored(b"a\n" + b"1\n" * MIB)
    condition = {"column": "a", "operator": "==", "value": "1"}
    body = {"file_id": file_id, "operation": "filter", "filters": [condition]}
    task = attacker.post("/api/perform-operation/", body)
    link = attacker.ended(json.loads(task[2])["task_id"])["result"]["file_link"].removeprefix(attacker.running.url)
    many = ",".join(f"{start}-{start + MIB}" for start in range(900))
    for ranges in (
        f"bytes={many}"[:8000],
        "bytes=" + "0-," * 2000,
        "bytes=0-0,-1",
        "bytes=5-1",
        "bytes=-0",
        "bytes=99999999999999999999999-",
        "bytes=0-99999999999999999999999",
        "bytes=--1",
        "bytes=a-b",
        "lines=1-2",
        "bytes",
        "=",
        "\xff",
    ):
        status, _, content = attacker.send("GET", link, None, {"Range": ranges})
        assert status in {200, 206, 400, 416}, ranges
        assert len(content) <= 3 * MIB
    for name in ("If-None-Match", "If-Range", "If-Modified-Since", "If-Match", "Accept", "Cookie", "Authorization"):
        for value in ('"' * 4000, "W/" * 2000, "0" * 8000, "Thu, 99 Foo 99999 99:99:99 GMT", ","):
            assert attacker.send("GET", link, None, {name: value})[0] in {200, 304, 400, 412}


def test_paths_queries_and_methods(attacker: Attacker) -> None:
    paths = ["//", "/../../../etc/passwd", "/static/../../../../etc/passwd", "/static/%2e%2e/%2e%2e/etc/passwd"]
    paths += ["/%00", "/%ff%fe", "/" + "a/" * 1900, "/api/download/" + "A" * 3900, "/api/download/a.b.c/", "/;/?#"]
    paths += [f"/api/task-status/?task_id={value}" for value in ("%00", "%ff", "'", "1&task_id=2", "x" * 3900, "[]")]
    paths += [f"/api/task-status/?task_id=x&n={value}" for value in ("1&n=2", "9" * 3000, "-1", "1e3", "%00", "%D9%A3")]
    for path in paths:
        assert attacker.send("GET", path, None, attacker.bearer)[0] in {200, 302, 308, 400, 403, 404}, path
    for method in ("TRACE", "BREW", "PROPFIND", "OPTIONS", "HEAD", "DELETE", "PATCH", "get"):
        for path in ("/", "/api/login/", "/healthz", "/api/upload-csv/", "/metrics"):
            assert attacker.send(method, path)[0] in {200, 302, 400, 404, 405}, (method, path)


def test_a_flood_of_logins_holds_two_hashes_at_once(attacker: Attacker) -> None:
    """Argon2 takes 64 MiB for each; 60 logins come at once, of which two are worked on at a time."""
    body = json.dumps({"email": "eve@example.com", "password": "not the password"}).encode()
    with ThreadPoolExecutor(40) as pool:
        before = max(map(peak, web_processes(attacker.running)))
        began = time.perf_counter()
        statuses = Counter(pool.map(lambda _: flood(attacker, body), range(60)))
        seconds = time.perf_counter() - began
    after = max(map(peak, web_processes(attacker.running)))
    print(f"60 logins at once: {seconds:.1f} s, {(after - before) / MIB:.0f} MiB more at the peak")
    assert statuses == {401: 60}
    assert after - before < 160 * MIB


def flood(attacker: Attacker, body: bytes) -> int:
    connection = http.client.HTTPConnection(attacker.address[0], int(attacker.address[1]), timeout=120)
    with contextlib.closing(connection):
        connection.request("POST", "/api/login/", body, JSON)
        return connection.getresponse().status


def test_uploads_that_are_cut_off_leave_nothing(attacker: Attacker) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    for _ in range(10):
        connection = http.client.HTTPConnection(attacker.address[0], int(attacker.address[1]), timeout=10)
        headers = {**multipart(attacker), "Content-Length": str(100 * MIB)}
        connection.request("POST", "/api/upload-csv/", head + b"a,b\n" * MIB, headers)
        connection.close()
    folder = attacker.running.output.parent / "var" / "files" / "tmp"
    until(lambda: not list(folder.iterdir()))
