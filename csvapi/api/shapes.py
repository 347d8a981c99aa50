"""Shapes that the documentation of many views names."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from csvapi.steps.params import ShapedField


class Shape(ma.Schema):
    """A schema that a copy of a view's documentation shares.

    Every decorator of a view copies what the ones before it documented, as deep as it goes. Nearly all of them name
    the shapes of errors, which would be copied thousands of times while the API is imported.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> Shape:
        return self


APPLIED: dict[str, Any] = {  # also by versions whose operations this one does not have, or not yet
    "type": "object",
    "title": "Applied step",
    "description": "A step that a task applies: a `Step` of the version that took it.",
    "required": ["op"],
    "properties": {"op": {"type": "string", "description": "The operation."}},
    "additionalProperties": True,
}


class ObjectField(ShapedField, ma.fields.Dict):
    """A JSON object that is passed on as it is; a `shape` of `ShapedField` describes it."""

    def __init__(self, shape: dict[str, Any], **options: Any) -> None:
        super().__init__(keys=ma.fields.String(), **options)
        self.shape = shape
