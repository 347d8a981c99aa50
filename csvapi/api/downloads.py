"""Stored bytes as a response: whole or in part, with their digest."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Response, g, request, send_file
from werkzeug.exceptions import PreconditionFailed, RequestedRangeNotSatisfiable

from csvapi.api import compression
from csvapi.api.contract import Blueprint, View
from csvapi.models import CSV, Action, File
from csvapi.services import audit, files
from csvapi.steps import formats

_OTHERS = ", ".join(f"`{each.media_type}`" for each in formats.FORMATS.values())
CONVERTED = (
    f"`Content-Type` says what it is: `{CSV}` with its charset, what a task converted it to ({_OTHERS}), or "
    "`application/zip` for a result in parts"
)
BINARY = "application/octet-stream"  # in the document: a client takes the bytes as they are, whatever their type
_RANGE = re.compile(r"bytes\s*=\s*(?:(\d{1,19})-(\d{0,19})|-\d{1,19})", re.IGNORECASE)
_BINARY = {"type": "string", "format": "binary"}
_HEADERS = {
    "ETag": {
        "description": "The SHA-256 of the whole content, with `-` and the coding where `Content-Encoding` has one; "
        "of a registered object its own",
        "schema": {"type": "string"},
    },
    "Repr-Digest": {
        "description": "The SHA-256 as RFC 9530 writes it; not with a `Content-Encoding`",
        "schema": {"type": "string"},
    },
    "Content-Disposition": {"description": "The name to save it by", "schema": {"type": "string"}},
    "Accept-Ranges": {"description": "bytes", "schema": {"type": "string"}},
}


def send(file: File, stored: File | None = None, name: str = "") -> Response:
    """A file as an attachment: conditional and range requests, its SHA-256 as ETag and as Repr-Digest.

    `stored` is the row that has the bytes where that is another one; `name` is another one than the file's. Sent in a
    content coding, the ETag names that coding, too, and there is no Repr-Digest: both are of what is sent.
    """
    stored = stored or file
    _ignore_odd_range()
    coding = compression.coding_for(stored.media_type) if stored.size >= compression.SMALL else None
    charset = "utf-8" if stored.dialect["encoding"].startswith(("utf-8", "ascii")) else stored.dialect["encoding"]
    with files.reading(stored) as path:  # it is opened here, and stays open until it is sent
        response = _conditional(stored, path, name or file.name, coding)
    if response.status_code == PreconditionFailed.code:  # Werkzeug would send it with the whole content
        response.close()
        raise PreconditionFailed("The content is not the one that If-Match names")
    downloaded(f"file:{file.id}", response)
    text = stored.media_type.startswith("text/")
    response.headers["Content-Type"] = f"{stored.media_type}; charset={charset}" if text else stored.media_type
    response.headers["Cache-Control"] = "private, no-transform"
    if stored.sha256:
        response.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(stored.sha256)).decode()}:"
    if coding and response.status_code == HTTPStatus.OK:
        compression.encode(response, coding)
    return response


def downloaded(target: str, response: Response) -> None:
    """Add an entry to the audit log if content is sent: by whom, or that it was by a signed link."""
    if request.method != "GET" or response.status_code not in {200, 206}:
        return
    user, key = g.get("user"), g.get("key")
    way: dict[str, Any] = {"key": key.id} if key else {} if user else {"link": True}
    audit.later(Action.DOWNLOAD, user.id if user else None, target, **way)


def _conditional(file: File, path: Path, name: str, coding: str | None) -> Response:
    tag = file.sha256 or (file.object_etag or "").strip('"')
    try:
        return send_file(
            path.absolute(),
            mimetype=file.media_type,
            as_attachment=True,
            download_name=name,
            conditional=True,
            etag=f"{tag}-{coding}" if coding else tag,
            last_modified=file.created_at.astimezone(),
        )
    except RequestedRangeNotSatisfiable as error:
        detail = f"The content has {file.size} bytes; ask for a range of these"
        raise RequestedRangeNotSatisfiable(file.size, description=detail) from error


def _ignore_odd_range() -> None:
    """Ignore a Range that must be ignored: not for GET, unknown unit, malformed (RFC 9110, section 14.2).

    Several ranges are ignored, too, which a server may do.
    """
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    backwards = match and match[2] and int(match[2]) < int(match[1])
    if request.method != "GET" or not match or backwards:
        request.environ.pop("HTTP_RANGE", None)


def sends(blueprint: Blueprint, description: str, types: str) -> Callable[[View], View]:
    """Document what `send` may answer: bytes; `types` says which media types they may have."""

    def decorate(view: View) -> View:
        for status, words in ((200, description), (206, "The range that was asked for")):
            view = blueprint.alt_response(
                status,
                schema=_BINARY,
                content_type=BINARY,
                description=f"{words}. {types}.",
                example="id,name\r\n007,Ada\r\n",
                headers=_HEADERS,
                success=True,
            )(view)
        view = blueprint.alt_response(304, description="Not changed since that ETag", success=True)(view)
        documented: View = blueprint.refuses(412)(view)
        return documented

    return decorate
