"""Sources: folders elsewhere whose files are cleaned as they come. For administrators."""

from __future__ import annotations

import json
from typing import Any

from flask import g

from csvapi.api.callers import OTP
from csvapi.api.contract import administering
from csvapi.api.idempotency_key import claim, idempotent
from csvapi.api.resource import LINK, Resource, listed
from csvapi.api.source_requests import DEFAULTS, SourceChange, SourceRequest
from csvapi.api.source_shapes import (
    AT,
    FILE,
    PAUSED,
    REQUEST,
    SOURCE,
    SourceFilePage,
    SourceFileShape,
    SourceFilesQuery,
    SourceList,
    SourceShape,
    file_shape,
    source_shape,
)
from csvapi.models import Source
from csvapi.services import sources
from csvapi.services.source_content import OPTIONS, SECRETS

blp = Resource(
    "v1-sources", __name__, url_prefix=AT, description="Folders elsewhere whose files are cleaned as they come"
)
ONE = "/<int:source_id>"
_CODE = [
    {
        "in": "header",
        "name": OTP,
        "description": "The code of the administrator's second factor, where there is one",
        "schema": {"type": "string"},
    }
]
_LOCATION = {"Location": {"description": "The source", "schema": {"type": "string"}}}


def _shown(*found: Source) -> list[dict[str, Any]]:
    """The sources as they are shown, by one query for all owners and one for all files."""
    emails, counts = sources.owners(list(found)), sources.counts([source.id for source in found])
    return [source_shape(source, emails.get(source.user_id or 0), counts[source.id]) for source in found]


def _without_secrets(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    return {name: _without_secrets(value) for name, value in given.items() if name not in SECRETS}


def _body(given: dict[str, Any]) -> dict[str, Any]:
    """The request by the names that it has in JSON, as errors name them."""
    names = {"origin": "from", "target": "to"}
    return {names.get(name, name): value for name, value in given.items()}


@blp.route("", "create_source", methods=["POST"])
@administering
@idempotent(*_CODE, by_body=False)
@blp.arguments(SourceRequest, example=REQUEST)
@blp.response(201, SourceShape, example=SOURCE, headers=_LOCATION)
@blp.refuses(401, 409, 413, 415, 422, 429, 503)
def create(body: dict[str, Any]) -> Any:
    """Make a source: a folder, the owner's pipeline that its files go through, and where the results go.

    Nothing is connected to yet; whether the folder can be read is shown (`error`) once it has been, within seconds.
    """
    claim(json.dumps(_without_secrets(body), sort_keys=True))  # no quick hash of a secret is stored
    source = sources.create(g.user.id, {**DEFAULTS, **_body(body)})
    return _shown(source)[0], 201, {"Location": f"{AT}/{source.id}"}


@blp.route("", "list_sources", methods=["GET"])
@administering
@blp.response(200, SourceList, example={"items": [SOURCE]})
@blp.refuses(401, 503)
def index() -> Any:
    """List all sources, the newest first, with how many of their files are in which state."""
    return {"items": _shown(*sources.all_of_them())}


@blp.route(ONE, "get_source", methods=["GET"])
@administering
@blp.response(200, SourceShape, example=SOURCE)
@blp.refuses(401, 404, 503)
def show(source_id: int) -> Any:
    """Show a source, but never its credentials."""
    return _shown(sources.find(source_id))[0]


@blp.route(ONE, "update_source", methods=["PATCH"])
@administering
@blp.doc(parameters=_CODE)
@blp.arguments(SourceChange, example={"schedule": {"every": 300}})
@blp.response(200, SourceShape, example=SOURCE)
@blp.refuses(401, 404, 413, 415, 422, 429, 503)
def change(body: dict[str, Any], source_id: int) -> Any:
    """Change a source; what is left out stays.

    `from` and `to` are replaced as a whole, except that credentials stay where none are given and server and user are
    the same: so a new password alone rotates it. Files that were taken already are not taken again.
    """
    source = sources.find(source_id)
    present = {
        "name": source.name,
        "owner": sources.owners([source]).get(source.user_id or 0, ""),
        "from": source.origin,
        "to": source.target,
        **{name: source.options[name] for name in OPTIONS},
    }
    return _shown(sources.change(g.user.id, source_id, {**present, **_body(body)}))[0]


@blp.route(ONE, "delete_source", methods=["DELETE"])
@administering
@blp.doc(parameters=_CODE)
@blp.response(204)
@blp.refuses(401, 404, 503)
def delete(source_id: int) -> None:
    """Delete a source. Its owner's files and tasks stay, and so does everything in the folders."""
    sources.delete(g.user.id, source_id)


@blp.route(f"{ONE}/run", "run_source", methods=["POST"])
@administering
@blp.doc(parameters=_CODE)
@blp.response(202, SourceShape, example=SOURCE)
@blp.refuses(401, 404, 409, 503)
def run(source_id: int) -> Any:
    """Have the folder read now, whatever its schedule says."""
    return _shown(sources.run_now(g.user.id, source_id))[0]


@blp.route(f"{ONE}/pause", "pause_source", methods=["POST"])
@administering
@blp.doc(parameters=_CODE)
@blp.response(200, SourceShape, example=PAUSED)
@blp.refuses(401, 404, 503)
def pause(source_id: int) -> Any:
    """Do nothing more with a source and its files until it goes on."""
    return _shown(sources.pause(g.user.id, source_id))[0]


@blp.route(f"{ONE}/resume", "resume_source", methods=["POST"])
@administering
@blp.doc(parameters=_CODE)
@blp.response(200, SourceShape, example=SOURCE)
@blp.refuses(401, 404, 409, 503)
def resume(source_id: int) -> Any:
    """Go on with a paused source; however many times it missed, its folder is read once."""
    return _shown(sources.resume(g.user.id, source_id))[0]


@blp.route(f"{ONE}/files", "list_source_files", methods=["GET"])
@administering
@blp.arguments(SourceFilesQuery, location="query")
@blp.response(200, SourceFilePage, example={"items": [FILE], "next": None}, headers=LINK)
@blp.refuses(401, 404, 422, 503)
def files(query: dict[str, Any], source_id: int) -> Any:
    """List the files that were found, the newest first, with their state and what went wrong."""
    found = sources.files(source_id, query.get("cursor"), query.get("state"))
    return listed(found, query["limit"], file_shape, sources.cursor_of)


@blp.route(f"{ONE}/files/<int:source_file_id>/retry", "retry_source_file", methods=["POST"])
@administering
@blp.doc(parameters=_CODE)
@blp.response(202, SourceFileShape, example={**FILE, "state": "waiting", "attempts": 0})
@blp.refuses(401, 404, 409, 503)
def retry(source_id: int, source_file_id: int) -> Any:
    """Try a failed file again, at the step that failed and with all its attempts."""
    return file_shape(sources.retry(g.user.id, source_id, source_file_id))
