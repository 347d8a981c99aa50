"""Which cells are dates: one grammar for every operation, and formats for dates that are written differently.

Outer spaces aside, a date is ISO 8601 in the extended form: `2024-01-31`, with an optional time after `T` or a space,
of minutes or of seconds with any number of decimals, and an optional `Z`, `UTC` or offset, with or without a space
before it. A moment without one is taken as UTC. Any other form is a date only by a format that is given; none is
guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import ClassVar

from csvapi.steps.numbers import SPACES

# Whole seconds since the year 1 began, in UTC, and the decimals after them without zeros at their end: tuples order as
# the moments do, to any number of decimals.
Moment = tuple[int, str]
Parts = Mapping[str, str | None]  # of a date, by the letters of their directives

_ZONE = r"Z|UTC|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?"
_ISO = re.compile(
    rf"[{SPACES}]*(?P<Y>[0-9]{{4}})-(?P<m>[0-9]{{2}})-(?P<d>[0-9]{{2}})"
    rf"(?:[T ](?P<H>[0-9]{{2}}):(?P<M>[0-9]{{2}})(?::(?P<S>[0-9]{{2}})(?:[.,](?P<f>[0-9]+))?)?"
    rf"(?: ?(?P<z>{_ZONE}))?)?[{SPACES}]*"
)
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_SHORT = tuple(month[:3] for month in MONTHS)
_TWO = "[0-9]{2}"
_DIRECTIVES = {
    "d": _TWO, "m": _TWO, "Y": "[0-9]{4}", "y": _TWO, "H": _TWO, "I": _TWO, "p": "am|pm", "M": _TWO, "S": _TWO,
    "f": "[0-9]+", "z": _ZONE, "b": "|".join(_SHORT), "B": "|".join(MONTHS), "j": "[0-9]{3}",
}  # fmt: skip
_WORDS = frozenset("pzbB")  # directives that begin and end with no digit that could be another's
_NEEDS = {"d": "mbB", "M": "HI", "S": "M", "f": "S", "z": "HI", "I": "p", "p": "I"}
_SAME = ("Yy", "mbBj", "dj", "HI")  # of each of these one at most
PIVOT = 69  # two digits from here on are a year of the 20th century, as in POSIX
_DAY = 86_400


def moment(text: str) -> Moment | None:
    """The moment a cell names in ISO 8601; None when it names none."""
    found = _ISO.fullmatch(text)
    return moment_of(found.groupdict()) if found else None


def moment_of(part: Parts) -> Moment | None:
    """What the parts of a date say, by the letters of their directives; without a date, of the first day there is."""
    hour, minute, second = _hour(part), int(part.get("M") or 0), int(part.get("S") or 0)
    if hour is None or minute > 59 or second > 59:
        return None
    try:
        day = date(_year(part), _month(part), int(part.get("d") or 1)).toordinal() - 1
    except ValueError:  # the 30th of February
        return None
    if part.get("j"):
        day += int(part["j"] or 1) - 1
        if int(part["j"] or 1) < 1 or day >= date(_year(part), 12, 31).toordinal():
            return None
    seconds = day * _DAY + hour * 3600 + minute * 60 + second - offset_of(part.get("z"))
    return seconds, (part.get("f") or "").rstrip("0")


def _year(part: Parts) -> int:
    if short := part.get("y"):
        return int(short) + (1900 if int(short) >= PIVOT else 2000)
    return int(part.get("Y") or 1)


def _month(part: Parts) -> int:
    name = (part.get("b") or part.get("B") or "").lower()
    return _SHORT.index(name[:3]) + 1 if name else int(part.get("m") or 1)


def _hour(part: Parts) -> int | None:
    if half := part.get("I"):
        fits = 1 <= int(half) <= 12
        return int(half) % 12 + 12 * ((part.get("p") or "").lower() == "pm") if fits else None
    hour = int(part.get("H") or 0)
    return hour if hour < 24 else None


def offset_of(zone: str | None) -> int:
    """Seconds east of UTC."""
    if not zone or zone.upper() in ("Z", "UTC"):
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone[0] == "-" else seconds


@dataclass(frozen=True)
class DateFormat:
    """How the dates of a column are written; "" is ISO 8601, as in `moment`. `parse` knows no other way.

    `pattern` has the directives of strptime %d %m %Y %y %H %I %p %M %S %f %z %b %B %j %%; names of months are English,
    %y from 69 on is 19xx, %f is any number of decimals. A number may lack its leading zero, except beside another
    number. `clock` says that it is a time without a date. Raises `ValueError` for a pattern that does not name one
    date, or one time.
    """

    kind: ClassVar = "date"
    pattern: str = ""
    clock: bool = False

    def __post_init__(self) -> None:
        if not self.pattern:
            return
        given = [letter for letter, literal in _tokens(self.pattern) if not literal]
        unknown = [letter for letter in given if letter not in _DIRECTIVES]
        if unknown:
            raise ValueError(f"%{unknown[0]} is not known; the directives are %{' %'.join(_DIRECTIVES)} %%.")
        for same in (*_SAME, *_DIRECTIVES):
            if sum(map(given.count, same)) > 1:
                raise ValueError(f"at most one of %{' %'.join(same)} may stand in a format.")
        for letter in given:
            if letter in _NEEDS and not set(_NEEDS[letter]) & set(given):
                raise ValueError(f"%{letter} needs %{' or %'.join(_NEEDS[letter])}.")
        if self.clock and (set(given) & set("YymbBdj") or not set(given) & set("HI")):
            raise ValueError("a time has %H, or %I and %p, and no date.")
        if not self.clock and not set(given) & set("Yy"):
            raise ValueError("a date has a year: %Y or %y, as in %d.%m.%Y.")

    @property
    def plain(self) -> bool:
        """Whether this is the grammar that holds where no format is given."""
        return not self.pattern

    def parse(self, text: str) -> Moment | None:
        """The moment; None where `text` is none in this format."""
        part = self.parts(text)
        return None if part is None else moment_of(part)

    def parts(self, text: str) -> Parts | None:
        """What stands in `text` for each directive, which need be no date; None where it does not have the form."""
        found = (self._compiled if self.pattern else _ISO).fullmatch(text)
        return found.groupdict() if found else None

    @cached_property
    def tokens(self) -> list[tuple[str, str]]:
        """The letters of directives, and the characters between them."""
        return _tokens(self.pattern)

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        tokens = _tokens(self.pattern)
        parts = []
        for at, (letter, literal) in enumerate(tokens):
            if not literal:
                beside = [tokens[near] for near in (at - 1, at + 1) if 0 <= near < len(tokens)]
                parts.append(f"(?P<{letter}>{_wanted(letter, tight=any(map(_numeric, beside)))})")
            else:
                parts.append(f"[{SPACES}]+" if literal in SPACES else re.escape(literal))
        return re.compile(rf"[{SPACES}]*{''.join(parts)}[{SPACES}]*", re.ASCII | re.IGNORECASE)

    def as_json(self) -> dict[str, object]:
        """As a request gives it in `as`."""
        return {"date": self.pattern}


def _tokens(pattern: str) -> list[tuple[str, str]]:
    """Letters of directives, and the characters between them."""
    return [("", "%") if letter == "%" else (letter, literal) for letter, literal in _TOKEN.findall(pattern)]


_TOKEN = re.compile(r"%(.?)|(.)", re.DOTALL)


def _numeric(token: tuple[str, str]) -> bool:
    letter, literal = token
    return letter not in _WORDS if letter else literal.isdigit()


def _wanted(letter: str, *, tight: bool) -> str:
    wanted = _DIRECTIVES[letter]
    return wanted if tight or letter in "Yyfbpz" or letter == "B" else wanted.replace("{", "{1,")
