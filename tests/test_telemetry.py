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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest

from csvapi import config, tracing
from csvapi.app import create_app
from tests.stack import PASSWORD, environment
from tests.start.running import started
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


@pytest.mark.parametrize("fork_above", ["0", "1MiB"], ids=["forked", "in the worker"])
def test_a_trace_goes_from_the_request_to_its_task_and_names_no_client(tmp_path: Path, fork_above: str) -> None:
    """Also, nothing else begins one: not what the scheduler asks the database every two seconds."""
    environment = {
        "CSVAPI_FORK_ABOVE": fork_above,
        "CSVAPI_LOG_FORMAT": "json",
        "OTEL_BSP_SCHEDULE_DELAY": "200",  # milliseconds
    }
    with receiver() as (port, received):
        endpoint = f"http://127.0.0.1:{port}"
        with started(tmp_path, CSVAPI_OTEL_ENDPOINT=endpoint, **environment) as running, httpx.Client() as http:
            http.base_url, http.timeout = httpx.URL(running.url), httpx.Timeout(30)
            account = {"email": "ann@example.com", "password": PASSWORD, "confirm_password": PASSWORD}
            http.post("/api/register/", json=account)
            login = http.post("/api/login/", json=account).json()
            http.headers.update({"Authorization": f"Bearer {login['access_token']}", "X-Request-ID": "followed"})
            file_id = http.post("/api/upload-csv/", files={"file": ("a.csv", b"a\n1\n1\n")}).json()["file_id"]
            body = {"file_id": file_id, "operation": "dedup"}
            task_id = http.post("/api/perform-operation/", json=body).json()["task_id"]
            (task,) = until(lambda: [span for span in spans(received) if span.name == "task"])
            mine = until(lambda: whole(received, task.trace_id))
            (line,) = until(lambda: [line for line in running.text().splitlines() if '"task_started"' in line])
            assert f'"trace_id": "{task.trace_id.hex()}"' in line
    found = spans(received)
    by_id = {span.span_id: span for span in mine}
    assert by_id[task.parent_span_id].name == "POST /api/perform-operation/"
    assert {"INSERT", "UPDATE", "SELECT", "task"} <= {span.name for span in mine if span.parent_span_id}
    assert any(values(span).get("db.system") == "redis" for span in mine)
    assert values(task) | {"task_id": task_id, "operation": "dedup", "request_id": "followed"} == values(task)
    assert {name for span in found for name in values(span)} <= tracing.ATTRIBUTES
    assert "127.0.0.1" not in str([values(span) for span in found])
    assert {span.kind for span in found if not span.parent_span_id} == {2}, "begun by something else than a request"


def whole(received: list[tuple[str, bytes]], trace_id: bytes) -> list[Any]:
    """All spans of the trace, once its request is there."""
    found = [span for span in spans(received) if span.trace_id == trace_id]
    return found if any(not span.parent_span_id for span in found) else []


def values(span: Any) -> dict[str, str]:
    return {each.key: each.value.string_value for each in span.attributes}
