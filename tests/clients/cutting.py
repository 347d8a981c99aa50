"""A way to a server that breaks: a proxy whose connections end after so many bytes of answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Cutting:
    """Passes bytes on; each number in `cuts` ends one connection after so many bytes of its answers."""

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        self.target = (str(target.hostname), int(target.port or 80))
        self.cuts: list[int] = []
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self.connections += 1
                left = self.cuts.pop(0) if self.cuts else None
                threading.Thread(target=self._connect, args=(client, left), daemon=True).start()

    def _connect(self, client: socket.socket, left: int | None) -> None:
        with client, socket.create_connection(self.target) as server:
            asking = threading.Thread(target=_pass, args=(client, server, None), daemon=True)
            asking.start()
            _pass(server, client, left)
            asking.join()


def _pass(source: socket.socket, to: socket.socket, left: int | None) -> None:
    """Pass bytes on until there are no more, or `left` of them have passed; then end both connections."""
    with suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data if left is None else data[:left])
            left = None if left is None else left - len(data)
            if left is not None and left <= 0:
                break
    for each in (source, to):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@contextmanager
def cutting(url: str) -> Iterator[Cutting]:
    proxy = Cutting(url)
    yield proxy
    proxy.close()
