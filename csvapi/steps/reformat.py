"""Numbers and dates in another format: what `reformat` of the operation set makes of a cell, and its parameters.

A number keeps its value exactly, and the zeros at the end of its fraction. A date is the same moment: what its new
format has no place for is left out, and without `%z` it is written in UTC, as a date without a zone is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, validates_schema

from csvapi.steps.dates import MONTHS, PIVOT, DateFormat, Parts, moment_of, offset_of
from csvapi.steps.numbers import INDIAN, MAX_DIGITS, NumberFormat, WrittenNumber, significant
from csvapi.steps.values import AsField, Format, format_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY = 86_400
_END = date.max.toordinal() * _DAY
_DAYS, _MONTHS = frozenset("dj"), frozenset("mbBj")  # directives by which a day, and a month, is known


class Reformatting(Schema):
    """The parameter `reformat`."""

    from_ = AsField(
        "number",
        "date",
        data_key="from",
        attribute="from",
        required=True,
        metadata={"description": "How the values are written: number, date, or a format.", "default": None},
    )
    to = AsField(
        "number",
        "date",
        metadata={
            "description": "How they are to be written: a format of the same kind; without it, as plain numbers or "
            "ISO 8601 dates.",
            "default": None,
        },
    )

    @validates_schema
    def fit(self, data: dict[str, Any], **_: object) -> None:
        """Refuse two kinds, and a date of which `from` does not give the day."""
        before, after = formats(data)
        if before.kind != after.kind:
            raise ValidationError(f"is a {after.kind}, and from is a {before.kind}.", "to")
        if isinstance(before, DateFormat) and isinstance(after, DateFormat):
            for name, known in (("day", _DAYS), ("month", _MONTHS)):
                if _has(after, known) and not _has(before, known):
                    raise ValidationError(f"has a {name}, which from does not give.", "to")


def formats(reformat: Mapping[str, Any]) -> tuple[Format, Format]:
    """The formats that a valid `reformat` names: how values are read, and written."""
    before = format_of(reformat["from"])
    assert before is not None  # noqa: S101  text is none of its kinds
    return before, format_of(reformat.get("to", before.kind)) or before


def _has(form: DateFormat, letters: frozenset[str]) -> bool:
    return form.plain or any(letter in letters for letter, _ in form.tokens)


@dataclass
class Reformat:
    """Changes texts from one format to another. `missed` says whether the last one does not have the first format, or
    cannot be written in the second, and therefore stayed; an empty one stays and is not missed."""

    before: Format
    after: Format
    missed: bool = False

    def __call__(self, text: str) -> str:
        """The text in the other format."""
        made = self._made(text) if text else text
        self.missed = made is None
        return text if made is None else made

    def _made(self, text: str) -> str | None:
        if isinstance(self.before, DateFormat):
            assert isinstance(self.after, DateFormat)  # noqa: S101  checked by the schema
            part = self.before.parts(text)
            return None if part is None else date_text(part, self.after)
        assert isinstance(self.after, NumberFormat)  # noqa: S101  checked by the schema
        found = self.before.read(text)
        return None if found is None else number_text(found, self.after)


def number_text(found: WrittenNumber, form: NumberFormat) -> str | None:
    """A number in a format; None where it would have more digits than a number may. Its currency stays with it where
    the format has one."""
    sign, digits, exponent = found.value.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101  a number has one, only NaN and infinity do not
    whole, _, fraction = f"{Decimal((0, digits, exponent + 2 * form.percent)):f}".partition(".")
    if significant(whole + fraction) > MAX_DIGITS:
        return None
    text = _grouped(whole, form.group) + (form.decimal + fraction if fraction else "") + "%" * form.percent
    if form.currency:
        text = found.before + text + found.after
    if not sign:
        return text
    return f"({text})" if form.accounting else f"-{text}"


def _grouped(whole: str, group: str) -> str:
    if not group:
        return whole
    mark, size = (",", 2) if group == INDIAN else (group, 3)
    parts, left = [whole[-3:]], whole[:-3]
    while left:
        parts.append(left[-size:])
        left = left[:-size]
    return mark.join(reversed(parts))


def date_text(part: Parts, form: DateFormat) -> str | None:
    """A date in a format; None where it is none, or one that the format cannot write: %y knows the years from 1969 to
    2068, and none has years before 1 and after 9999."""
    found = moment_of(part)
    if found is None:
        return None
    zone = part.get("z") or ""
    local = found[0] + (offset_of(zone) if _has_zone(form) else 0)
    if not 0 <= local < _END:
        return None
    day, clock = date.fromordinal(local // _DAY + 1), local % _DAY
    short = f"{day.year % 100:02}" if PIVOT + 1900 <= day.year < PIVOT + 2000 else None
    hour, minute, second = clock // 3600, clock // 60 % 60, clock % 60
    values = {
        "d": f"{day.day:02}", "m": f"{day.month:02}", "Y": f"{day.year:04}", "y": short,
        "b": MONTHS[day.month - 1][:3].title(), "B": MONTHS[day.month - 1].title(), "j": f"{day:%j}",
        "H": f"{hour:02}", "I": f"{hour % 12 or 12:02}", "p": "PM" if hour >= 12 else "AM",
        "M": f"{minute:02}", "S": f"{second:02}", "f": part.get("f") or "0", "z": _zone(zone),
    }  # fmt: skip
    tokens = form.tokens or _iso(part)
    if short is None and ("y", "") in tokens:
        return None
    return "".join(values[letter] or "" if letter else literal for letter, literal in tokens)


def _has_zone(form: DateFormat) -> bool:
    return form.plain or ("z", "") in form.tokens


def _zone(text: str) -> str:
    if text.upper() in ("", "Z", "UTC"):
        return "Z"
    digits = text[1:].replace(":", "").ljust(4, "0")
    return f"{text[0]}{digits[:2]}:{digits[2:]}"


def _iso(part: Parts) -> list[tuple[str, str]]:
    """The form of ISO 8601 with as much of a time as there is."""
    pattern = "%Y-%m-%d"
    if part.get("H") or part.get("I"):
        pattern += "T%H:%M"
        pattern += ":%S" if part.get("S") else ""
        pattern += ".%f" if part.get("f") else ""
        pattern += "%z" if part.get("z") else ""
    return DateFormat(pattern).tokens
