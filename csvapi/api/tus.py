"""The headers of tus 1.0.0, the protocol of resumable uploads (https://tus.io/protocols/resumable-upload)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import wraps
from typing import Any

from flask import request
from werkzeug.exceptions import ClientDisconnected, PreconditionFailed, UnsupportedMediaType
from werkzeug.http import http_date

from csvapi.api.contract import View
from csvapi.api.upload import READ
from csvapi.errors import InvalidInput, TooLarge
from csvapi.extensions import runtime
from csvapi.models import Upload
from csvapi.services.upload_parts import ALGORITHMS, Checksum
from csvapi.unpacking.selection import OPTIONS

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
PART = "application/offset+octet-stream"
BYTES = "application/octet-stream"  # which is taken as well, for programs that know no other type of bytes
_MOST = 4096  # characters of the metadata
_NUMBER = re.compile(r"[0-9]{1,18}")
_KEY = re.compile(r"[!-+\--~]+")  # ASCII without spaces and commas


def spoken(view: View) -> View:
    """Answer 412 to a request in any other version of the protocol; put it below `signed_in`."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if request.headers.get("Tus-Resumable") != VERSION:
            raise PreconditionFailed(f"Send the header Tus-Resumable: {VERSION}; no other version is spoken here")
        return view(*args, **kwargs)

    return checked


def capabilities() -> dict[str, str]:
    """What the server offers, for OPTIONS."""
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(runtime().settings.max_upload),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def state(upload: Upload) -> dict[str, str]:
    """Where an upload stands, as headers; an upload that has become a file names it."""
    found = {
        "Cache-Control": "no-store",
        "Upload-Offset": str(upload.received),
        "Upload-Length": str(upload.length),
        "Upload-Expires": http_date(upload.expires_at),
        "Upload-Metadata": upload.given,
        "Upload-File-Id": str(upload.file_id or ""),
    }
    return {name: value for name, value in found.items() if value}


def number(name: str) -> int:
    """The header of that name as a number of bytes. Raises InvalidInput."""
    given = request.headers.get(name, "")
    if not _NUMBER.fullmatch(given):
        raise InvalidInput(f"{name}: this header is required, as a number of bytes", pointer="")
    return int(given)


def metadata() -> tuple[str, str, dict[str, str]]:
    """`Upload-Metadata` as it came, the name of the file in it, and which part of the file is to be read.

    Other keys are kept and not looked at. Raises InvalidInput for a header that is malformed.
    """
    given = request.headers.get("Upload-Metadata", "")
    if len(given) > _MOST:
        raise InvalidInput(f"Upload-Metadata: at most {_MOST} characters are taken", pointer="", limit=_MOST)
    found: dict[str, str] = {}
    for pair in filter(None, map(str.strip, given.split(","))):
        key, _, value = pair.partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise InvalidInput("Upload-Metadata: each key must be ASCII without spaces, and come once", pointer="")
        found[key] = _text(key, value)
    return given, found.get("filename") or "upload.csv", {key: found[key] for key in OPTIONS if found.get(key)}


def _text(key: str, value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(f"Upload-Metadata: the value of {key} must be UTF-8 in base64", pointer="") from error


def checksum() -> Checksum | None:
    """What the body must hash to, if the request says so. Raises InvalidInput for another algorithm."""
    given = request.headers.get("Upload-Checksum")
    if given is None:
        return None
    algorithm, _, value = given.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except binascii.Error:
        digest = b""
    if algorithm not in ALGORITHMS or not digest:
        known = " or ".join(ALGORITHMS)
        raise InvalidInput(f"Upload-Checksum: must be {known}, a space, and the checksum in base64", pointer="")
    return Checksum(algorithm, digest)


def body(left: int) -> Iterator[bytes]:
    """The bytes of a part, of which at most `left` are taken, until the client ends or breaks off.

    Raises UnsupportedMediaType, and TooLarge before anything is read.
    """
    if request.mimetype not in (PART, BYTES) or request.headers.get("Content-Encoding", "identity") != "identity":
        raise UnsupportedMediaType(f"Send the bytes as they are, with Content-Type: {PART}")
    if (request.content_length or 0) > left:
        detail = f"The body has {request.content_length} bytes, and the upload lacks only {left}"
        raise TooLarge(detail, limit=left)
    request.max_content_length = left + 1  # one more is refused where it is counted
    return _pieces()


def _pieces() -> Iterator[bytes]:
    try:
        while piece := request.stream.read(READ):
            yield piece
    except ClientDisconnected:
        return  # what came is as good as a shorter part


def header(name: str, description: str, *, required: bool = False, **schema: Any) -> dict[str, Any]:
    """A header of a request in the OpenAPI document."""
    found: dict[str, Any] = {"in": "header", "name": name, "description": description, "required": required}
    return {**found, "schema": {"type": "string", **schema}}


def headers(*names: str) -> dict[str, Any]:
    """Headers of an answer in the OpenAPI document."""
    return {name: {"description": _MEANINGS[name], "schema": {"type": "string"}} for name in names}


_MEANINGS = {
    "Location": "The upload",
    "Tus-Resumable": "The version of the protocol",
    "Tus-Version": "The versions of the protocol",
    "Tus-Extension": "What is offered beyond its core",
    "Tus-Max-Size": "The most bytes of an upload",
    "Tus-Checksum-Algorithm": "The algorithms of checksums",
    "Upload-Offset": "How many bytes are durable",
    "Upload-Length": "How many there will be",
    "Upload-Expires": "When the upload is forgotten",
    "Upload-Metadata": "What its client said of it",
    "Upload-File-Id": "The id of the file, once it is there",
}
RESUMABLE = header("Tus-Resumable", "The version of the protocol", required=True, enum=[VERSION])
LENGTH = header("Upload-Length", "How many bytes there will be", required=True, pattern="^[0-9]{1,18}$")
OFFSET = header("Upload-Offset", "Where the part begins: what the upload has", required=True, pattern="^[0-9]{1,18}$")
METADATA = header(
    "Upload-Metadata",
    "Pairs of a key and its value in base64, with commas between them: `filename`, and `sheet`, `range` or `member` as "
    "`POST /files` has them",
)
CHECKSUM = header("Upload-Checksum", "`sha1` or `sha256`, a space, and the checksum of the body in base64")
