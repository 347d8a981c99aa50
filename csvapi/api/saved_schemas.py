"""Saved schemas: Table Schemas with a name, in versions that do not change, which steps of validate may name."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import g

from csvapi.api.contract import signed_in
from csvapi.api.etags import ETAG, IF_MATCH, IF_NONE_MATCH, check_match, tagged
from csvapi.api.idempotency_key import idempotent
from csvapi.api.resource import LINK, Paging, Resource, listed
from csvapi.api.saved_schema_shapes import (
    AT,
    REQUEST,
    SCHEMA,
    VERSION,
    SavedSchemaPage,
    SavedSchemaRequest,
    SavedSchemaShape,
    SavedSchemaVersionPage,
    SavedSchemaVersionRequest,
    SavedSchemaVersionShape,
    schema_item,
    schema_shape,
    version_item,
    version_shape,
)
from csvapi.api.saved_shapes import NameChange, Named, tag_of
from csvapi.models import SavedVersion
from csvapi.services import saved_changes, saved_content, saved_lists
from csvapi.services.saved_kinds import SCHEMAS

blp = Resource("v1-schemas", __name__, url_prefix=AT, description="Table Schemas that are kept, for `validate`")
ONE = "/<int:schema_id>"
VERSIONS = f"{ONE}/versions"
_LOCATION = {"Location": {"description": "What was saved", "schema": {"type": "string"}}}
_UNCHANGED = "Not changed since that ETag"


@blp.route("", "create_schema", methods=["POST"])
@signed_in
@idempotent()
@blp.arguments(SavedSchemaRequest, example=REQUEST)
@blp.response(201, SavedSchemaShape, example={**SCHEMA, "version": 1}, headers=_LOCATION | ETAG)
@blp.refuses(401, 409, 413, 415, 422, 429, 503)
def create(body: dict[str, Any]) -> Any:
    """Save a Table Schema; a step of `validate` names it as `"schema": {"id": 3, "version": 2}`.

    A task keeps what the schema says when the task is started; without `version` that is the latest one.
    """
    content = saved_content.schema_content(body["schema"])
    saved = saved_changes.create(SCHEMAS, g.user.id, body["name"], body.get("description", ""), content)
    return schema_shape(saved), 201, {"Location": f"{AT}/{saved.saved_id}", "ETag": f'"{tag_of(saved)}"'}


@blp.route("", "list_schemas", methods=["GET"])
@signed_in
@blp.arguments(Named, location="query")
@blp.response(200, SavedSchemaPage, example={"items": [{**SCHEMA, "truncated": False}], "next": None}, headers=LINK)
@blp.refuses(401, 422, 503)
def index(query: dict[str, Any]) -> Any:
    """List your schemas in their latest versions, the newest first.

    A schema of more than 4 KiB is null here, with `truncated` true; the schema itself has it.
    """
    found = saved_lists.newest(SCHEMAS, g.user.id, query.get("cursor"), query.get("name"))
    return listed(found, query["limit"], schema_item, partial(saved_lists.cursor_of, SCHEMAS))


@blp.route(ONE, "get_schema", methods=["GET"])
@signed_in
@blp.doc(parameters=[IF_NONE_MATCH])
@blp.response(200, SavedSchemaShape, example=SCHEMA, headers=ETAG)
@blp.alt_response(304, description=_UNCHANGED, success=True)
@blp.refuses(401, 404, 503)
def show(schema_id: int) -> Any:
    """Show a schema in its latest version."""
    found = saved_lists.find(SCHEMAS, g.user.id, schema_id)
    return tagged(schema_shape(found), tag_of(found))


@blp.route(ONE, "update_schema", methods=["PATCH"])
@signed_in
@blp.doc(parameters=[IF_MATCH])
@blp.arguments(NameChange, example={"name": "Customers of the shop"})
@blp.response(200, SavedSchemaShape, example=SCHEMA, headers=ETAG)
@blp.refuses(401, 404, 409, 412, 413, 415, 422, 429, 503)
def change(body: dict[str, Any], schema_id: int) -> Any:
    """Change the name or the description of a schema; its versions stay as they are."""

    def check(present: SavedVersion) -> None:
        check_match(tag_of(present))

    changed = saved_changes.change(SCHEMAS, g.user.id, schema_id, **body, check=check)
    return schema_shape(changed), 200, {"ETag": f'"{tag_of(changed)}"'}


@blp.route(ONE, "delete_schema", methods=["DELETE"])
@signed_in
@blp.response(204)
@blp.refuses(401, 404, 503)
def delete(schema_id: int) -> None:
    """Delete a schema with all its versions; tasks keep what it said, pipelines that name it can no longer run."""
    saved_changes.delete(SCHEMAS, g.user.id, schema_id)


@blp.route(VERSIONS, "create_schema_version", methods=["POST"])
@signed_in
@idempotent()
@blp.arguments(SavedSchemaVersionRequest, example={"schema": REQUEST["schema"]})
@blp.response(201, SavedSchemaVersionShape, example=VERSION, headers=_LOCATION | ETAG)
@blp.alt_response(
    200,
    schema=SavedSchemaVersionShape,
    example=VERSION,
    headers=_LOCATION | ETAG,
    success=True,
    description="It is as the latest version is, which is the answer",
)
@blp.refuses(401, 404, 409, 413, 415, 422, 429, 503)
def create_version(body: dict[str, Any], schema_id: int) -> Any:
    """Save a new version of a schema, unless it would be the same as the latest one."""
    saved_lists.find(SCHEMAS, g.user.id, schema_id)
    version, is_new = saved_changes.add(SCHEMAS, g.user.id, schema_id, saved_content.schema_content(body["schema"]))
    shown = version_shape(version)
    headers = {"Location": shown["links"]["self"], "ETag": f'"{version.sha256}"'}
    return shown, 201 if is_new else 200, headers


@blp.route(VERSIONS, "list_schema_versions", methods=["GET"])
@signed_in
@blp.arguments(Paging, location="query")
@blp.response(
    200, SavedSchemaVersionPage, example={"items": [{**VERSION, "truncated": False}], "next": None}, headers=LINK
)
@blp.refuses(401, 404, 422, 503)
def versions(query: dict[str, Any], schema_id: int) -> Any:
    """List the versions of a schema, the newest first."""
    found = saved_lists.versions(SCHEMAS, g.user.id, schema_id, query.get("cursor"))
    return listed(found, query["limit"], version_item, partial(saved_lists.version_cursor_of, SCHEMAS))


@blp.route(f"{VERSIONS}/<int:number>", "get_schema_version", methods=["GET"])
@signed_in
@blp.doc(parameters=[IF_NONE_MATCH])
@blp.response(200, SavedSchemaVersionShape, example=VERSION, headers=ETAG)
@blp.alt_response(304, description=_UNCHANGED, success=True)
@blp.refuses(401, 404, 503)
def show_version(schema_id: int, number: int) -> Any:
    """Show a version of a schema, which never changes."""
    found = saved_lists.find(SCHEMAS, g.user.id, schema_id, number)
    return tagged(version_shape(found), found.sha256)


@blp.route(f"{VERSIONS}/<int:number>", "delete_schema_version", methods=["DELETE"])
@signed_in
@blp.response(204)
@blp.refuses(401, 404, 409, 503)
def delete_version(schema_id: int, number: int) -> None:
    """Delete a version of a schema, but not the latest one; its number is never given again."""
    saved_changes.delete_version(SCHEMAS, g.user.id, schema_id, number)
