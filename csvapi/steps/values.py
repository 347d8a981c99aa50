"""The parameter `as`: what cells are compared as, and in which format they are written.

`text`, `number`, `date`, or `auto` where the value a cell is compared with decides; or a format, as
`{"number": {"decimal": ",", "group": "."}}` and `{"date": "%d.%m.%Y"}`. The grammars are in `numbers` and `dates`.
"""

from __future__ import annotations

from typing import Any, Literal

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.steps.dates import DateFormat, moment
from csvapi.steps.numbers import INDIAN, MARK, MAX_DIGITS, MAX_EXPONENT, PLAIN, NumberFormat, leads_with_zero, number
from csvapi.steps.params import ShapedField, flag

Kind = Literal["number", "date", "text"]
Format = NumberFormat | DateFormat
ISO = DateFormat()
_PLAIN: dict[str, Format] = {"number": PLAIN, "date": ISO}
_MARK = validate.Regexp(
    rf"{MARK.pattern}\Z", error="must be one character, and no letter, digit, sign, % or parenthesis."
)


class NumberOptions(Schema):
    """How numbers are written: which characters stand where, and what else may stand beside the digits."""

    error_messages = {"unknown": "is not known; a number has decimal, group, currency, percent and accounting."}  # noqa: RUF012  marshmallow's

    decimal = fields.String(
        validate=_MARK, metadata={"description": "The character before the fraction; default `.`.", "default": "."}
    )
    group = fields.String(
        metadata={"description": 'The character after every three digits, or "indian": 12,34,567; default none.'}
    )
    currency = flag("One currency sign or ISO code may stand before or after the number.")
    percent = flag("A number before % is a hundredth of it.")
    accounting = flag("A number in parentheses is negative.")

    @validates_schema
    def marks_differ(self, data: dict[str, Any], **_: object) -> None:
        """Refuse one character for two meanings."""
        group, decimal = data.get("group"), data.get("decimal", ".")
        if group is not None and group != INDIAN:
            try:
                _MARK(group)
            except ValidationError as error:
                raise ValidationError(f'{error.messages[0]} Or it is "{INDIAN}".', "group") from error
        if decimal == ("," if group == INDIAN else group):
            raise ValidationError(f"{decimal!r} cannot be before the fraction and between groups, too.", "group")


def _format(kind: str, description: str, inner: Any) -> dict[str, Any]:
    """The JSON Schema of a format: an object with nothing but what is under `kind`."""
    return {
        "type": "object",
        "title": f"{kind.capitalize()} format",
        "description": description,
        "required": [kind],
        "properties": {kind: inner},
        "additionalProperties": False,
    }


_PATTERN = {"type": "string", "minLength": 1, "title": "Date", "description": "As `%d.%m.%Y`."}
_NUMBERS = _format("number", "Numbers as they are written somewhere.", {"$ref": NumberOptions, "title": "Number"})
_DATES = _format("date", "Dates as they are written somewhere.", _PATTERN)


class AsField(ShapedField):
    """A kind by its name, or a format; `names` are the kinds there may be, the first one what leaving it out means,
    unless `metadata` has another `default`, or None for none."""

    def __init__(self, *names: str, **options: Any) -> None:
        super().__init__(**options)
        self.names = names
        told = {"default": names[0], **self.metadata}
        self.metadata = {name: each for name, each in told.items() if each is not None}
        self.kinds = " · ".join([*(f"`{name}`" for name in names), "format"])
        kind = {"type": "string", "title": "Kind", "enum": list(names)}
        self.shape = {"oneOf": [kind, _NUMBERS, _DATES]}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and value in self.names:
            return value
        if isinstance(value, dict) and set(value) == {"number"}:
            return {"number": _options(value["number"])}
        if isinstance(value, dict) and set(value) == {"date"}:
            return {"date": _pattern(value["date"])}
        raise ValidationError(
            f'must be one of: {", ".join(self.names)}; or a format as {{"number": {{"decimal": ","}}}} or '
            '{"date": "%d.%m.%Y"}.'
        )


def _options(given: Any) -> Any:
    if not isinstance(given, dict):
        raise ValidationError({"number": ['must be an object, as {"decimal": ","}.']})
    try:
        return NumberOptions().load(given)
    except ValidationError as error:
        raise ValidationError({"number": error.messages}) from error


def _pattern(given: Any) -> str:
    if not isinstance(given, str) or not given:
        raise ValidationError({"date": ['must be a format of dates, as "%d.%m.%Y".']})
    try:
        return DateFormat(given).pattern
    except ValueError as error:
        raise ValidationError({"date": [str(error)]}) from error


def format_of(as_: Any) -> Format | None:
    """The format that a valid `as` stands for; None for text, and for auto."""
    if isinstance(as_, str):
        return _PLAIN.get(as_)
    return NumberFormat(**as_["number"]) if "number" in as_ else DateFormat(as_["date"])


def kind_of(value: object) -> Kind:
    """What `auto` compares with `value` as. A text with leading zeros is no number: it is a code."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    text = as_text(value)
    if number(text) is not None and not leads_with_zero(text):
        return "number"
    return "text" if moment(text) is None else "date"


def value_in(value: object, form: Format) -> Any:
    """The number or moment that a given value is, None if none: JSON numbers as they are, texts in the format. A text
    that cannot be meant in the format may be a plain number or an ISO date."""
    text = as_text(value)
    if isinstance(form, DateFormat):
        return form.parse(text) or moment(text)
    if isinstance(value, (int, float)):
        return number(text)
    found = form.parse(text)
    mark = "," if form.group == INDIAN else form.group
    return number(text) if found is None and not (mark and mark in text) else found


def not_a(value: object, form: Format) -> str:
    """The message for a given value that does not have the format: what it would have to be."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and form.kind == "number":
        return f"a number has at most {MAX_DIGITS:,} digits and an exponent within ±{MAX_EXPONENT}."
    shown = "" if form.plain else f" in the format {form.as_json()[form.kind]!r}"
    return f"{value!r} is not a {form.kind}{shown}."


def as_text(value: object) -> str:
    """A JSON value as the text it is written with."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
