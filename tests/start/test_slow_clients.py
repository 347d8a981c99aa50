"""A web server under clients that are slow, that stop in the middle, or that send what nobody wants."""

from __future__ import annotations

import http.client
import json
import re
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from csvapi.start.slow_clients import ARRIVAL
from tests.start.running import Running, started
from tests.waiting import until

THREADS = 8
MIB = 1024 * 1024
LOGIN = json.dumps({"email": "nobody@example.com", "password": "not the password"}).encode()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    threads, limit = str(THREADS), "CSVAPI_RATE_LIMITS"
    with started(tmp_path_factory.mktemp("slow-clients"), CSVAPI_WEB_THREADS=threads, **{limit: "off"}) as instance:
        yield instance
        assert not re.search(r"^web .*(Traceback|Error)", instance.text(), re.MULTILINE)


def connect(running: Running) -> socket.socket:
    host, port = running.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def head(path: str = "/api/login/", *more: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", *more, "", ""]
    return "\r\n".join(lines).encode()


def answer(sock: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """The next answer on the connection: status, headers, body."""
    response = http.client.HTTPResponse(sock)
    response.begin()
    return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()


def latencies(running: Running, count: int = 40) -> list[float]:
    """Seconds that small requests take, on new connections."""
    found = []
    for _ in range(count):
        began = time.perf_counter()
        assert running.get("/healthz").status_code == 200
        found.append(time.perf_counter() - began)
    return found


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("silent", b""),
        ("half a head", b"POST /api/login/ HTTP/1.1\r\nHost: local"),
        ("half a body", head("/api/login/", "Content-Length: 1000") + b'{"email": "'),
        ("a promised body", head("/api/login/", "Content-Length: 1000", "Expect: 100-continue")),
        ("a chunk of many", head("/api/login/", "Transfer-Encoding: chunked") + b"5\r\nhello\r\n"),
        ("a large body", head("/api/login/", f"Content-Length: {MIB - 1}") + b"{" + b" " * 1000),
    ],
)
def test_slow_clients_take_no_thread_from_the_others(running: Running, kind: str, sent: bytes) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(running)) for _ in range(10 * THREADS)]
        for client in clients:
            client.sendall(sent)
        found = latencies(running)
        for client in clients:  # another byte changes nothing
            client.sendall(b" ")
        found += latencies(running)
    print(f"{len(clients)} clients, {kind}: /healthz median {statistics.median(found) * 1000:.1f} ms,", end=" ")
    print(f"slowest {max(found) * 1000:.0f} ms")
    assert max(found) < ARRIVAL / 4  # what waited for a thread would wait for as long as they may take to arrive


def test_a_request_in_pieces_is_answered(running: Running) -> None:
    whole = head("/api/login/", f"Content-Length: {len(LOGIN)}") + LOGIN
    with connect(running) as sock:
        for start in range(0, len(whole), 7):
            sock.sendall(whole[start : start + 7])
        assert answer(sock)[0] == 401
        sock.sendall(whole + whole)  # on the same connection, two at once
        assert [answer(sock)[0] for _ in range(2)] == [401, 401]


def test_a_client_that_waits_for_100_continue_gets_it(running: Running) -> None:
    with connect(running) as sock:
        sock.sendall(head("/api/login/", f"Content-Length: {len(LOGIN)}", "Expect: 100-continue"))
        assert sock.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n")
        sock.sendall(LOGIN)
        assert answer(sock)[0] == 401


def test_a_client_that_stops_in_the_middle_is_forgotten(running: Running) -> None:
    for sent in (b"", b"GET", head("/api/login/", "Content-Length: 10") + b"{"):
        with connect(running) as sock:
            sock.sendall(sent)
            sock.shutdown(socket.SHUT_WR)
            assert sock.recv(1000)[:12] in {b"", b"HTTP/1.1 400"}


@pytest.mark.parametrize(
    ("path", "kind", "status"),
    [
        ("/api/login/", "application/json", 413),
        ("/api/register", "application/x-www-form-urlencoded", 413),
        ("/api/register/", "multipart/form-data; boundary=x", 413),
        ("/api/upload-csv/", "multipart/form-data; boundary=x", 401),
        ("/nowhere", "application/json", 404),
    ],
)
def test_a_refusal_reaches_a_client_that_still_sends(running: Running, path: str, kind: str, status: int) -> None:
    host, port = running.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.request("POST", path, body=b"x" * (60 * MIB), headers={"Content-Type": kind})
    response = connection.getresponse()
    assert response.status == status
    assert json.loads(response.read())
    assert response.getheader("Connection") == "close", "what was not read cannot be told from another request"
    connection.close()


def test_curl_sees_a_413(running: Running, tmp_path: Path) -> None:
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (60 * MIB))
    for more in ([], ["-H", "Expect:"], ["-H", "Expect:", "-H", "Transfer-Encoding: chunked"]):
        command = ["curl", "-sS", "-w", "\n%{http_code}", "-H", "Content-Type: application/json", *more]
        done = subprocess.run(
            [*command, "--data-binary", f"@{large}", f"{running.url}/api/login/"], capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, ""), more
        assert re.search(r'"error".*\n413$', done.stdout, re.DOTALL), done.stdout


def test_a_body_nobody_wants_is_read_within_bounds(running: Running) -> None:
    """After the answer the connection is only drained; it is closed when that takes too long or gets too much."""
    with connect(running) as sock:
        sock.sendall(head("/api/login/", f"Content-Length: {10**12}"))
        assert answer(sock)[0] == 413
        block, sent = bytes(4 * MIB), 0
        with suppress(OSError):  # when the connection is closed
            while sent < 1000 * MIB:
                sock.sendall(block)
                sent += len(block)
        assert sent < 600 * MIB


@pytest.mark.parametrize(
    "chunks", [b"zz\r\nhello\r\n0\r\n\r\n", b"5\r\nhelloX\r\n0\r\n\r\n", b"5" * 9000, b"-5\r\nhello\r\n0\r\n\r\n"]
)
def test_malformed_chunks_are_a_bad_request(running: Running, chunks: bytes) -> None:
    with connect(running) as sock:
        sock.sendall(head("/api/login/", "Transfer-Encoding: chunked") + chunks)
        status, headers, body = answer(sock)
    assert status == 400
    assert headers["content-type"] == "application/json"
    assert "error" in json.loads(body)


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: b\r\n" * 101 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"b" * 9000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"b" * 3_000_000, 431),
        (head("/api/login/", "Content-Length: -5"), 400),
        (head("/api/login/", "Content-Length: 5", "Content-Length: 6"), 400),
        (head("/api/login/", "Content-Length: five"), 400),
        (head("/api/login/", "Content-Length: 5", "Transfer-Encoding: chunked"), 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100) + b"\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
    ],
)
def test_requests_that_are_none_are_refused_as_json(running: Running, request_head: bytes, status: int) -> None:
    with connect(running) as sock:
        sock.sendall(request_head)
        found, headers, body = answer(sock)
    assert found in {status, 400}
    assert "json" in headers["content-type"]
    json.loads(body)


def test_what_never_comes_to_an_end_is_closed(running: Running) -> None:
    """A head, a body: each has its time, however steadily it drips."""
    with connect(running) as one, connect(running) as two:
        one.sendall(b"GET / HTTP/1.1\r\n")
        two.sendall(head("/api/login/", "Content-Length: 1000"))

        def closed(sock: socket.socket) -> bool:
            try:
                sock.sendall(b"x")
                sock.settimeout(0.05)
                return sock.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        until(lambda: closed(one) and closed(two), within=30, every=0.5)
