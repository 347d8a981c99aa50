"""Uploads that can be resumed: begin one, send its bytes in parts, ask how far it is, end it."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response, g, request, url_for
from marshmallow import validate
from werkzeug.exceptions import MethodNotAllowed, UnsupportedMediaType

from csvapi.api import tus
from csvapi.api.contract import signed_in
from csvapi.api.idempotency_key import claim, idempotent
from csvapi.api.resource import Resource
from csvapi.errors import CsvapiError
from csvapi.models import Upload
from csvapi.services import resumable, upload_joining, upload_parts

blp = Resource(
    "v1-uploads",
    __name__,
    url_prefix="/api/v1/uploads",
    description="Uploads that can be resumed, by the tus protocol 1.0.0",
)
ONE = "/<string:upload_id>"
STATUSES = ("open", "joining", "finished", "refused")
STATE = ("Upload-Offset", "Upload-Length", "Upload-Expires", "Upload-Metadata", "Upload-File-Id")
METHODS = ("PATCH", "DELETE")  # which some networks let nobody send


class UploadError(ma.Schema):
    """Why an upload was refused."""

    code = ma.fields.String(required=True, metadata={"description": "As in `GET /api/v1/errors`"})
    detail = ma.fields.String(required=True, metadata={"description": "A sentence for people"})


class UploadLinks(ma.Schema):
    """Where to go from an upload."""

    self = ma.fields.String(required=True, metadata={"description": "The upload itself"})
    file = ma.fields.String(metadata={"description": "The file that it has become"})


class UploadShape(ma.Schema):
    """A file on its way. `offset` reaches `length` when the file is there."""

    id = ma.fields.String(required=True, metadata={"description": "What other requests name it by"})
    name = ma.fields.String(required=True, metadata={"description": "That of the file"})
    length = ma.fields.Integer(required=True, metadata={"description": "How many bytes there will be"})
    offset = ma.fields.Integer(required=True, metadata={"description": "How many of them are durable"})
    status = ma.fields.String(
        required=True,
        validate=validate.OneOf(STATUSES),
        metadata={"description": "`joining` while its file is made, `refused` if its bytes make none"},
    )
    file = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "The id of its file, once there"})
    error = ma.fields.Nested(
        UploadError, required=True, allow_none=True, metadata={"description": "Why it was refused"}
    )
    created_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When it was begun"})
    expires_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When it is forgotten"})
    links = ma.fields.Nested(UploadLinks, required=True, metadata={"description": "Where to go from here"})


class UploadList(ma.Schema):
    """All open uploads of the user, the newest first; there are too few for pages."""

    items = ma.fields.List(ma.fields.Nested(UploadShape), required=True, metadata={"description": "The uploads"})


_ID = "5f0c1d2e3f405162738495a6b7c8d9e0"
UPLOAD = {
    "id": _ID,
    "name": "people.csv",
    "length": 734003200,
    "offset": 67108864,
    "status": "open",
    "file": None,
    "error": None,
    "created_at": "2026-01-31T12:00:00+00:00",
    "expires_at": "2026-02-01T12:00:00+00:00",
    "links": {"self": f"/api/v1/uploads/{_ID}"},
}


@blp.after_request
def _version(response: Response) -> Response:
    response.headers["Tus-Resumable"] = tus.VERSION
    if response.status_code == 412:
        response.headers["Tus-Version"] = tus.VERSION
    return response


# OPTIONS and HEAD stand before GET and POST of the same path, which would answer them, too.
@blp.route("", "get_upload_protocol", methods=["OPTIONS"])
@blp.response(204, headers=tus.headers("Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm"))
def options() -> Response:
    """Show what is spoken here: version, extensions, the largest upload, algorithms of checksums."""
    return Response(status=204, headers=tus.capabilities())


@blp.route(ONE, "get_upload_offset", methods=["HEAD"])
@signed_in
@tus.spoken
@blp.doc(parameters=[tus.RESUMABLE])
@blp.response(200, headers=tus.headers(*STATE), description="Where it stands")
@blp.refuses(401, 404, 410, 412, 423, 503)
def offset(upload_id: str) -> Response:
    """Show how far an upload is: `Upload-Offset`, from where to go on.

    423 while its file is made of its parts, 410 if it was refused: `GET` says why.
    """
    upload = resumable.find(g.user.id, upload_id)
    upload_joining.check_idle(upload)
    return Response(headers=tus.state(upload))


@blp.route("", "create_upload", methods=["POST"])
@signed_in
@idempotent(tus.RESUMABLE, tus.LENGTH, tus.METADATA, tus.CHECKSUM, by_body=False)
@tus.spoken
@blp.response(201, UploadShape, example=UPLOAD, headers=tus.headers("Location", *STATE))
@blp.refuses(401, 409, 412, 413, 415, 422, 429, 460, 503)
def create() -> Any:
    """Begin an upload of `Upload-Length` bytes; `Location` takes them.

    They are reserved: they count as stored from now on. The body may have the first of them, as
    `application/offset+octet-stream`. An upload that gets no part for CSVAPI_UPLOAD_TTL (a day) is forgotten
    (`Upload-Expires`).
    """
    length, (given, name, selection), checksum = tus.number("Upload-Length"), tus.metadata(), tus.checksum()
    with_body = request.mimetype in (tus.PART, tus.BYTES)
    if request.content_length and not with_body:
        raise UnsupportedMediaType(f"The first bytes come with Content-Type: {tus.PART}")
    pieces = tus.body(length) if with_body else iter(())
    claim(f"{length}\n{given}")
    upload = resumable.begin(g.user.id, name, selection, length, given)
    try:
        upload = upload_parts.append(upload, 0, pieces, checksum)
    except CsvapiError:
        resumable.terminate(g.user.id, upload.id)  # its client does not get to know its address
        raise
    return _shape(upload), 201, {"Location": url_for("v1-uploads.show", upload_id=upload.id), **tus.state(upload)}


@blp.route("", "list_uploads", methods=["GET"])
@signed_in
@blp.response(200, UploadList, example={"items": [UPLOAD]})
@blp.refuses(401, 503)
def index() -> Any:
    """List your uploads that have not ended, the newest first."""
    return {"items": [_shape(upload) for upload in resumable.open_of(g.user.id)]}


@blp.route(ONE, "get_upload", methods=["GET"])
@signed_in
@blp.response(200, UploadShape, example=UPLOAD, headers=tus.headers(*STATE))
@blp.refuses(401, 404, 503)
def show(upload_id: str) -> Any:
    """Show an upload: how far it is, and the file that it has become, or why it was refused."""
    upload = resumable.find(g.user.id, upload_id)
    return _shape(upload), 200, tus.state(upload)


@blp.route(ONE, "append_to_upload", methods=["PATCH"])
@signed_in
@tus.spoken
@blp.doc(
    parameters=[tus.RESUMABLE, tus.OFFSET, tus.CHECKSUM],
    requestBody={
        "required": True,
        "description": f"The bytes; programs that speak tus send them as `{tus.PART}`",
        "content": {tus.BYTES: {"schema": {"type": "string", "format": "binary"}}},
    },
)
@blp.response(204, headers=tus.headers(*STATE), description="So many bytes are durable")
@blp.refuses(401, 404, 409, 410, 412, 413, 415, 422, 423, 429, 460, 503)
def append(upload_id: str) -> Response:
    """Send the next bytes of an upload, from `Upload-Offset` on, as many as you like.

    What came stays when the connection breaks; `HEAD` says from where to go on. With `Upload-Checksum` all of the body
    is kept, or nothing (460). With the last byte the file is there, as if by `POST /files`: `Upload-File-Id` is its id.
    A file that is refused ends the upload (422). 409: the upload is elsewhere; 423: its file is being made.
    """
    return _append(upload_id)


@blp.route(ONE, "delete_upload", methods=["DELETE"])
@signed_in
@tus.spoken
@blp.doc(parameters=[tus.RESUMABLE])
@blp.response(204)
@blp.refuses(401, 404, 412, 503)
def delete(upload_id: str) -> None:
    """End an upload: what came of it goes, and nothing is reserved any more. Its file, if there is one, stays."""
    resumable.terminate(g.user.id, upload_id)


@blp.route(ONE, "override_upload_method", methods=["POST"])
@signed_in
@tus.spoken
@blp.doc(
    parameters=[
        tus.RESUMABLE,
        tus.header("X-HTTP-Method-Override", "The method that is meant", required=True, enum=list(METHODS)),
        {**tus.OFFSET, "required": False},
        tus.CHECKSUM,
    ]
)
@blp.response(204, headers=tus.headers(*STATE))
@blp.refuses(401, 404, 405, 409, 410, 412, 413, 415, 422, 423, 429, 460, 503)
def override(upload_id: str) -> Any:
    """Do what PATCH or DELETE does, where the network lets nobody send these: the header names the method."""
    method = request.headers.get("X-HTTP-Method-Override", "").upper()
    if method not in METHODS:
        raise MethodNotAllowed(["GET", "HEAD", *METHODS])
    if method == "PATCH":
        return _append(upload_id)
    resumable.terminate(g.user.id, upload_id)
    return None


def _append(upload_id: str) -> Response:
    start, checksum = tus.number("Upload-Offset"), tus.checksum()
    upload = resumable.find(g.user.id, upload_id)
    pieces = tus.body(upload.length - upload.received)
    return Response(status=204, headers=tus.state(upload_parts.append(upload, start, pieces, checksum)))


def _shape(upload: Upload) -> dict[str, Any]:
    status = "open"
    if upload.error_code:
        status = "refused"
    elif upload.ended_at:
        status = "finished"
    elif upload_joining.is_joining(upload):
        status = "joining"
    links = {"self": url_for("v1-uploads.show", upload_id=upload.id)}
    if upload.file_id:
        links["file"] = url_for("v1-files.show", file_id=upload.file_id)
    return {
        "id": upload.id,
        "name": upload.name,
        "length": upload.length,
        "offset": upload.received,
        "status": status,
        "file": upload.file_id,
        "error": {"code": upload.error_code, "detail": upload.error_detail} if upload.error_code else None,
        "created_at": upload.created_at,
        "expires_at": upload.expires_at,
        "links": links,
    }
