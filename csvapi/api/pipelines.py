"""Saved pipelines: steps with a name, in versions that do not change, to be run on any file."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import g

from csvapi.api.contract import signed_in
from csvapi.api.etags import ETAG, IF_MATCH, IF_NONE_MATCH, check_match, tagged
from csvapi.api.idempotency_key import idempotent
from csvapi.api.pipeline_shapes import (
    AT,
    PIPELINE,
    REQUEST,
    VERSION,
    PipelinePage,
    PipelineRequest,
    PipelineShape,
    PipelineVersionPage,
    PipelineVersionRequest,
    PipelineVersionShape,
    pipeline_item,
    pipeline_shape,
    version_item,
    version_shape,
)
from csvapi.api.resource import LINK, Paging, Resource, listed
from csvapi.api.saved_shapes import NameChange, Named, tag_of
from csvapi.models import SavedVersion
from csvapi.services import saved_changes, saved_content, saved_lists
from csvapi.services.saved_kinds import PIPELINES

blp = Resource("v1-pipelines", __name__, url_prefix=AT, description="Steps that are kept, to be run on any file")
ONE = "/<int:pipeline_id>"
VERSIONS = f"{ONE}/versions"
_LOCATION = {"Location": {"description": "What was saved", "schema": {"type": "string"}}}
_STEPS = {name: REQUEST[name] for name in ("steps", "on_ragged")}
_UNCHANGED = "Not changed since that ETag"


@blp.route("", "create_pipeline", methods=["POST"])
@signed_in
@idempotent()
@blp.arguments(PipelineRequest, example=REQUEST)
@blp.response(201, PipelineShape, example={**PIPELINE, "version": 1}, headers=_LOCATION | ETAG)
@blp.refuses(401, 404, 409, 413, 415, 422, 429, 503)
def create(body: dict[str, Any]) -> Any:
    """Save a pipeline: steps that are given, or with `task` those of a task of yours.

    The steps are checked as far as that is possible without a file. Other files are named by parameters, as
    `"file": {"param": "customers"}`; a task gives them by `files`. A step of `validate` may name a saved schema.
    """
    content = saved_content.pipeline_content(g.user.id, body)
    saved = saved_changes.create(PIPELINES, g.user.id, body["name"], body.get("description", ""), content)
    return pipeline_shape(saved), 201, {"Location": f"{AT}/{saved.saved_id}", "ETag": f'"{tag_of(saved)}"'}


@blp.route("", "list_pipelines", methods=["GET"])
@signed_in
@blp.arguments(Named, location="query")
@blp.response(200, PipelinePage, example={"items": [{**PIPELINE, "truncated": False}], "next": None}, headers=LINK)
@blp.refuses(401, 422, 503)
def index(query: dict[str, Any]) -> Any:
    """List your pipelines in their latest versions, the newest first.

    Steps and options of more than 4 KiB are left out, with `truncated` true; the pipeline itself has them.
    """
    found = saved_lists.newest(PIPELINES, g.user.id, query.get("cursor"), query.get("name"))
    return listed(found, query["limit"], pipeline_item, partial(saved_lists.cursor_of, PIPELINES))


@blp.route(ONE, "get_pipeline", methods=["GET"])
@signed_in
@blp.doc(parameters=[IF_NONE_MATCH])
@blp.response(200, PipelineShape, example=PIPELINE, headers=ETAG)
@blp.alt_response(304, description=_UNCHANGED, success=True)
@blp.refuses(401, 404, 503)
def show(pipeline_id: int) -> Any:
    """Show a pipeline in its latest version; the command line takes this JSON as it is (`--pipeline FILE`)."""
    found = saved_lists.find(PIPELINES, g.user.id, pipeline_id)
    return tagged(pipeline_shape(found), tag_of(found))


@blp.route(ONE, "update_pipeline", methods=["PATCH"])
@signed_in
@blp.doc(parameters=[IF_MATCH])
@blp.arguments(NameChange, example={"name": "Newsletter in spring"})
@blp.response(200, PipelineShape, example=PIPELINE, headers=ETAG)
@blp.refuses(401, 404, 409, 412, 413, 415, 422, 429, 503)
def change(body: dict[str, Any], pipeline_id: int) -> Any:
    """Change the name or the description of a pipeline; its versions stay as they are."""

    def check(present: SavedVersion) -> None:
        check_match(tag_of(present))

    changed = saved_changes.change(PIPELINES, g.user.id, pipeline_id, **body, check=check)
    return pipeline_shape(changed), 200, {"ETag": f'"{tag_of(changed)}"'}


@blp.route(ONE, "delete_pipeline", methods=["DELETE"])
@signed_in
@blp.response(204)
@blp.refuses(401, 404, 503)
def delete(pipeline_id: int) -> None:
    """Delete a pipeline with all its versions; tasks and receipts keep the steps they had from it."""
    saved_changes.delete(PIPELINES, g.user.id, pipeline_id)


@blp.route(VERSIONS, "create_pipeline_version", methods=["POST"])
@signed_in
@idempotent()
@blp.arguments(PipelineVersionRequest, example=_STEPS)
@blp.response(201, PipelineVersionShape, example=VERSION, headers=_LOCATION | ETAG)
@blp.alt_response(
    200,
    schema=PipelineVersionShape,
    example=VERSION,
    headers=_LOCATION | ETAG,
    success=True,
    description="It is as the latest version is, which is the answer",
)
@blp.refuses(401, 404, 409, 413, 415, 422, 429, 503)
def create_version(body: dict[str, Any], pipeline_id: int) -> Any:
    """Save a new version of a pipeline, unless it would be the same as the latest one."""
    saved_lists.find(PIPELINES, g.user.id, pipeline_id)
    content = saved_content.pipeline_content(g.user.id, body)
    version, is_new = saved_changes.add(PIPELINES, g.user.id, pipeline_id, content)
    shown = version_shape(version)
    headers = {"Location": shown["links"]["self"], "ETag": f'"{version.sha256}"'}
    return shown, 201 if is_new else 200, headers


@blp.route(VERSIONS, "list_pipeline_versions", methods=["GET"])
@signed_in
@blp.arguments(Paging, location="query")
@blp.response(
    200, PipelineVersionPage, example={"items": [{**VERSION, "truncated": False}], "next": None}, headers=LINK
)
@blp.refuses(401, 404, 422, 503)
def versions(query: dict[str, Any], pipeline_id: int) -> Any:
    """List the versions of a pipeline, the newest first."""
    found = saved_lists.versions(PIPELINES, g.user.id, pipeline_id, query.get("cursor"))
    return listed(found, query["limit"], version_item, partial(saved_lists.version_cursor_of, PIPELINES))


@blp.route(f"{VERSIONS}/<int:number>", "get_pipeline_version", methods=["GET"])
@signed_in
@blp.doc(parameters=[IF_NONE_MATCH])
@blp.response(200, PipelineVersionShape, example=VERSION, headers=ETAG)
@blp.alt_response(304, description=_UNCHANGED, success=True)
@blp.refuses(401, 404, 503)
def show_version(pipeline_id: int, number: int) -> Any:
    """Show a version of a pipeline, which never changes."""
    found = saved_lists.find(PIPELINES, g.user.id, pipeline_id, number)
    return tagged(version_shape(found), found.sha256)


@blp.route(f"{VERSIONS}/<int:number>", "delete_pipeline_version", methods=["DELETE"])
@signed_in
@blp.response(204)
@blp.refuses(401, 404, 409, 503)
def delete_version(pipeline_id: int, number: int) -> None:
    """Delete a version of a pipeline, but not the latest one; its number is never given again."""
    saved_changes.delete_version(PIPELINES, g.user.id, pipeline_id, number)
