"""The body of an upload: a multipart form or the file itself, compressed or not, checked against its digest."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import zlib
from collections.abc import Callable
from typing import IO, Any
from urllib.parse import unquote

from flask import request
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.http import parse_options_header

from csvapi.api.body import CHUNK
from csvapi.errors import DigestMismatch, InvalidInput, TooLarge
from csvapi.extensions import runtime
from csvapi.storage import Writer
from csvapi.unpacking import FORMATS
from csvapi.unpacking.selection import OPTIONS

# What programs call a CSV file, or one that holds it; what it is, its bytes say.
RAW = (
    "text/csv",
    "application/csv",
    "text/x-csv",
    "application/x-csv",
    "text/comma-separated-values",
    "text/tab-separated-values",
    "application/vnd.ms-excel",
    "text/plain",
    "application/octet-stream",
    *(each.media_type for each in FORMATS.values()),
    "application/x-gzip",
    "application/x-zip-compressed",
    "application/x-zstd",
)
READ = 64 * 1024  # bytes at a time from the connection: measured, larger reads are slower
FREE = 1024 * 1024  # bytes that a compressed upload may unpack to, whatever its size
_DIGEST = re.compile(r"\s*([a-z0-9-]+)\s*=\s*:([A-Za-z0-9+/=]*):\s*")
_ALGORITHMS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


def receive(writer: Writer) -> str:
    """Read the body of the request into the writer; returns the name of the file.

    Memory for one piece. Raises InvalidInput without a file, TooLarge (also for what unpacks to too much),
    DigestMismatch if `Content-Digest` differs, and UnsupportedMediaType.
    """
    checks = _checks()
    request.environ["wsgi.input"] = stream = _Hashing(request.environ["wsgi.input"], [new for new, _ in checks])
    if request.mimetype == "multipart/form-data":
        name = _multipart(writer)
    elif request.mimetype in ("", *RAW):
        name = _raw(writer)
    else:
        raise UnsupportedMediaType(
            "Send a multipart form with the part `file`, or the file itself with Content-Type: text/csv"
        )
    for digest, (_, expected) in zip(stream.digests, checks, strict=True):
        if digest.digest() != expected:
            raise DigestMismatch("The content is not what Content-Digest says; it changed on the way")
    return name


def part() -> dict[str, str]:
    """What the request says of the part of the file that is to be read: `sheet`, `range`, `member`.

    In the address or in the form, whose file must have been received.
    """
    return {name: value for name in OPTIONS if (value := request.args.get(name) or request.form.get(name))}


class _Hashing(io.RawIOBase):
    """The bytes of the connection, hashed as they are read."""

    def __init__(self, stream: IO[bytes], algorithms: list[Callable[[], Any]]) -> None:
        self._stream = stream
        self.digests = [new() for new in algorithms]

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._seen(self._stream.read(size))

    def readline(self, size: int | None = -1) -> bytes:
        return self._seen(self._stream.readline(-1 if size is None else size))

    def readinto(self, buffer: Any) -> int:
        data = self._seen(self._stream.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def _seen(self, data: bytes) -> bytes:
        for digest in self.digests:
            digest.update(data)
        return data


def _checks() -> list[tuple[Callable[[], Any], bytes]]:
    """The digests to check (RFC 9530, section 2); unknown algorithms are ignored, as the RFC says."""
    checks: list[tuple[Callable[[], Any], bytes]] = []
    for item in filter(None, request.headers.get("Content-Digest", "").split(",")):
        match = _DIGEST.fullmatch(item)
        try:
            value = base64.b64decode(match[2], validate=True) if match else b""
        except binascii.Error:
            match = None
        if match is None:
            raise InvalidInput("Content-Digest: must be written as sha-256=:…base64…:", pointer="")
        if match[1] in _ALGORITHMS:
            checks.append((_ALGORITHMS[match[1]], value))
    return checks


def _multipart(writer: Writer) -> str:
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise UnsupportedMediaType("A multipart form cannot be compressed; send the compressed file as the body itself")
    name: str | None = request.receive_upload(writer)  # type: ignore[attr-defined]  # csvapi.api.body.Request
    if name is None:
        raise InvalidInput("No file was chosen: the form needs a file in its part `file`", pointer="/file")
    return name


def _raw(writer: Writer) -> str:
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in {"identity", "gzip", "x-gzip"}:
        raise UnsupportedMediaType("Content-Encoding must be gzip or absent")
    request.max_content_length = runtime().settings.max_upload
    unpack = None if coding == "identity" else _Gunzip(writer)
    while data := request.stream.read(READ):
        (unpack or writer).write(data)
    if unpack:
        unpack.finish()
    return _name()


class _Gunzip:
    """Unpacks gzip members into a writer; bounds both each piece and the ratio of the whole."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._ratio, self._taken = writer, runtime().settings.max_ratio, 0
        self._member = zlib.decompressobj(wbits=31)
        self._full = False  # whether there may be more of what was taken

    def write(self, data: bytes) -> None:
        self._taken += len(data)
        while data or self._full:
            if self._member.eof:
                self._member = zlib.decompressobj(wbits=31)
            data = self._piece(data)

    def _piece(self, data: bytes) -> bytes:
        """Unpack at most one chunk; returns what is left to unpack."""
        try:
            out = self._member.decompress(data, CHUNK)
        except zlib.error as error:
            raise InvalidInput(f"The body is not gzip: {error}") from error
        self._full = len(out) == CHUNK and not self._member.eof
        self._writer.write(out)
        if self._writer.size > self._taken * self._ratio + FREE:
            detail = f"The upload unpacks to more than {self._ratio} times its size"
            raise TooLarge(detail, limit=self._ratio)
        return self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    def finish(self) -> None:
        if not self._member.eof:
            raise InvalidInput("The body is not gzip: it ends too early")


def _name() -> str:
    """The name from `?name=`, else from Content-Disposition (RFC 6266), else a default."""
    if given := request.args.get("name"):
        return given
    _, options = parse_options_header(request.headers.get("Content-Disposition", ""))
    return unquote(options.get("filename", "")) or "upload.csv"
