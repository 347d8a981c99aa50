"""How large a request is, from what has arrived of it."""

from __future__ import annotations

import re
import sys

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,19})[ \t]*(?=\r\n)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)


def request_size(data: bytes) -> int:
    """The size in bytes of the request at the start of the data, head and body.

    One byte more than the data while the head is incomplete; larger than any limit for a body in chunks.
    """
    end = data.find(b"\r\n\r\n") + 4
    if end < 4:
        return len(data) + 1
    head = data[: end - 2]
    if _CHUNKED.search(head):
        return sys.maxsize
    lengths = _LENGTH.findall(head)
    return end + int(lengths[0]) if len(lengths) == 1 else end  # two are refused, without waiting for either
