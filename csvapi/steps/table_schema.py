"""Frictionless Table Schema, the part that `validate` knows: types and constraints of a field.

Source: https://specs.frictionlessdata.io/table-schema/ (1.0). Numbers are those of every operation, written as
`decimalChar`, `groupChar` and `bareNumber` say; contrary to the specification NaN and INF are none. Dates and times
have the default forms, or the pattern that `format` gives. A cell that is one of `missingValues` (the empty one, unless
said otherwise) is missing and only `required` is asked of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from marshmallow import INCLUDE, Schema, ValidationError, fields, post_load, validate, validates_schema

from csvapi.steps.params import choice, compiled, flag, whole
from csvapi.steps.schema_properties import CONSTRAINT, FIELD, SCHEMA, Place, check, without_descriptions
from csvapi.steps.schema_types import ORDERED, TYPES, FieldType

if TYPE_CHECKING:
    from collections.abc import Callable

Rule = tuple[str, "Callable[[str], bool]"]


class _Described(Schema):
    """An object of the specification, which may have any other property; see `schema_properties`."""

    place: ClassVar[Place]

    class Meta:
        unknown = INCLUDE

    @validates_schema(skip_on_field_errors=False)
    def known(self, data: dict[str, Any], **_: object) -> None:
        check(self.place, data)

    @post_load
    def leave_descriptions(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        return without_descriptions(self.place, data)


class FieldConstraints(_Described):
    """What the values of a column must be."""

    place = CONSTRAINT

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
        """Refuse what RE2 does not understand."""
        if "pattern" in data:
            compiled(data["pattern"], "pattern")


class SchemaField(_Described):
    """A column."""

    place = FIELD

    name = fields.String(required=True, metadata={"description": "The column, by its exact name."})
    type = choice(*TYPES, description="What the values are; default string.", default="string")
    format = fields.String(
        metadata={
            "description": "Of date, time, datetime: a pattern, as %d.%m.%Y; of string: email, uri, uuid; else default."
        }
    )
    decimalChar = fields.String(  # noqa: N815  the specification's name
        metadata={"description": "Of number: the character before the fraction; default `.`.", "default": "."}
    )
    groupChar = fields.String(metadata={"description": "Of number, integer: the character between groups of digits."})  # noqa: N815  the specification's name
    bareNumber = flag("Of number, integer: false lets anything but digits stand around the number.", default=True)  # noqa: N815  the specification's name
    trueValues = fields.List(  # noqa: N815  the specification's name
        fields.String(),
        metadata={"description": "Of boolean: default true, True, TRUE, 1.", "default": ["true", "True", "TRUE", "1"]},
    )
    falseValues = fields.List(  # noqa: N815  the specification's name
        fields.String(),
        metadata={
            "description": "Of boolean: default false, False, FALSE, 0.",
            "default": ["false", "False", "FALSE", "0"],
        },
    )
    constraints = fields.Nested(FieldConstraints, metadata={"description": "What the values must be."})

    @validates_schema
    def values_fit(self, data: dict[str, Any], **_: object) -> None:
        """Refuse constraints that no value of the field's type can be compared with."""
        kind, rules = FieldType.of(data), data.get("constraints", {})
        for name in ("minimum", "maximum"):
            if name in rules:
                if kind.name not in ORDERED:
                    raise ValidationError({name: [f"is for the types {', '.join(ORDERED)}."]}, "constraints")
                if kind.given(rules[name]) is None:
                    raise ValidationError({name: [f"{rules[name]!r} is no {kind.name}."]}, "constraints")
        for value in rules.get("enum", ()):
            if kind.given(value) is None:
                raise ValidationError({"enum": [f"{value!r} is no {kind.name}."]}, "constraints")


class TableSchema(_Described):
    """A Frictionless Table Schema, without foreign keys."""

    place = SCHEMA

    fields_ = fields.List(
        fields.Nested(SchemaField),
        data_key="fields",
        attribute="fields",
        required=True,
        validate=validate.Length(min=1, error="must describe at least one field."),
        metadata={"description": "The columns that are checked; a file may have more."},
    )
    missingValues = fields.List(  # noqa: N815  the specification's name
        fields.String(),
        metadata={"description": "Cells that count as missing; without it, empty ones.", "default": [""]},
    )
    primaryKey = fields.Raw(  # noqa: N815  the specification's name
        metadata={"description": "The column, or the columns as a list, that no two records have in common."}
    )

    @validates_schema
    def key_is_names(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a primary key that is no column name, and no list of them."""
        if "primaryKey" in data and not (primary_key(data) and all(isinstance(n, str) for n in primary_key(data))):
            raise ValidationError("must be a column name or a list of them.", "primaryKey")


def primary_key(schema: dict[str, Any]) -> list[str]:
    """The columns of the primary key; none without one."""
    key = schema.get("primaryKey", [])
    return key if isinstance(key, list) else [key]


def rules_of(field: dict[str, Any]) -> list[Rule]:
    """What must hold for a value that is there, by name."""
    kind, given = FieldType.of(field), field.get("constraints", {})
    rules: list[Rule] = []
    if kind.name not in ("any", "string"):
        rules.append(("type", lambda cell: kind.value(cell) is not None))
    elif field.get("format", "default") != "default":
        rules.append(("format", lambda cell: kind.value(cell) is not None))
    if "enum" in given:
        allowed = [kind.given(each) for each in given["enum"]]
        rules.append(("enum", lambda cell: kind.value(cell) in allowed))
    if "pattern" in given:
        pattern = compiled(given["pattern"], "pattern")
        rules.append(("pattern", lambda cell: pattern.fullmatch(cell.encode("utf-8", "replace")) is not None))
    if "minimum" in given:
        least = kind.given(given["minimum"])
        rules.append(("minimum", lambda cell: kind.value(cell) >= least))
    if "maximum" in given:
        most = kind.given(given["maximum"])
        rules.append(("maximum", lambda cell: kind.value(cell) <= most))
    if "minLength" in given:
        rules.append(("minLength", lambda cell: len(cell) >= given["minLength"]))
    if "maxLength" in given:
        rules.append(("maxLength", lambda cell: len(cell) <= given["maxLength"]))
    return rules
