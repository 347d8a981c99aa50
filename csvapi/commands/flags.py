"""An operation's parameters as flags, from its schema: adding an operation adds its command."""

from __future__ import annotations

import csv
from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction, Namespace
from functools import partial
from typing import Any

from marshmallow import Schema, fields, validate

from csvapi.commands.columns import column, columns
from csvapi.commands.json_text import json_value
from csvapi.errors import InvalidInput
from csvapi.steps.params import ColumnField, FileField
from csvapi.steps.ranks import KeepField
from csvapi.steps.renaming import RenameField
from csvapi.steps.values import AsField

_PREFIX = "param_"
_MORE = "more"  # files of a list, given by their names alone
_WHERE = (
    "a condition, as 'age >= 18' or 'name contains \"x\"'; all must hold when there are several; "
    "or a tree of them as JSON"
)


def add_flags(parser: ArgumentParser, schema: Schema) -> None:
    """One flag per parameter; conditions get `--where`, which people can type."""
    group = parser.add_argument_group("parameters")
    for name, field in _named(schema):
        help_text = (str(field.metadata.get("description", "")) + _parts(field)).replace("%", "%%")
        if _is_where(schema, name):
            options: dict[str, Any] = {"action": "append", "metavar": "CONDITION"}
            help_text = _WHERE
        else:
            options = _options(field)
        group.add_argument(f"--{name.replace('_', '-')}", dest=_PREFIX + name, help=help_text, **options)
        if is_files(field):
            parser.add_argument(_MORE, nargs="*", metavar="FILE", help=f"the same as --{name}")


def _named(schema: Schema) -> list[tuple[str, fields.Field[Any]]]:
    """The parameters by the names that requests give them, which may be words that Python keeps for itself."""
    return [(field.data_key or name, field) for name, field in schema.fields.items()]


def _parts(field: fields.Field[Any]) -> str:
    """What stands in an object that is given as JSON, those that must be there first."""
    inner = field.inner if isinstance(field, fields.List) else field
    if not isinstance(inner, fields.Nested):
        return ""
    given = [(name, each.required) for name, each in _named(inner.schema)]
    must, may = ([f'"{name}"' for name, required in given if required is wanted] for wanted in (True, False))
    return f" Takes {', '.join(must)}{'; ' * bool(must and may)}{'perhaps ' * bool(may)}{', '.join(may)}."


def params(given: Namespace, schema: Schema) -> dict[str, Any]:
    """The parameters that were given. Raises `InvalidInput` for a condition that cannot be read."""
    found: dict[str, Any] = {}
    for name, field in _named(schema):
        value = getattr(given, _PREFIX + name)
        if is_files(field) and getattr(given, _MORE):
            value = [*(value or ()), getattr(given, _MORE)]
        if value is None:
            continue
        if _is_where(schema, name):
            found |= _conditions(value, found)
        elif isinstance(field, fields.List):
            found[name] = [item for part in value for item in part]
        else:
            found[name] = _renaming(value) if isinstance(field, RenameField) else value
    return found


def is_files(field: fields.Field[Any]) -> bool:
    """Whether it lists other files, which may stand after the input."""
    return isinstance(field, fields.List) and isinstance(field.inner, FileField)


def _conditions(texts: list[str], found: dict[str, Any]) -> dict[str, Any]:
    if "filters" in found:
        raise InvalidInput("give either --where or --filters.", pointer="/where")
    from csvapi.commands.where import tree  # only here, to start fast without it

    return tree(texts)


def _is_where(schema: Schema, name: str) -> bool:
    return name == "where" and "filters" in schema.fields


def _renaming(value: list[Any]) -> Any:
    """By names, unless positions are given."""
    named = all(isinstance(each, tuple) and isinstance(each[0], str) for each in value)
    return dict(value) if named else [_spelt_out(each) for each in value]


def _spelt_out(given: Any) -> Any:
    return {"column": given[0], "to": given[1]} if isinstance(given, tuple) else given


def _options(field: fields.Field[Any]) -> dict[str, Any]:
    """How argparse reads a field; what it does not know is JSON."""
    if isinstance(field, fields.List):
        return {"action": "append", **_items(field.inner)}
    if isinstance(field, RenameField):
        return {"type": pairs, "action": "extend", "metavar": "OLD=NEW"}
    if isinstance(field, ColumnField):
        return {"type": column, "metavar": "COLUMN"}
    if isinstance(field, FileField):
        return {"metavar": "FILE"}
    if isinstance(field, KeepField | AsField):
        words = field.words if isinstance(field, KeepField) else field.names
        return {"type": _word, "metavar": "|".join([*words, "JSON"])}
    if isinstance(field, fields.Boolean):
        return {"action": BooleanOptionalAction}
    for kind, python in ((fields.Integer, int), (fields.Float, float)):
        if isinstance(field, kind):
            return {"type": python, "metavar": "N"}
    if isinstance(field, fields.String):
        known = [each for each in field.validators if isinstance(each, validate.OneOf)]
        return {"choices": list(known[0].choices)} if known else {"metavar": "TEXT"}
    read = partial(_object, field) if isinstance(field, fields.Nested) else json_value
    return {"type": read, "metavar": "JSON"}


def _items(inner: fields.Field[Any]) -> dict[str, Any]:
    """How argparse reads several of a list's items at once."""
    if isinstance(inner, ColumnField) or (isinstance(inner, fields.Nested) and "column" in inner.schema.fields):
        return {"type": column_list, "metavar": "A,B"}
    if isinstance(inner, fields.Nested):
        return {"type": partial(_described, inner), "metavar": "JSON"}
    return {"type": _names, "metavar": "A,B"}


def _word(text: str) -> Any:
    """A word as it is, or an object as JSON."""
    return json_value(text) if text.startswith("{") else text


def _object(field: fields.Nested, text: str) -> Any:
    """An object as JSON; where nothing but a column must be in it, that column's name will do."""
    must = [(name, each) for name, each in _named(field.schema) if each.required]
    alone = not text.startswith("{") or text.startswith('{"index"')
    if alone and len(must) == 1 and isinstance(must[0][1], ColumnField):
        return {must[0][0]: column(text)}
    try:
        return json_value(text)
    except ArgumentTypeError as error:
        raise ArgumentTypeError(f"{error}; it is an object that takes{_parts(field).removeprefix(' Takes')}") from error


def _described(inner: fields.Nested, text: str) -> list[Any]:
    """A list of objects as JSON, or what it holds; what they take where it is something else."""
    try:
        return _objects(text)
    except ArgumentTypeError as error:
        raise ArgumentTypeError(f"{error}; they are objects, each of which takes{_parts(inner)[6:]}") from error


def _objects(text: str) -> list[Any]:
    """A list as JSON, or what it holds with commas between."""
    value = json_value(f"[{text}]" if text.startswith("{") else text)
    return value if isinstance(value, list) else [value]


def _names(text: str) -> list[Any]:
    """Names with commas between them, quoted as in a CSV record where they hold one; or JSON."""
    if text.startswith(("{", "[")):
        return _objects(text)
    try:
        (names,) = csv.reader([text], strict=True)
    except (csv.Error, ValueError) as error:
        raise ArgumentTypeError(f"{text!r} is not a list of names with commas between them") from error
    return names


def column_list(text: str) -> list[Any]:
    """The same of columns, which may be positions."""
    return columns(_names(text))


def pairs(text: str) -> list[Any]:
    """Old and new names, as OLD=NEW (or #3=NEW) with commas between them, or as a JSON object; or a JSON list as it
    is."""
    if text.startswith("["):
        return _objects(text)
    if text.startswith("{"):
        value = json_value(text)
        return list(value.items())
    found = [name.partition("=") for name in _names(text)]
    if not all(equals for _, equals, _ in found):
        raise ArgumentTypeError(f"{text!r} is not OLD=NEW")
    return [(column(old), new) for old, _, new in found]
