"""Frictionless Table Schema, the part that `validate` knows: types and constraints of a field.

Source: https://specs.frictionlessdata.io/table-schema/ (1.0). Lexical forms are the default ones of each type; a cell
that is one of `missingValues` (the empty one, unless said otherwise) is missing and only `required` is asked of it.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema

from csvapi.operations.params import choice, compiled, flag, whole

if TYPE_CHECKING:
    from collections.abc import Callable

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?", re.ASCII)
_FORMS = {
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII),
    "datetime": re.compile(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII
    ),
    "time": re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII),
}
_READ: dict[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "time": time.fromisoformat,
}
_TRUE, _FALSE = ("true", "True", "TRUE", "1"), ("false", "False", "FALSE", "0")
TYPES = ("any", "string", "integer", "number", "boolean", "date", "datetime", "time", "year")
_ORDERED = ("integer", "number", "date", "datetime", "time", "year")


def value_of(cell: str, kind: str) -> Any:
    """The value of a cell of that type; None where it is none."""
    if kind in ("integer", "year"):
        fits = _INTEGER.fullmatch(cell) and (kind == "integer" or len(cell.lstrip("+-")) == _YEAR_DIGITS)
        return Decimal(cell) if fits else None
    if kind == "number":
        return Decimal(cell) if _NUMBER.fullmatch(cell) else None
    if kind == "boolean":
        return cell in _TRUE if cell in _TRUE + _FALSE else None
    if kind in _FORMS:
        try:
            return _aware(_READ[kind](cell)) if _FORMS[kind].fullmatch(cell) else None
        except ValueError:  # the 30th of February
            return None
    return cell


_YEAR_DIGITS = 4


def _aware(value: Any) -> Any:
    """Without an offset a moment is taken as UTC."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return datetime.fromisoformat(f"{value.isoformat()}+00:00")
    return value


class Constraints(Schema):
    required = flag("A value must be there.")
    unique = flag("No value occurs twice.")
    enum = fields.List(
        fields.Raw(),
        validate=validate.Length(min=1, error="must hold at least one value."),
        metadata={"description": "The values there may be."},
    )
    pattern = fields.String(metadata={"description": "What the whole value matches, as RE2."})
    minimum = fields.Raw(metadata={"description": "The least value."})
    maximum = fields.Raw(metadata={"description": "The greatest value."})
    minLength = whole("The fewest characters.", 0)  # noqa: N815  the specification's name
    maxLength = whole("The most characters.", 0)  # noqa: N815  the specification's name

    @validates_schema
    def pattern_is_one(self, data: dict[str, Any], **_: object) -> None:
        if "pattern" in data:
            compiled(data["pattern"], "pattern")


class Field(Schema):
    """Titles, descriptions and whatever else a descriptor holds are left alone."""

    class Meta:
        unknown = EXCLUDE

    name = fields.String(required=True, metadata={"description": "The column, by its exact name."})
    type = choice(*TYPES, description="Default string.")
    format = choice("default", description="Only the default forms are known.")
    constraints = fields.Nested(Constraints)

    @validates_schema
    def values_fit(self, data: dict[str, Any], **_: object) -> None:
        kind, rules = data.get("type", "string"), data.get("constraints", {})
        for name in ("minimum", "maximum"):
            if name in rules:
                if kind not in _ORDERED:
                    raise ValidationError({name: [f"is for the types {', '.join(_ORDERED)}."]}, "constraints")
                if value_of(str(rules[name]), kind) is None:
                    raise ValidationError({name: [f"{rules[name]!r} is no {kind}."]}, "constraints")
        for value in rules.get("enum", ()):
            if value_of(as_text(value), kind) is None:
                raise ValidationError({"enum": [f"{value!r} is no {kind}."]}, "constraints")


class TableSchema(Schema):
    """Without foreign keys."""

    class Meta:
        unknown = EXCLUDE

    fields_ = fields.List(
        fields.Nested(Field),
        data_key="fields",
        attribute="fields",
        required=True,
        validate=validate.Length(min=1, error="must describe at least one field."),
    )
    missingValues = fields.List(fields.String())  # noqa: N815  the specification's name
    primaryKey = fields.Raw()  # noqa: N815  the specification's name

    @validates_schema
    def key_is_names(self, data: dict[str, Any], **_: object) -> None:
        if "primaryKey" in data and not (primary_key(data) and all(isinstance(n, str) for n in primary_key(data))):
            raise ValidationError("must be a column name or a list of them.", "primaryKey")


def primary_key(schema: dict[str, Any]) -> list[str]:
    key = schema.get("primaryKey", [])
    return key if isinstance(key, list) else [key]


def as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def rules_of(field: dict[str, Any], *, required: bool) -> list[tuple[str, Callable[[str], bool]]]:
    """What must hold for a value that is there, by name; `required` is for one that is not."""
    kind, given = field.get("type", "string"), field.get("constraints", {})
    value = lru_cache(maxsize=1)(partial(value_of, kind=kind))  # every rule asks for the same cell
    rules: list[tuple[str, Callable[[str], bool]]] = []
    if kind not in ("any", "string"):
        rules.append(("type", lambda cell: value(cell) is not None))
    if "enum" in given:
        allowed = [value_of(as_text(each), kind) for each in given["enum"]]
        rules.append(("enum", lambda cell: value(cell) in allowed))
    if "pattern" in given:
        pattern = compiled(given["pattern"], "pattern")
        rules.append(("pattern", lambda cell: pattern.fullmatch(cell.encode("utf-8", "replace")) is not None))
    if "minimum" in given:
        least = value_of(str(given["minimum"]), kind)
        rules.append(("minimum", lambda cell: value(cell) >= least))
    if "maximum" in given:
        most = value_of(str(given["maximum"]), kind)
        rules.append(("maximum", lambda cell: value(cell) <= most))
    if "minLength" in given:
        rules.append(("minLength", lambda cell: len(cell) >= given["minLength"]))
    if "maxLength" in given:
        rules.append(("maxLength", lambda cell: len(cell) <= given["maxLength"]))
    return rules
