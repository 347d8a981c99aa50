"""The address of this instance: bound before anything is started, so that a conflict shows at once."""

from __future__ import annotations

import errno
import socket

from csvapi.start.folder import CannotStart

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 -- compared with, not bound to
_BACKLOG = 2048
_LAST_PORT = 65535
_OTHER_PORT = "choose another port: CSVAPI_PORT=8001 make run"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises CannotStart if the address is in use or does not belong to this machine."""
    if port > _LAST_PORT:  # getaddrinfo would take it modulo 65536
        raise CannotStart(f"There is no port {port}, they end at {_LAST_PORT}; {_OTHER_PORT}")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, _, _, address = found[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        raise CannotStart(_why(host, port, error)) from error
    return listener


def _why(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use; {_OTHER_PORT}"
    if error.errno == errno.EACCES:
        return f"Port {port} may only be used by root; {_OTHER_PORT}"
    return (
        f"Cannot listen on {host} ({error.strerror}); choose an address of this machine: CSVAPI_HOST=127.0.0.1 make run"
    )


def reachable(listener: socket.socket) -> tuple[str, int]:
    """The host and port at which this machine reaches the socket."""
    host, port = listener.getsockname()[:2]
    return _ANY.get(host, host), port


def url(listener: socket.socket) -> str:
    """The URL at which this machine reaches the socket."""
    host, port = reachable(listener)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
