"""Sentry and OpenTelemetry: nothing of them without the settings, a clear refusal without what they need.

Where the extras are installed, what is sent is received by a server of the test's own.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest

from csvapi import config, tracing
from csvapi.app import create_app
from tests.stack import PASSWORD, environment
from tests.start.running import Running, started
from tests.waiting import until

SETTINGS = {
    "CSVAPI_SENTRY_DSN": ("sentry_sdk", "http://key@127.0.0.1:{port}/1"),
    "CSVAPI_OTEL_ENDPOINT": ("opentelemetry", "http://127.0.0.1:{port}"),
}


def settings(folder: Path, **more: str) -> config.Settings:
    return config.load(environment(f"sqlite:///{folder / 'db'}", "redis://127.0.0.1:9/0", folder, **more))


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_not_installed_is_named(tmp_path: Path, name: str) -> None:
    module, address = SETTINGS[name]
    program = f"import sys; sys.modules[{module!r}] = None; from csvapi.app import create_app; create_app()"
    env = environment(f"sqlite:///{tmp_path / 'db'}", "redis://127.0.0.1:9/0", tmp_path)
    env[name] = address.format(port=9)
    done = subprocess.run([sys.executable, "-c", program], env=env, stderr=subprocess.PIPE, text=True, check=False)
    assert re.search(rf"InvalidInput: {name} is set, but .*pip install", done.stderr), done.stderr


def test_nothing_of_them_is_loaded_unasked(tmp_path: Path) -> None:
    """But what the Redis client loads of OpenTelemetry by itself, where that is installed: its figures, no traces."""
    unwanted = {"sentry_sdk", *(f"opentelemetry.{part}" for part in ("sdk.trace", "exporter", "instrumentation"))}
    program = (
        "import sys; from csvapi.app import create_app; create_app();"
        f"assert not {unwanted} & set(sys.modules), {unwanted} & set(sys.modules)"
    )
    env = environment(f"sqlite:///{tmp_path / 'db'}", "redis://127.0.0.1:9/0", tmp_path)
    subprocess.run([sys.executable, "-c", program], env=env, check=True)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_asked_for_is_sent(tmp_path: Path, name: str) -> None:
    module, address = SETTINGS[name]
    assert find_spec(module), "the lock of the tests has the extras: make .venv/dev"
    with receiver() as (port, received):
        app = create_app(settings(tmp_path, **{name: address.format(port=port)}))
        app.add_url_rule("/breaks", view_func=lambda: 1 / 0)
        assert app.test_client().get("/breaks").status_code == 500
        until(lambda: received, within=30)


@contextmanager
def receiver() -> Iterator[tuple[int, list[tuple[str, bytes]]]]:
    """A server that takes what is sent: its port, and the path and body of each request so far."""
    received: list[tuple[str, bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, received
    server.shutdown()
    server.server_close()


def spans(received: list[tuple[str, bytes]]) -> list[Any]:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    requests = [ExportTraceServiceRequest.FromString(body) for path, body in received if path == "/v1/traces"]
    groups = [each for request in requests for resource in request.resource_spans for each in resource.scope_spans]
    return [span for group in groups for span in group.spans]


def test_a_trace_goes_from_the_request_to_its_task_and_names_no_client(tmp_path: Path) -> None:
    """To one that a forked process runs, and to one that the worker runs itself.

    Nothing else begins a trace: not what the scheduler asks the database every two seconds.
    """
    files = {"forked": b"a\n" + b"1\n" * 100, "in-the-worker": b"a\n1\n1\n"}
    settings = {
        "CSVAPI_FORK_ABOVE": "100",
        "CSVAPI_LOG_FORMAT": "json",
        "OTEL_BSP_SCHEDULE_DELAY": "200",  # milliseconds
    }
    with receiver() as (port, received):
        settings["CSVAPI_OTEL_ENDPOINT"] = f"http://127.0.0.1:{port}"
        with started(tmp_path, **settings) as running, httpx.Client(base_url=running.url, timeout=30) as http:
            account = {"email": "ann@example.com", "password": PASSWORD, "confirm_password": PASSWORD}
            http.post("/api/register/", json=account)
            login = http.post("/api/login/", json=account).json()
            http.headers["Authorization"] = f"Bearer {login['access_token']}"
            task_ids = {name: asked(http, name, content) for name, content in files.items()}
            tasks = until(lambda: len(found := tasks_in(received)) == len(files) and found)
            traces = {name: until(partial(whole, received, task.trace_id)) for name, task in tasks.items()}
            until(lambda: {task.trace_id.hex() for task in tasks.values()} == traces_of_starts(running))
    for name, task in tasks.items():
        parents = {span.span_id: span.name for span in traces[name]}
        assert parents[task.parent_span_id] == "POST /api/perform-operation/"
        assert {"INSERT", "UPDATE", "SELECT", "task"} <= {span.name for span in traces[name] if span.parent_span_id}
        assert any(values(span).get("db.system") == "redis" for span in traces[name])
        assert values(task).items() >= {"task_id": task_ids[name], "operation": "dedup"}.items()
    found = spans(received)
    assert {name for span in found for name in values(span)} <= tracing.ATTRIBUTES
    assert "127.0.0.1" not in str([values(span) for span in found])
    assert {span.kind for span in found if not span.parent_span_id} == {2}, "begun by something else than a request"


def asked(http: httpx.Client, name: str, content: bytes) -> str:
    """The id of a task over this content, asked for in a request of this name."""
    file_id = http.post("/api/upload-csv/", files={"file": ("a.csv", content)}).json()["file_id"]
    body, headers = {"file_id": file_id, "operation": "dedup"}, {"X-Request-ID": name}
    return str(http.post("/api/perform-operation/", json=body, headers=headers).json()["task_id"])


def tasks_in(received: list[tuple[str, bytes]]) -> dict[str, Any]:
    """The span of each task, by the name of the request that asked for it."""
    return {values(span)["request_id"]: span for span in spans(received) if span.name == "task"}


def traces_of_starts(running: Running) -> set[str]:
    """The traces that the log names where tasks begin."""
    lines = [line for line in running.text().splitlines() if '"task_started"' in line]
    return {line.split('"trace_id": "')[1][:32] for line in lines}


def whole(received: list[tuple[str, bytes]], trace_id: bytes) -> list[Any]:
    """All spans of the trace, once its request is there."""
    found = [span for span in spans(received) if span.trace_id == trace_id]
    return found if any(not span.parent_span_id for span in found) else []


def values(span: Any) -> dict[str, str]:
    return {each.key: each.value.string_value for each in span.attributes}
