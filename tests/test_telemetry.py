"""Sentry and OpenTelemetry: nothing of them without the settings, a clear refusal without what they need.

Where the extras are installed, what is sent is received by a server of the test's own.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest

from csvapi import config
from csvapi.app import create_app
from tests.stack import environment
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
    received: list[tuple[str, bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    app = create_app(settings(tmp_path, **{name: address.format(port=server.server_port)}))
    app.add_url_rule("/breaks", view_func=lambda: 1 / 0)
    assert app.test_client().get("/breaks").status_code == 500
    until(lambda: received, within=30)
    server.shutdown()
    server.server_close()
