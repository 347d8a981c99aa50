"""Reading the body of a request at the pace of the client, down to a lowest rate."""

from __future__ import annotations

import errno
import socket
import time
from typing import Any

from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import ParseException
from gunicorn.http.unreader import SocketUnreader

SLOWEST, LEAVE = 4096, 20.0  # bytes a second that a larger body must keep up, after so many seconds
DISCARDED = 32 * 1024  # bytes of a body nobody read that do not cost the connection


class SteadyReader(SocketUnreader):  # type: ignore[misc]  # gunicorn has no types
    """Reads from the socket; raises TimeoutError once the client is slower than the lowest rate."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.begin()

    def begin(self) -> None:
        """Called when the head of a request has been read: the rate of its body is measured from now on."""
        self._deadline = time.monotonic() + LEAVE

    def chunk(self, size_hint: int | None = None) -> bytes:
        """The next bytes, however many have come. Raises TimeoutError when the client has been too slow."""
        self.sock.settimeout(max(self._deadline - time.monotonic(), 0.001))
        try:
            data: bytes = super().chunk(size_hint)
        finally:
            self.sock.settimeout(None)
        self._deadline += len(data) / SLOWEST
        return data


class _Body:
    """A reader of a request body that raises OSError for a malformed one, which the application handles."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def is_left(self) -> bool:
        """Whether more of the body is unread than is read and discarded to keep the connection."""
        if isinstance(self._reader, ChunkedReader):
            return self._reader.parser is not None
        return getattr(self._reader, "length", 0) > DISCARDED

    def read(self, size: int) -> bytes:
        try:
            data: bytes = self._reader.read(size)
        except ParseException as error:
            raise OSError(errno.EBADMSG, str(error)) from error
        return data


def before_request(_worker: object, request: Any) -> None:
    """gunicorn's hook between the head of a request and the application."""
    if isinstance(request.unreader, SteadyReader):
        request.unreader.begin()
    if request.body is not None:
        request.body.reader = body = _Body(request.body.reader)
        asked = request.should_close
        # The answer's head says that the connection ends: its client must not send another request on it.
        request.should_close = lambda: asked() or body.is_left()
