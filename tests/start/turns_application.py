"""Says how many requests ran at once in this process at most, in Python alone: python -m tests.start.turns_application

Answers on a port that it prints, by the worker class of the web server with eight threads.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from gunicorn.app.base import BaseApplication

from csvapi.config import Settings
from csvapi.process.interpreter import INTERPRETER
from csvapi.start.web import options

THREADS = 8


class Counting(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Counts who is in it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._lock, self.now, self.most = descriptor, threading.Lock(), 0, 0
        super().__init__()

    def load_config(self) -> None:
        for name, value in options(Settings(web_threads=THREADS), self._descriptor).items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Iterable[bytes]]:
        return self.answer

    def answer(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        waits = INTERPRETER.waiting() if environ["PATH_INFO"] == "/waiting" else None
        if waits:
            with waits:
                threading.Event().wait(0.02)
        else:
            threading.Event().wait(0.002)  # lets the other threads run, if they may
        with self._lock:
            self.now -= 1
        body = b"%d" % self.most
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]


if __name__ == "__main__":
    INTERPRETER._longest = 60.0
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    Counting(listener.fileno()).run()
