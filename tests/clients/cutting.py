"""A way to a server that breaks: a proxy whose connections end after so many bytes of answers, or of requests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Cutting:
    """Passes bytes on; each number in `cuts` ends one connection after so many bytes of its answers.

    Each in `request_cuts` does after so many bytes of its requests; `sent` counts these, and `answered` the
    bytes of the last connection's answers.
    """

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        self.target = (str(target.hostname), int(target.port or 80))
        self.cuts: list[int] = []
        self.request_cuts: list[int] = []
        self.connections = self.sent = self.answered = 0
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        """End all connections now."""
        for each in self._open.copy():
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self.connections += 1
                left = self.cuts.pop(0) if self.cuts else None
                asked = self.request_cuts.pop(0) if self.request_cuts else None
                threading.Thread(target=self._connect, args=(client, left, asked), daemon=True).start()

    def _connect(self, client: socket.socket, left: int | None, asked: int | None) -> None:
        with client, socket.create_connection(self.target) as server:
            self._open.add(client)
            asking = threading.Thread(target=self._ask, args=(client, server, asked), daemon=True)
            asking.start()
            self.answered = _pass(server, client, left)
            asking.join()
            self._open.discard(client)

    def _ask(self, client: socket.socket, server: socket.socket, left: int | None) -> None:
        self.sent += _pass(client, server, left)


def _pass(source: socket.socket, to: socket.socket, left: int | None) -> int:
    """Pass bytes on until there are no more, or `left` of them have passed; then end both connections.

    Returns how many came.
    """
    passed = 0
    with suppress(OSError):
        while data := source.recv(65536):
            passed += len(data)
            to.sendall(data if left is None else data[:left])
            left = None if left is None else left - len(data)
            if left is not None and left <= 0:
                break
    for each in (source, to):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
    return passed


@contextmanager
def cutting(url: str) -> Iterator[Cutting]:
    proxy = Cutting(url)
    yield proxy
    proxy.close()
