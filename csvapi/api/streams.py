"""Long responses without a thread: the connection is taken over from the web server, whose thread goes on.

gunicorn hands the socket of the request to the application (`gunicorn.socket`). The stream keeps a duplicate of it and
replaces gunicorn's own by a closed pipe, so that whatever gunicorn still does with it finds a client that is gone.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

from flask import Response

Begin = Callable[[Callable[[bytes], bool], Callable[[], None]], None]


class EventStream(Response):
    """Text events; `begin` gets functions to write and to end, `by_thread` is for servers without such a socket."""

    def __init__(self, begin: Begin, by_thread: Callable[[], Iterator[bytes]]) -> None:
        super().__init__(_Late(by_thread), mimetype="text/event-stream")
        self._begin = begin
        self.headers["Cache-Control"] = "no-store"
        self.headers["X-Accel-Buffering"] = "no"  # nginx passes events on at once

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Answer, and hand the connection to `begin`, so that no thread waits for the stream's events.

        Without gunicorn's socket the events are the body of the response, which takes a thread.
        """
        connection = environ.get("gunicorn.socket")
        if type(connection) is not socket.socket or environ["REQUEST_METHOD"] == "HEAD":
            return super().__call__(environ, start_response)
        client = Client(take_over(connection))
        self.headers["Connection"] = "close"
        if client.write(self._head()):
            self._begin(client.write, client.close)
        else:
            client.close()
        self.close()
        start_response(self.status, self.headers.to_wsgi_list())
        return [b""]

    def _head(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status_code} {HTTPStatus(self.status_code).phrase}"]
        lines += [f"{name}: {value}" for name, value in self.headers.to_wsgi_list()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class _Late:
    """Begins only when it is read, which never happens for a taken-over connection."""

    def __init__(self, make: Callable[[], Iterator[bytes]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[bytes]:
        return self._make()


class Client:
    """A connection written to without waiting; a client that does not keep up is dropped, and may reconnect."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        connection.setblocking(False)

    def write(self, data: bytes) -> bool:
        """Send all of the data at once; returns False where the client is gone or does not keep up."""
        try:
            return self._connection.send(data) == len(data)
        except OSError:
            return False

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


def take_over(connection: socket.socket) -> socket.socket:
    """The connection as a socket of our own; `connection` is left closed to others."""
    mine = connection.dup()
    left, right = socket.socketpair()
    right.close()
    os.dup2(left.fileno(), connection.fileno(), inheritable=False)
    left.close()
    return mine
