"""The parameter `schema` of validate: a Table Schema, or one that is saved in the service, by its id."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from csvapi.steps.left_open import SavedField, is_reference
from csvapi.steps.table_schema import TableSchema

_FORM = 'a saved schema is {"id": 3}, or {"id": 3, "version": 2}.'


class TableSchemaField(SavedField, fields.Nested):
    """A Table Schema as an object, or the id of a saved one, with or without its version."""

    shape: dict[str, Any] = {  # noqa: RUF012  as JSON Schema, never changed
        "oneOf": [
            {"$ref": TableSchema},
            {
                "type": "object",
                "title": "Schema by id",
                "description": "A saved schema; the task keeps what it says when the task is started.",
                "required": ["id"],
                "properties": {
                    "id": {"type": "integer", "minimum": 1, "title": "Id", "description": "The id of a saved schema."},
                    "version": {
                        "type": "integer",
                        "minimum": 1,
                        "title": "Version",
                        "description": "Its version; without it, the latest.",
                    },
                },
                "additionalProperties": False,
            },
        ]
    }
    kinds = "object"

    def __init__(self, **options: Any) -> None:
        super().__init__(TableSchema, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, partial: Any = None, **kwargs: Any) -> Any:
        if not is_reference(value):
            return super()._deserialize(value, attr, data, partial=partial, **kwargs)
        _check(value)
        return value


def _check(reference: dict[str, Any]) -> None:
    for name, value in reference.items():
        if name not in ("id", "version"):
            raise ValidationError({name: [f"is not known here; {_FORM}"]})
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValidationError({name: [f"must be a whole number from 1; {_FORM}"]})
