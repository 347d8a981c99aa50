"""What the shapes of saved pipelines and saved schemas have in common."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import validate

from csvapi.api.resource import Paging
from csvapi.models import SavedVersion
from csvapi.steps.pipeline import LONGEST_DESCRIPTION, LONGEST_NAME

_LENGTH = validate.Length(1, LONGEST_NAME)
_FILLED = validate.Regexp(r"\A\s*\S", error="must have more in it than spaces.")
_NAME = "Your name for it; no two may be alike but for case"
_DESCRIPTION = "For people: what it is for"


def name_field(*, required: bool) -> ma.fields.String:
    """The name in a request."""
    return ma.fields.String(required=required, validate=[_LENGTH, _FILLED], metadata={"description": _NAME})


def description_field() -> ma.fields.String:
    """The description in a request."""
    return ma.fields.String(
        validate=validate.Length(0, LONGEST_DESCRIPTION), metadata={"description": f"{_DESCRIPTION}; default none"}
    )


class NameChange(ma.Schema):
    """Other names of something that is saved; what it holds stays, and what is left out, too."""

    name = name_field(required=False)
    description = description_field()


class Named(Paging):
    """Which ones to list, and the page."""

    name = ma.fields.String(
        validate=validate.Length(1, LONGEST_NAME),
        metadata={"description": "Only those with this in their name, regardless of case"},
    )


class VersionPart(ma.Schema):
    """What every version says of itself."""

    id = ma.fields.Integer(required=True, metadata={"description": "What other requests name it by"})
    version = ma.fields.Integer(required=True, metadata={"description": "The number of the version, from 1"})
    sha256 = ma.fields.String(
        required=True, metadata={"description": "Of what it holds, as canonical JSON: the same for equal versions"}
    )
    created_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When this version was saved"})


class SavedPart(VersionPart):
    """What is said of all versions together."""

    name = ma.fields.String(required=True, metadata={"description": _NAME})
    description = ma.fields.String(required=True, metadata={"description": _DESCRIPTION})
    updated_at = ma.fields.AwareDateTime(
        required=True, metadata={"description": "When its latest version, its name or its description came"}
    )


class SavedLinks(ma.Schema):
    """Where to go from something saved."""

    self = ma.fields.String(required=True, metadata={"description": "It, in its latest version"})
    versions = ma.fields.String(required=True, metadata={"description": "All its versions; POST there saves another"})


class SavedVersionLinks(ma.Schema):
    """Where to go from a version."""

    self = ma.fields.String(required=True, metadata={"description": "This version, which never changes"})
    latest = ma.fields.String(required=True, metadata={"description": "What it is a version of"})


SHA256 = "5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456"
TIME = "2026-01-31T12:00:00+00:00"


def version_part(version: SavedVersion, at: str) -> dict[str, Any]:
    """The common parts of a version."""
    return {
        "id": version.saved_id,
        "version": version.number,
        "sha256": version.sha256,
        "created_at": version.created_at,
        "links": {"self": f"{at}/{version.saved_id}/versions/{version.number}", "latest": f"{at}/{version.saved_id}"},
    }


def saved_part(version: SavedVersion, at: str) -> dict[str, Any]:
    """The common parts of what is shown in its latest version."""
    saved, here = version.saved, f"{at}/{version.saved_id}"
    return {
        **version_part(version, at),
        "name": saved.name,
        "description": saved.description,
        "updated_at": saved.updated_at,
        "links": {"self": here, "versions": f"{here}/versions"},
    }


def tag_of(version: SavedVersion) -> str:
    """The ETag of what is shown in its latest version."""
    return f"{version.saved_id}-{version.number}-{version.saved.updated_at:%Y%m%d%H%M%S%f}"
