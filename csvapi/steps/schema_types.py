"""The types of Table Schema: what value a cell of a field has."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from marshmallow import ValidationError

from csvapi.steps.dates import DateFormat, Moment, moment
from csvapi.steps.numbers import MARK, NumberFormat
from csvapi.steps.text_formats import TEXTS

TYPES = ("any", "string", "integer", "number", "boolean", "date", "datetime", "time", "year")
ORDERED = ("integer", "number", "date", "datetime", "time", "year")
_TRUE, _FALSE = ("true", "True", "TRUE", "1"), ("false", "False", "FALSE", "0")
# The default forms: narrower than what is a date elsewhere, as the specification says.
_FORMS = {
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "datetime": re.compile(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
    ),
    "time": re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}"),
}
_FIRST_DAY = "0001-01-01T"
_YEAR = re.compile(r"[+-]?[0-9]{4}")
# The properties that only some types have.
_FOR = {
    "decimalChar": ("number",),
    "groupChar": ("number", "integer"),
    "bareNumber": ("number", "integer"),
    "trueValues": ("boolean",),
    "falseValues": ("boolean",),
}


@dataclass(frozen=True)
class FieldType:
    """`value` gives the value of a cell, None where it is none of this type, and remembers the last, since every rule
    asks for it. `given` does so for a value in the schema: a number, true or false as JSON has them, or a text as in a
    cell; a date may always have the default form.
    """

    name: str
    value: Callable[[str], Any]

    @classmethod
    def of(cls, field: dict[str, Any]) -> FieldType:
        """Raises `ValidationError` for properties that do not make a type."""
        name = field.get("type", "string")
        for each, types in _FOR.items():
            if each in field and name not in types:
                raise ValidationError(f"is for the types {', '.join(types)}.", each)
        return cls(name, lru_cache(maxsize=1)(_reader(name, field)))

    def given(self, value: Any) -> Any:
        """The value of what the schema gives, None where that is none of this type."""
        if self.name == "boolean" and isinstance(value, bool):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _reader(self.name, {})(str(value))
        found = self.value(str(value))
        return _reader(self.name, {})(str(value)) if found is None and self.name in _FORMS else found


def _reader(name: str, field: dict[str, Any]) -> Callable[[str], Any]:
    if name in ("number", "integer"):
        return _numbers(name, field)
    if name in _FORMS:
        return _dates(name, field.get("format", "default"))
    if name == "string":
        return _texts(field.get("format", "default"))
    if field.get("format", "default") != "default":
        raise ValidationError("must be default; only dates, times and strings have others.", "format")
    if name == "boolean":
        return _booleans(field.get("trueValues", _TRUE), field.get("falseValues", _FALSE))
    if name == "year":
        return lambda cell: Decimal(cell) if _YEAR.fullmatch(cell) else None
    return lambda cell: cell


def _numbers(name: str, field: dict[str, Any]) -> Callable[[str], Decimal | None]:
    if field.get("format", "default") != "default":
        raise ValidationError("must be default; decimalChar and groupChar say how numbers are written.", "format")
    decimal, group = field.get("decimalChar", "."), field.get("groupChar", "")
    for mark, of in ((decimal, "decimalChar"), (group, "groupChar")):
        if (mark or of == "decimalChar") and not MARK.fullmatch(mark):
            raise ValidationError("must be one character, and no letter, digit or sign.", of)
    if group == decimal:
        raise ValidationError(f"{group!r} cannot be the decimalChar, too.", "groupChar")
    return NumberFormat(decimal, group, bare=field.get("bareNumber", True), whole=name == "integer").parse


def _booleans(true: list[str] | tuple[str, ...], false: list[str] | tuple[str, ...]) -> Callable[[str], bool | None]:
    if both := set(true) & set(false):
        raise ValidationError(f"{min(both)!r} is one of the trueValues, too.", "falseValues")
    values = {**dict.fromkeys(true, True), **dict.fromkeys(false, False)}
    return values.get


def _texts(given: str) -> Callable[[str], str | None]:
    if given == "default":
        return lambda cell: cell
    if given not in TEXTS:
        raise ValidationError(f"must be default or one of {', '.join(TEXTS)}; other forms are a pattern.", "format")
    form = TEXTS[given]
    return lambda cell: cell if form.fullmatch(cell) else None


def _dates(name: str, given: str) -> Callable[[str], Moment | None]:
    if given == "default":
        form, before = _FORMS[name], _FIRST_DAY if name == "time" else ""
        return lambda cell: moment(before + cell) if form.fullmatch(cell) else None
    if given == "any":
        raise ValidationError("any would have to be guessed; give the pattern, as %d.%m.%Y.", "format")
    try:
        return DateFormat(given.removeprefix("fmt:"), clock=name == "time").parse
    except ValueError as error:
        raise ValidationError(str(error), "format") from error
