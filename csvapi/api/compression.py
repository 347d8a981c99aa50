"""Answers in a content coding that the client accepts, Zstandard or gzip (RFC 9110, sections 8.4 and 12.5.3).

Compressed are JSON, text, scripts and downloads of text, as they are sent: in one pass, with a few megabytes at most.
Pages that a cookie signs in to are not, for they repeat what a request says beside what it must not learn (BREACH).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

import zstandard
from flask import Response, current_app, request

CODINGS = ("zstd", "gzip")  # the first one where a client likes both as much
SMALL = 1024  # bytes: below, a packet is saved by no coding
LEVEL = 1  # the quickest of both: a web process has downloads of gigabytes to send, too
_TYPES = {
    "application/javascript",
    "application/json",
    "application/problem+json",
    "application/x-ndjson",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/plain",
}


def coding_for(mimetype: str) -> str | None:
    """The coding for an answer of such a media type; None: as it is. A range is one of the plain bytes."""
    if mimetype not in _TYPES or "Range" in request.headers:
        return None
    if mimetype == "text/html" and current_app.config["SESSION_COOKIE_NAME"] in request.cookies:
        return None
    accepted = request.accept_encodings
    wanted = {each: float(accepted.quality(each)) for each in CODINGS}
    best = max(CODINGS, key=lambda each: wanted[each])
    plain = float(accepted["identity"]) if "identity" in accepted.values() else 0
    return best if wanted[best] > 0 and wanted[best] >= plain else None


def compress(response: Response) -> None:
    """Compress an answer that is not compressed yet, where that is worth it and the client takes it.

    An ETag that the answer has is then followed by the coding, and compared with what the client has.
    """
    if response.mimetype not in _TYPES or response.status_code in {204, 206, 304}:
        return
    response.vary.add("Accept-Encoding")
    size = response.content_length if response.is_streamed else response.calculate_content_length()
    coding = coding_for(response.mimetype) if size is None or size >= SMALL else None
    if coding and "Content-Encoding" not in response.headers:
        encode(response, coding)
        if etag := response.get_etag()[0]:
            response.set_etag(f"{etag}-{coding}")
    if response.status_code == HTTPStatus.OK and "ETag" in response.headers:
        response.make_conditional(request)


def encode(response: Response, coding: str) -> None:
    """Let an answer be sent in a coding, whatever its body is made of."""
    response.headers["Content-Encoding"] = coding
    for name in ("Content-Length", "Accept-Ranges", "Repr-Digest"):  # of the plain bytes
        response.headers.pop(name, None)
    if not response.is_streamed:
        response.set_data(b"".join(_packed([response.get_data()], coding)))
    elif request.method != "HEAD":
        plain: Any = response.response
        response.direct_passthrough = False
        response.response = _packed(response.iter_encoded(), coding)
        response.call_on_close(getattr(plain, "close", lambda: None))


def _packed(chunks: Iterable[bytes], coding: str) -> Iterator[bytes]:
    packer: Any = (
        zstandard.ZstdCompressor(level=LEVEL).compressobj() if coding == "zstd" else zlib.compressobj(LEVEL, wbits=31)
    )
    for chunk in chunks:
        if data := packer.compress(chunk):
            yield data
    yield packer.flush()
