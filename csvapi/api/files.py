"""Files: upload, list, look into, change, download, delete."""

from __future__ import annotations

import json
from typing import Any

import marshmallow as ma
from flask import Response, g, request, url_for
from marshmallow import validate

from csvapi.api import upload
from csvapi.api.body import BodyParser
from csvapi.api.contract import signed_in
from csvapi.api.downloads import CONVERTED, send, sends
from csvapi.api.file_parameters import (
    CODING,
    DIGEST,
    FORM,
    NAME,
    PART,
    REGISTERED,
    Content,
    FileChange,
    ObjectToRegister,
)
from csvapi.api.idempotency_key import claim, idempotent
from csvapi.api.resource import LINK, NEXT, Paging, Resource, listed
from csvapi.api.schemas import FILE, FileItem, FileShape, file_item, file_shape
from csvapi.models import File
from csvapi.services import (
    files,
    packed_files,
    readings,
    redetection,
    registering,
    user_files,
)
from csvapi.unpacking.selection import OPTIONS

blp = Resource("v1-files", __name__, url_prefix="/api/v1/files", description="CSV files: uploads, and results of tasks")
ONE = "/<int:file_id>"
LOCATION = {"Location": {"description": "The new file", "schema": {"type": "string"}}}
_TYPES = ", ".join(f"`{kind}`" for kind in upload.RAW)


class Listing(Paging):
    """Which files to list, and the page."""

    kind = ma.fields.String(
        validate=validate.OneOf(user_files.LISTED), metadata={"description": "Only files of this kind"}
    )
    name = ma.fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "Only those with this in their name, regardless of case"},
    )


class FilePage(ma.Schema):
    """A page of files, the newest first; `next` is the cursor of the following page."""

    items = ma.fields.List(ma.fields.Nested(FileItem), required=True, metadata={"description": "The files"})
    next = NEXT


@blp.route("", "create_file", methods=["POST"])
@signed_in
@idempotent(NAME, *PART, CODING, DIGEST, by_body=False)
@blp.doc(
    requestBody={
        "required": True,
        "description": f"A form with the file; or the file itself as the body, as one of {_TYPES}; or JSON, "
        "as for `/register`.",
        "content": {"multipart/form-data": {"schema": FORM}},
    },
)
@blp.response(201, FileShape, example=FILE, headers=LOCATION)
@blp.refuses(400, 401, 404, 409, 413, 415, 422, 429, 503)
def create() -> Any:
    """Upload a file, as the part `file` of a form or as the body itself; or register an object of a bucket.

    The body itself: `curl -X POST -T people.csv -H 'Content-Type: text/csv' …/files?name=people.csv`. The bytes are
    stored once, as they are; encoding, delimiter and header are detected, with the evidence shown. The bytes say
    what a file is, whatever its name and type: of a workbook (XLSX, ODS), a ZIP archive, a gzip or Zstandard file the
    CSV in it is read, and the file is kept as it is beside it (`reading`). Anything else is refused with a hint.

    A body that is JSON registers an object, as `POST /api/v1/files/register` does.
    """
    if request.is_json:
        given: dict[str, Any] = BodyParser().parse(ObjectToRegister, request, location="json", unknown=None)
        claim(json.dumps(given, sort_keys=True))
        return _created(registering.register(g.user.id, given["object"], given.get("name")))
    with files.begin(g.user.id) as writer:
        name = upload.receive(writer)
        part = upload.part()
        claim("\n".join([name, writer.sha256, *map(str, part.items())]))
        file = packed_files.receive(g.user.id, name, writer, part)
    return _created(file)


@blp.route("/register", "register_object", methods=["POST"])
@signed_in
@idempotent()
@blp.arguments(ObjectToRegister, example={"object": "s3://lake/incoming/7/people.csv"})
@blp.response(201, FileShape, example=REGISTERED, headers=LOCATION)
@blp.refuses(401, 404, 409, 413, 415, 422, 429, 503)
def register(body: dict[str, Any]) -> Any:
    """Register an object that lies in a bucket already: it becomes a file, and is not copied.

    It must lie below a prefix that the operator gave you (CSVAPI_OBJECT_PREFIXES); any other answers as if it were not
    there. It stays where it is, is never changed or deleted, and does not count as stored. It is pinned to its ETag: a
    task over an object that was changed since fails (`object_changed`).
    """
    return _created(registering.register(g.user.id, body["object"], body.get("name")))


def _created(file: File) -> Any:
    return file_shape(file), 201, {"Location": url_for("v1-files.show", file_id=file.id)}


@blp.route("", "list_files", methods=["GET"])
@signed_in
@blp.arguments(Listing, location="query")
@blp.response(200, FilePage, example={"items": [{**FILE, "truncated": False}], "next": None}, headers=LINK)
@blp.refuses(401, 422, 503)
def index(query: dict[str, Any]) -> Any:
    """List your files, the newest first.

    A `detection` of more than 4 KiB is null here, with `truncated` true; the file itself has it.
    """
    found = user_files.newest(g.user.id, query.get("cursor"), query.get("kind"), query["name"])
    return listed(found, query["limit"], file_item, user_files.cursor_of)


@blp.route(ONE, "get_file", methods=["GET"])
@signed_in
@blp.response(200, FileShape, example=FILE)
@blp.refuses(401, 404, 503)
def show(file_id: int) -> Any:
    """Show what is known of a file, with the evidence for how it is read.

    A file that an older version detected keeps its dialect; where this version would read it in another way, `warnings`
    say so (`detected_by_older_version`), and `POST …/detect` takes the new reading.
    """
    return file_shape(redetection.looked_at(_mine(file_id)))


@blp.route(ONE, "update_file", methods=["PATCH"])
@signed_in
@blp.arguments(FileChange, example={"dialect": {"delimiter": ";"}, "expires_at": "2030-01-31T12:00:00Z"})
@blp.response(200, FileShape, example=FILE)
@blp.refuses(401, 404, 409, 413, 415, 422, 429, 503)
def change(body: dict[str, Any], file_id: int) -> Any:
    """Change a file's name, how it is read, or how long it is kept; its bytes stay.

    Another `dialect`, `sheet`, `range` or `member` is refused while a task that has not ended reads the file. With one
    of the last three, the CSV is made anew of the original, and its dialect detected anew.
    """
    part = {name: body.pop(name) for name in OPTIONS if name in body}
    return file_shape(user_files.change(g.user.id, file_id, part=part, **body))


@blp.route(f"{ONE}/detect", "detect_dialect", methods=["POST"])
@signed_in
@blp.response(200, FileShape, example=FILE)
@blp.refuses(401, 404, 409, 413, 422, 429, 503)
def detect(file_id: int) -> Any:
    """Detect anew how an upload is to be read: its dialect, columns and evidence; its bytes stay.

    A dialect that you set yourself is replaced by what is detected. Refused while a task that has not ended reads the
    file. The file a task left (a result, its dropped records) is 422: how it is written is known and was never
    detected; `PATCH` changes how it is read.
    """
    return file_shape(redetection.again(g.user.id, file_id))


@blp.route(ONE, "delete_file", methods=["DELETE"])
@signed_in
@blp.response(204)
@blp.refuses(401, 404, 409, 503)
def delete(file_id: int) -> None:
    """Delete a file; refused while a task that has not ended reads it."""
    user_files.delete(g.user.id, file_id)


@blp.route(f"{ONE}/content", "download_file", methods=["GET"])
@signed_in
@blp.arguments(Content, location="query")
@sends(blp, "The whole file, byte for byte", CONVERTED)
@blp.refuses(401, 404, 413, 416, 422, 503)
def content(query: dict[str, Any], file_id: int) -> Response:
    """Download a file, whole or a range of it, byte for byte as it was uploaded or made.

    Of a workbook, an archive or a compressed file, `as=csv` gives what is read of it.
    """
    file = _mine(file_id)
    if query.get("as_"):
        files.check_csv(file, "/as")
        return send(file, name=readings.name_of_csv(file))
    return send(file, packed_files.original(file))


def _mine(file_id: int) -> File:
    return files.find(g.user.id, file_id)
