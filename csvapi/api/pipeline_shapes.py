"""The shapes of saved pipelines."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from csvapi.api.resource import NEXT, TRUNCATED
from csvapi.api.saved_shapes import (
    SHA256,
    TIME,
    SavedLinks,
    SavedPart,
    SavedVersionLinks,
    VersionPart,
    description_field,
    name_field,
    saved_part,
    version_part,
)
from csvapi.api.shapes import APPLIED, ObjectField
from csvapi.api.work_shapes import ON_BAD, ON_RAGGED, OUTPUT, STEPS
from csvapi.models import PipelineVersion, SavedVersion

AT = "/api/v1/pipelines"


class PipelineVersionRequest(ma.Schema):
    """What a version of a pipeline is to hold: steps and options, or those of a task."""

    steps = STEPS
    task = ma.fields.UUID(
        metadata={
            "description": "In place of `steps`: a task whose steps and options are taken. Files that its steps read "
            "become parameters, named after them"
        }
    )
    on_ragged = ON_RAGGED
    on_bad = ON_BAD
    output = OUTPUT

    @ma.validates_schema
    def one_of_both(self, data: dict[str, Any], **_: object) -> None:
        """Refuse steps beside a task, and neither."""
        if "task" in data and "steps" in data:
            raise ma.ValidationError("cannot be given together with steps.", "task")
        if "task" not in data and "steps" not in data:
            raise ma.ValidationError("this field is required, unless task is given.", "steps")


class PipelineRequest(PipelineVersionRequest):
    """A pipeline to save."""

    name = name_field(required=True)
    description = description_field()


class _Content(ma.Schema):
    steps = ma.fields.List(
        ObjectField(APPLIED), required=True, metadata={"description": "The steps, as they can be sent again"}
    )
    on_ragged = ma.fields.String(metadata={"description": "As it was saved; it holds unless a task says otherwise"})
    on_bad = ma.fields.String(metadata={"description": "As it was saved; it holds unless a task says otherwise"})
    output = ObjectField(
        {"type": "object", "additionalProperties": True},
        metadata={"description": "How to write results, as it was saved; it holds unless a task says otherwise"},
    )
    parameters = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "The files that a task must give by `files`"}
    )


class _Shortened(ma.Schema):
    steps = ma.fields.List(
        ObjectField(APPLIED),
        required=True,
        allow_none=True,
        metadata={"description": "Null where steps and options take more than 4 KiB"},
    )
    truncated = TRUNCATED


class PipelineShape(_Content, SavedPart):
    """A saved pipeline in its latest version."""

    links = ma.fields.Nested(SavedLinks, required=True, metadata={"description": "Where to go from here"})


class PipelineItem(_Shortened, PipelineShape):
    """A pipeline in a list."""


class PipelinePage(ma.Schema):
    """A page of pipelines, the newest first; `next` is the cursor of the following page."""

    items = ma.fields.List(ma.fields.Nested(PipelineItem), required=True, metadata={"description": "The pipelines"})
    next = NEXT


class PipelineVersionShape(_Content, VersionPart):
    """A version of a pipeline, which never changes."""

    links = ma.fields.Nested(SavedVersionLinks, required=True, metadata={"description": "Where to go from here"})


class PipelineVersionItem(_Shortened, PipelineVersionShape):
    """A version in a list."""


class PipelineVersionPage(ma.Schema):
    """A page of versions, the newest first; `next` is the cursor of the following page."""

    items = ma.fields.List(
        ma.fields.Nested(PipelineVersionItem), required=True, metadata={"description": "The versions"}
    )
    next = NEXT


def pipeline_shape(version: SavedVersion) -> dict[str, Any]:
    """A pipeline as the API shows it, by its latest version."""
    return {**saved_part(version, AT), **_content(version)}


def version_shape(version: SavedVersion) -> dict[str, Any]:
    """A version as the API shows it."""
    return {**version_part(version, AT), **_content(version)}


def pipeline_item(version: SavedVersion) -> dict[str, Any]:
    """A pipeline as lists show it."""
    return {**pipeline_shape(version), "truncated": version.content is None}


def version_item(version: SavedVersion) -> dict[str, Any]:
    """A version as lists show it."""
    return {**version_shape(version), "truncated": version.content is None}


def _content(version: SavedVersion) -> dict[str, Any]:
    assert isinstance(version, PipelineVersion)  # noqa: S101  of this kind
    return {"steps": None, **(version.content or {}), "parameters": version.parameters}


_STEPS = [
    {"op": "dedup", "columns": ["email"], "ignore": ["case"]},
    {"op": "join", "file": {"param": "customers"}, "on": ["id"], "how": "left"},
]
REQUEST = {"name": "Newsletter", "description": "One record for each address", "steps": _STEPS, "on_ragged": "drop"}
_HERE = f"{AT}/1"
PIPELINE: dict[str, Any] = {
    "id": 1,
    **REQUEST,
    "version": 2,
    "parameters": ["customers"],
    "sha256": SHA256,
    "created_at": TIME,
    "updated_at": TIME,
    "links": {"self": _HERE, "versions": f"{_HERE}/versions"},
}
VERSION: dict[str, Any] = {
    **{name: part for name, part in PIPELINE.items() if name not in ("name", "description", "updated_at")},
    "links": {"self": f"{_HERE}/versions/2", "latest": _HERE},
}
