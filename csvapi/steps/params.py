"""Marshmallow fields that several operations share, and how its errors become JSON pointers."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from marshmallow import Schema, ValidationError, fields, validate

from csvapi.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

UNKNOWN = "Unknown field."  # as marshmallow says
_PLAINER = {
    "Missing data for required field.": "is required.",
    "Field may not be null.": "must not be null; leave it out.",
    "Not a valid list.": "must be a list.",
    "Not a valid mapping type.": "must be an object.",
    "Invalid input type.": "must be an object.",
    "Not a valid string.": "must be a text.",
    "Not a valid integer.": "must be a whole number.",
    "Not a valid number.": "must be a number.",
    "Not a valid boolean.": "must be true or false.",
}
_STEP = re.compile(r"/steps/\d+")
IGNORABLE = ("case", "space")
PARAMETER = "[A-Za-z0-9_-]{1,50}"  # the name of a file parameter


COLUMN: dict[str, Any] = {
    "title": "Column",
    "description": "A column by its exact name, or by its position from 1.",
    "format": "csvapi-column",
    "oneOf": [
        {"type": "string", "title": "Name"},
        {
            "type": "object",
            "title": "Column position",
            "description": "A column by its position.",
            "required": ["index"],
            "properties": {"index": {"type": "integer", "minimum": 1, "title": "Index", "description": "From 1."}},
            "additionalProperties": False,
        },
    ],
}

FILE: dict[str, Any] = {
    "title": "Other file",
    "description": "Another file: by its id, or by a parameter that `files` of the request gives one.",
    "format": "csvapi-file",
    "oneOf": [
        {"type": "integer", "minimum": 1, "title": "Id"},
        {
            "type": "object",
            "title": "File parameter",
            "description": "A name for a file that is chosen when the steps are run.",
            "required": ["param"],
            "properties": {
                "param": {
                    "type": "string",
                    "pattern": f"^{PARAMETER}$",
                    "title": "Param",
                    "description": "The name of the parameter.",
                }
            },
            "additionalProperties": False,
        },
    ],
}


class Alternative(NamedTuple):
    """One of several ways to give an object whose parts exclude each other, as its JSON Schema says it.

    A schema lists them all as `alternatives`, and refuses everything else itself. `required` parts must be there,
    `optional` ones may be; what only other alternatives name may not. `changes` replaces keywords of parts.
    """

    title: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    changes: Mapping[str, dict[str, Any]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The parts that it has and another may not have."""
        return self.required + self.optional


class ShapedField(fields.Field[Any]):
    """A field that says itself what it takes, as JSON Schema.

    In `shape` an object or a choice with a title becomes a component of that name, for all fields that have the same;
    `{"$ref": title}` refers to it, and `{"$ref": Schema}` to what a marshmallow schema takes. `kinds` says it in words.
    """

    shape: dict[str, Any]
    kinds: str = "value"


class ColumnField(ShapedField):
    """A column by its exact name, or by position as {"index": n} from 1."""

    shape = COLUMN
    kinds = "column"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            return value
        if isinstance(value, dict) and set(value) == {"index"}:
            index = value["index"]
            if isinstance(index, int) and not isinstance(index, bool) and index >= 1:
                return value
        raise ValidationError('must be a column name, or a position from 1 as {"index": 1}.')


def columns_field(**options: Any) -> fields.List[Any]:
    """A list of at least one column."""
    return fields.List(
        ColumnField(), validate=validate.Length(min=1, error="must name at least one column."), **options
    )


def ignore_field(*allowed: str, what: str = "Compare text") -> fields.List[Any]:
    """A list of what comparisons of text ignore, each one of the `allowed` words."""
    one_of = validate.OneOf(allowed, error="must be one of: {choices}.")
    description = f"{what} without regard to {' or '.join(allowed)}."
    return fields.List(fields.String(validate=one_of), metadata=_described(description, default=[]))


def flag(description: str, *, default: bool = False) -> fields.Boolean:
    """A boolean: JSON's true or false, and no text or number that resembles it; leaving it out means `default`."""
    return fields.Boolean(truthy={True}, falsy={False}, metadata=_described(description, default))


def choice(*allowed: str, description: str, default: str | None = None, **options: Any) -> fields.String:
    """One of the `allowed` words; `default` is what leaving it out means."""
    one_of = validate.OneOf(allowed, error="must be one of: {choices}.")
    return fields.String(validate=one_of, metadata=_described(description, default), **options)


def whole(
    description: str, least: int, most: int | None = None, *, default: int | None = None, **options: Any
) -> fields.Integer:
    """A whole number that is at least `least`, and at most `most`; `default` is what leaving it out means."""
    error = "must be at least {min}." if most is None else "must be from {min} to {max}."
    within = validate.Range(least, most, error=error)
    return fields.Integer(strict=True, validate=within, metadata=_described(description, default), **options)


def _described(description: str, default: Any) -> dict[str, Any]:
    """Metadata; a default is only told: steps stay as they were given, and so do receipts."""
    return {"description": description} | ({} if default is None else {"default": default})


class FileField(ShapedField):
    """Another input file: by its id, on the command line by its path; or by a parameter, as {"param": "customers"}."""

    shape = FILE
    kinds = "file"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if (isinstance(value, int) and not isinstance(value, bool) and value > 0) or (isinstance(value, str) and value):
            return value
        if isinstance(value, dict) and set(value) == {"param"}:
            return _parameter(value)
        raise ValidationError('must be the id of a file, or a parameter for one as {"param": "customers"}.')


def _parameter(value: dict[str, Any]) -> dict[str, Any]:
    if isinstance(value["param"], str) and re.fullmatch(PARAMETER, value["param"]):
        return value
    raise ValidationError({"param": ["must be a name of 1 to 50 letters, digits, _ and -."]})


def compiled(pattern: object, field: str) -> Any:
    """RE2 runs in linear time whatever the pattern. Raises `ValidationError` for what it does not understand."""
    import re2  # type: ignore[import-untyped]  # has no stubs; only here, to start fast without it

    try:
        options = re2.Options()
        options.log_errors = False
        return re2.compile(str(pattern), options)
    except re2.error as error:
        reason = error.args[0]
        reason = reason.decode() if isinstance(reason, bytes) else reason
        raise ValidationError(f"is not a pattern RE2 understands: {reason}.", field) from error


def load(schema: type[Schema], value: dict[str, Any], pointer: str) -> dict[str, Any]:
    """`value` as `schema` understands it. Raises `InvalidInput` that names the first field at fault and the fix."""
    try:
        loaded: dict[str, Any] = _made(schema).load(value)
    except ValidationError as error:
        raise _fault(schema, _first(error.messages), pointer) from error
    return loaded


@cache
def _made(schema: type[Schema]) -> Schema:
    """Takes longer than to load a step by it; it keeps nothing of what it loads."""
    return schema()


def faults(schema: type[Schema], value: dict[str, Any], pointer: str) -> list[InvalidInput]:
    """Everything that `schema` finds wrong with `value`, each with its place; empty for what `load` takes."""
    try:
        schema().load(value)
    except ValidationError as error:
        return [_fault(schema, leaf, pointer) for leaf in _leaves(error.messages, ())]
    return []


def _fault(schema: type[Schema], leaf: tuple[tuple[str, ...], str], pointer: str) -> InvalidInput:
    at, message = leaf
    if message == UNKNOWN:
        message = unknown(schema(), at, step=_STEP.fullmatch(pointer) is not None)
    path = "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in at)
    return InvalidInput(f"{'.'.join(at) or 'the step'}: {message}", pointer=pointer + path)


def unknown(schema: Schema, at: Sequence[str], *, step: bool = False) -> str:
    """A message for the unknown name `at`: which names are allowed there, and which of them may have been meant."""
    from difflib import get_close_matches  # to start fast without it

    for part in at[:-1]:
        field: Any = schema.fields.get(part)
        field = field.inner if isinstance(field, fields.List) else field
        schema = field.schema if isinstance(field, fields.Nested) else schema
    names = [field.data_key or name for name, field in schema.fields.items()]
    near = get_close_matches(at[-1], names, n=1)
    hint = f"; did you mean {near[0]!r}? The" if near else "; the"
    return f"is not known here{hint} parameters are: {', '.join(['op', *names] if step and len(at) == 1 else names)}."


def _first(messages: Any) -> tuple[tuple[str, ...], str]:
    """The path and text of the message in marshmallow's tree that helps most: a misspelt name, else the first."""
    found = list(_leaves(messages, ()))
    return next((leaf for leaf in found if leaf[1] == UNKNOWN), found[0])


def _leaves(messages: Any, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from _leaves(inner, at if name == "_schema" else (*at, str(name)))
    else:
        text = str(messages[0] if isinstance(messages, list) else messages)
        yield at, _PLAINER.get(text, text)
