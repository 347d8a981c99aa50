"""A relay to a server, whose answers can be made to wait at a byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingTCPServer

_PIECE = 65536


@dataclass
class Relay:
    """Its port; a connection over which more than `hold_after` bytes were answered waits there for `release`."""

    upstream: int
    hold_after: int
    port: int = 0
    held: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    def answers(self, server: socket.socket, client: socket.socket) -> None:
        """Pass on what the server answers, until either side closes."""
        passed = 0
        with suppress(OSError):
            while data := server.recv(_PIECE):
                if (passed := passed + len(data)) > self.hold_after:
                    self.held.set()
                    self.release.wait()
                client.sendall(data)
        _closed(server, client)

    def requests(self, client: socket.socket) -> None:
        """Pass on what a client asks."""
        with ExitStack() as held, suppress(OSError):
            server = held.enter_context(socket.create_connection(("127.0.0.1", self.upstream)))
            back = threading.Thread(target=self.answers, args=(server, client), daemon=True)
            back.start()
            held.callback(back.join)
            held.callback(_closed, server)
            while data := client.recv(_PIECE):
                server.sendall(data)


def _closed(*lines: socket.socket) -> None:
    for line in lines:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay(upstream: int, hold_after: int) -> Iterator[Relay]:
    """A relay to the port of this machine, in threads of its own, for the block."""
    found = Relay(upstream, hold_after)

    class Connection(BaseRequestHandler):
        def handle(self) -> None:
            found.requests(self.request)

    with ThreadingTCPServer(("127.0.0.1", 0), Connection) as server:
        server.daemon_threads, found.port = True, server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield found
        finally:
            found.release.set()
            server.shutdown()
