"""The parameter `rename`: new names of columns, by old ones or by positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError

from csvapi.steps.params import COLUMN, ColumnField, ShapedField

if TYPE_CHECKING:
    from csvapi.steps.step import Column

_EMPTY = "must rename at least one column."
_FORM = 'must be new names by old ones as {"old": "new"}, or a list of {"column": {"index": 3}, "to": "new"}.'


class RenameField(ShapedField):
    """An object of new names by old ones; or a list of objects, which can tell columns of one name apart."""

    shape: dict[str, Any] = {  # noqa: RUF012  as JSON Schema, never changed
        "oneOf": [
            {
                "type": "object",
                "title": "New names by old ones",
                "description": "The new name of each column by its old one.",
                "minProperties": 1,
                "additionalProperties": {"type": "string"},
            },
            {
                "type": "array",
                "title": "New names by columns",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "title": "New name",
                    "description": "A column and its new name.",
                    "required": ["column", "to"],
                    "properties": {
                        "column": {**COLUMN, "description": "The column, by its old name or its position from 1."},
                        "to": {"type": "string", "title": "To", "description": "The new name."},
                    },
                    "additionalProperties": False,
                },
            },
        ]
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict | list):
            raise ValidationError(_FORM)
        if not value:
            raise ValidationError(_EMPTY)
        if isinstance(value, dict):
            _check({name: new for name, new in value.items() if not isinstance(new, str)}, "must be a text.")
            return value
        _check(
            {
                str(at): each
                for at, each in enumerate(value)
                if not isinstance(each, dict) or set(each) != {"column", "to"}
            },
            'must be an object as {"column": {"index": 3}, "to": "new"}.',
        )
        for at, each in enumerate(value):
            _check({} if isinstance(each["to"], str) else {str(at): each}, "must be a text.", "to")
            try:
                ColumnField().deserialize(each["column"])
            except ValidationError as error:
                raise ValidationError({str(at): {"column": error.messages}}) from error
        return value


def _check(wrong: dict[str, Any], message: str, *inner: str) -> None:
    """Raise `ValidationError` for the first of what is wrong."""
    for name in wrong:
        tree: Any = [message]
        for part in (*inner[::-1], name):
            tree = {part: tree}
        raise ValidationError(tree)


def renamed_columns(given: Any) -> list[tuple[str, Column, str]]:
    """Each column that is renamed, with its pointer below `rename`, and its new name."""
    if isinstance(given, list):
        return [(f"/{at}/column", each["column"], each["to"]) for at, each in enumerate(given)]
    return [(f"/{_escaped(old)}", old, new) for old, new in given.items()]


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
