"""Which format would fit a cell that is no number or no date: for the hints of warnings, never to read a cell."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from unicodedata import category

from csvapi.steps.dates import DateFormat
from csvapi.steps.numbers import SPACES, NumberFormat

MAX_LENGTH = 100  # characters; nothing longer is looked at
MARKS: tuple[dict[str, str], ...] = (
    {}, {"group": ","}, {"decimal": ","}, {"decimal": ",", "group": "."}, {"decimal": ",", "group": " "},
    {"group": " "}, {"group": "'"}, {"group": "’"}, {"group": "indian"},
)  # fmt: skip
DAYS = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y", "%d %b %Y", "%d %B %Y", "%d. %B %Y", "%d-%b-%Y",
    "%d-%b-%y", "%d/%b/%Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%m.%d.%Y",
)  # fmt: skip
# Codes of ISO 4217 that are worth a hint; any three letters may be another code: `SKU12`.
CURRENCIES = (
    "AED|ARS|AUD|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KES|KRW|MXN|MYR|"
    "NGN|NOK|NZD|PHP|PKR|PLN|RON|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR"
)
_CLOCK = (
    "(?P<gap>T|,? +)[0-9]{1,2}:[0-9]{2}(?P<S>:[0-9]{2}(?P<f>[.][0-9]+)?)?(?:(?P<half> ?)[AaPp][Mm])?"
    "(?:(?P<space> ?)(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?$"
)


def fitting(kind: str, text: str) -> list[dict[str, Any]]:
    """The formats, as `as` takes them, in which `text` is a number or a date; several where it could be meant either
    way (`03/04/2021`), none where it is neither, or where it needs no format."""
    text = text.strip(SPACES)
    if not text or len(text) > MAX_LENGTH or not re.search("[0-9]", text):
        return []
    return _numbers(text) if kind == "number" else _dates(text)


def _numbers(text: str) -> list[dict[str, Any]]:
    """With the fewest options: only those whose characters are there."""
    signs = {
        "currency": any(category(each) == "Sc" for each in text) or has_code(text),
        "percent": "%" in text,
        "accounting": "(" in text,
    }
    flags = {name: True for name, there in signs.items() if there}
    fit = [marks for marks in MARKS if NumberFormat(**marks, **flags).parse(text) is not None]  # type: ignore[arg-type]  # ruff and mypy see one dict
    if {"group": ","} in fit:  # which Indian groups may look like
        fit = [marks for marks in fit if marks != {"group": "indian"}]
    least = [marks for marks in fit if not any(less.items() < marks.items() for less in fit)]
    return [{"number": {**marks, **flags}} for marks in least if marks or flags]


def _dates(text: str) -> list[dict[str, Any]]:
    after = clock_after(text)
    days = [day for day in DAYS if _format(day + after).parse(text) is not None]
    if any(day.startswith("%d.") for day in days):  # with points the day comes first
        days = [day for day in days if not day.startswith("%m.")]
    return [{"date": day + after} for day in days if "%B" not in day or day.replace("%B", "%b") not in days]


def has_code(text: str) -> bool:
    """Whether one of the currencies stands in a text."""
    return re.search(f"(?<![A-Z])(?:{CURRENCIES})(?![A-Z])", text) is not None


def clock_after(text: str) -> str:
    """The end of a format for the time at the end of a text; empty for none."""
    found = re.search(_CLOCK, text)
    return _clock(found) if found else ""


def _clock(found: re.Match[str]) -> str:
    """The end of a format for a time of that form."""
    half, space = found["half"], found["space"]
    parts = [found["gap"][:2].rstrip() + " " if " " in found["gap"] else "T", "%H" if half is None else "%I", ":%M"]
    parts += [":%S"] if found["S"] else []
    parts += [".%f"] if found["f"] else []
    parts += [f"{half}%p"] if half is not None else []
    return "".join([*parts, f"{space}%z"] if space is not None else parts)


_format = lru_cache(1 << 9)(DateFormat)
