"""The shapes of saved schemas."""

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
from csvapi.api.shapes import ObjectField
from csvapi.models import SavedVersion

AT = "/api/v1/schemas"
_TABLE = {"$ref": "TableSchema"}  # of the catalogue


class SavedSchemaVersionRequest(ma.Schema):
    """What a version of a schema is to hold."""

    schema = ObjectField(_TABLE, required=True, metadata={"description": "A Frictionless Table Schema"})


class SavedSchemaRequest(SavedSchemaVersionRequest):
    """A schema to save."""

    name = name_field(required=True)
    description = description_field()


class _Content(ma.Schema):
    schema = ObjectField(_TABLE, required=True, metadata={"description": "The Table Schema, as it was saved"})


class _Shortened(ma.Schema):
    schema = ObjectField(
        {"anyOf": [_TABLE, {"type": "null"}]},
        required=True,
        allow_none=True,
        metadata={"description": "Null where it takes more than 4 KiB"},
    )
    truncated = TRUNCATED


class SavedSchemaShape(_Content, SavedPart):
    """A saved schema in its latest version."""

    links = ma.fields.Nested(SavedLinks, required=True, metadata={"description": "Where to go from here"})


class SavedSchemaItem(_Shortened, SavedSchemaShape):
    """A schema in a list."""


class SavedSchemaPage(ma.Schema):
    """A page of schemas, the newest first; `next` is the cursor of the following page."""

    items = ma.fields.List(ma.fields.Nested(SavedSchemaItem), required=True, metadata={"description": "The schemas"})
    next = NEXT


class SavedSchemaVersionShape(_Content, VersionPart):
    """A version of a schema, which never changes."""

    links = ma.fields.Nested(SavedVersionLinks, required=True, metadata={"description": "Where to go from here"})


class SavedSchemaVersionItem(_Shortened, SavedSchemaVersionShape):
    """A version in a list."""


class SavedSchemaVersionPage(ma.Schema):
    """A page of versions, the newest first; `next` is the cursor of the following page."""

    items = ma.fields.List(
        ma.fields.Nested(SavedSchemaVersionItem), required=True, metadata={"description": "The versions"}
    )
    next = NEXT


def schema_shape(version: SavedVersion) -> dict[str, Any]:
    """A schema as the API shows it, by its latest version."""
    return {**saved_part(version, AT), "schema": version.content}


def version_shape(version: SavedVersion) -> dict[str, Any]:
    """A version as the API shows it."""
    return {**version_part(version, AT), "schema": version.content}


def schema_item(version: SavedVersion) -> dict[str, Any]:
    """A schema as lists show it."""
    return {**schema_shape(version), "truncated": version.content is None}


def version_item(version: SavedVersion) -> dict[str, Any]:
    """A version as lists show it."""
    return {**version_shape(version), "truncated": version.content is None}


REQUEST: dict[str, Any] = {
    "name": "Customers",
    "description": "As the shop exports them",
    "schema": {
        "fields": [
            {"name": "id", "type": "integer", "constraints": {"required": True, "unique": True}},
            {"name": "email", "format": "email"},
        ]
    },
}
_HERE = f"{AT}/1"
SCHEMA: dict[str, Any] = {
    "id": 1,
    **REQUEST,
    "version": 2,
    "sha256": SHA256,
    "created_at": TIME,
    "updated_at": TIME,
    "links": {"self": _HERE, "versions": f"{_HERE}/versions"},
}
VERSION: dict[str, Any] = {
    **{name: part for name, part in SCHEMA.items() if name not in ("name", "description", "updated_at")},
    "links": {"self": f"{_HERE}/versions/2", "latest": _HERE},
}
