"""`csvapi web`: the API served by gunicorn, with threads in a few processes."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from csvapi import logs
from csvapi.config import Settings, load
from csvapi.native.loader import parser as reads_by
from csvapi.process import memory
from csvapi.process.parent_death import die_with_parent
from csvapi.start import descriptors
from csvapi.start.request_body import before_request
from csvapi.start.slow_clients import SlowClientWorker

if TYPE_CHECKING:
    import socket

    from flask import Flask

log = structlog.get_logger(__name__)
_TURN = 0.0005  # seconds; Python's 5 ms, once for each query of a small request, are what one beside a long one waits
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 -- gunicorn makes its own unnamed files there


class Quiet(Logger):  # type: ignore[misc] # likewise
    """gunicorn's log lines in the format of all others."""

    def setup(self, cfg: Any) -> None:
        """Let the application's logging write what gunicorn logs."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class Web(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """gunicorn with the settings of this project, and without its own files, sockets or arguments."""

    def __init__(self, options: dict[str, Any], only: str | None = None) -> None:
        self._options, self._only = options, only
        super().__init__()

    def load_config(self) -> None:
        """Set the options that were given, of which none comes from a file or the command line."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application, made in each worker process; only the pages of one kind where the process is for these."""
        from csvapi.app import create_app
        from csvapi.services.task_events import hub

        app = create_app()
        if self._only:
            from csvapi.web.standalone import serve_only

            serve_only(app, self._only)
        else:
            app.extensions["csvapi"].pool.start()  # so that the first preview does not wait for it
            with app.app_context():
                hub().begin()
        return app


def options(settings: Settings, descriptor: int | None = None) -> dict[str, Any]:
    """gunicorn's settings; a descriptor is an inherited listening socket."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return {
        "bind": f"fd://{descriptor}" if descriptor is not None else f"{host}:{settings.port}",
        "workers": max(settings.web_workers, 1),
        "worker_class": SlowClientWorker,
        "threads": max(settings.web_threads, 1),
        "worker_connections": max(descriptors.connections(), settings.web_threads + 1),
        "limit_request_line": 4094,  # bytes
        "limit_request_fields": 100,
        "limit_request_field_size": 8190,  # bytes
        "timeout": 60,  # of a process that does not even come back to its loop; requests may take longer
        "keepalive": 65,  # above the usual 60 s of a reverse proxy, which then never meets a closed connection
        "worker_tmp_dir": str(_SHARED_MEMORY) if _SHARED_MEMORY.is_dir() else None,
        "forwarded_allow_ips": "",  # CSVAPI_PROXIES decides, in the application
        "control_socket_disable": True,
        "loglevel": "warning",
        "logger_class": Quiet,
        "post_fork": _after_fork,
        "pre_request": before_request,
    }


def _after_fork(_server: object, _worker: object) -> None:
    """Tie a web process to its master, and let its threads take turns often, so that short requests stay short."""
    die_with_parent(os.getppid())
    sys.setswitchinterval(_TURN)


def problem(connection: socket.socket, status: int, _reason: str, detail: str) -> None:
    """Answer what is not valid HTTP in the format of the API, never with gunicorn's HTML or a 5xx."""
    known = HTTPStatus(status if status < HTTPStatus.INTERNAL_SERVER_ERROR or not detail else HTTPStatus.BAD_REQUEST)
    text = detail or known.phrase
    body = json.dumps(
        {"type": "about:blank", "title": known.phrase, "status": known, "detail": text, "error": text}
    ).encode()
    head = (
        f"HTTP/1.1 {known} {known.phrase}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(connection, head.encode() + body)


def build_parser() -> argparse.ArgumentParser:
    """The options of `csvapi web`."""
    parser = argparse.ArgumentParser("csvapi web", description=__doc__)
    parser.add_argument("--descriptor", type=int, help="take over this inherited listening socket")
    parser.add_argument("--only", choices=["rq"], help="serve the queue's pages and the login to them, nothing else")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Serve until a signal."""
    given = build_parser().parse_args(arguments)
    settings = load()
    logs.configure(settings)
    descriptors.raise_limit()
    memory.few_arenas()
    util.write_error = problem  # the one place where gunicorn itself answers; it has no setting for it
    log.info("web_started", parser=reads_by())
    with _figures_added_up():
        Web(options(settings, given.descriptor), given.only).run()
    return 0


@contextmanager
def _figures_added_up() -> Iterator[None]:
    """A folder for the metrics of all processes; if there is no space for one, each process has its own."""
    with ExitStack() as stack:
        try:
            made = tempfile.TemporaryDirectory(prefix="csvapi-metrics-", ignore_cleanup_errors=True)
            os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", stack.enter_context(made))
        except OSError as error:
            log.warning("metrics_show_one_web_process_at_a_time", reason=str(error))
        yield
