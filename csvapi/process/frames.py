"""Messages between the web process and its children over a socket: a head and two parts."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

CALL, BEGUN, ITEM, DONE, FAILED, MEMORY, DISK, BROKEN = b"c", b"b", b"i", b"d", b"f", b"m", b"s", b"x"
_HEAD = struct.Struct("!c?QQ")


def send(to: socket.socket, kind: bytes, facts: bytes = b"", text: bytes = b"", *, last: bool = False) -> None:
    """Send one message; `last` announces that its sender ends after it."""
    to.sendall(_HEAD.pack(kind, last, len(facts), len(text)) + facts)
    to.sendall(text)


def receive(source: socket.socket) -> tuple[bytes, bool, bytes, bytearray]:
    """Receive one message. Raises EOFError if the other side is gone."""
    kind, last, facts, text = _HEAD.unpack(_exactly(source, _HEAD.size))
    return kind, last, bytes(_exactly(source, facts)), _exactly(source, text)


def _exactly(source: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        read = source.recv_into(view)
        if not read:
            raise EOFError
        view = view[read:]
    return data
