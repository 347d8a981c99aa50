"""In which format the numbers or dates of a column seem to be written: which formats fit its values, and how many.

A format that fits only values that another one fits as well is left out, and of those that fit the same values and
read them alike all but the plainest. What is left and fits the same values is ambiguous: `01/02/2024`, `1.234`.

Whether a number has a format depends on its shape (`shapes`) alone, and so does which formats of dates are worth a try.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from heapq import nsmallest
from typing import TYPE_CHECKING, Any
from unicodedata import category

from csvapi.steps.dates import MONTHS, DateFormat
from csvapi.steps.fitting import CURRENCIES, DAYS, MARKS, MAX_LENGTH, clock_after, has_code
from csvapi.steps.numbers import INDIAN, PLAIN, SPACES, NumberFormat

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from csvapi.steps.shapes import Shaped
    from csvapi.steps.values import Format

_LEAST = 0.1  # of the values that are looked at: the share that makes a format worth mention
_BARE = 0.95  # the same of a date that has nothing but digits
_MOST = 5  # formats of a column
_SHAPES = 500  # that are looked at, the most frequent ones
_WORDS = frozenset(
    (*MONTHS, *(month[:3] for month in MONTHS), "am", "pm", "utc", "t", "z", "e", *CURRENCIES.lower().split("|"))
)  # that numbers and dates may have
_LETTERS = re.compile(r"[^\W\d_]+")
_RUNS = re.compile("[0-9]+")
_ZERO = re.compile(r"[^0-9]*0")
_EXPONENT = re.compile("[eE][+-]?000")  # which may be beyond what numbers have
_PARTS, _BARE_DATE = (
    3,
    8,
)  # runs of digits in a date, one fewer with a month's name; or digits in one that is only these
_OPTIONS = ("currency", "percent", "accounting")


@dataclass
class _Fit:
    """A format with what it reads, by the values or shapes, and how many cells these are."""

    form: Format
    readings: dict[str, Any] = field(default_factory=dict)
    count: int = 0

    def told(self, of: int, *, ambiguous: bool) -> dict[str, Any]:
        """As a report has it."""
        given = self.form.kind if self.form.plain else self.form.as_json()
        return {"as": given, "count": self.count, "of": of} | ({"ambiguous": True} if ambiguous else {})


def seeming(values: Shaped) -> list[dict[str, Any]]:
    """The formats that fit the values, the best first; none where they need none.

    Each with `as` as a step takes it, the `count` of the cells that it fits `of` all that were looked at, and whether
    it is `ambiguous`.
    """
    likely = [shape for shape in values.groups if len(shape) <= MAX_LENGTH and _is_likely(shape)]
    if not likely:
        return []
    shapes = _grouped(values, likely)
    found = [
        each.told(values.total, ambiguous=any(each is not other and _same_cells(each, other) for other in fits))
        for fits in (_numbers(shapes, values), _dates(shapes, values))
        for each in fits
    ]
    return sorted(found, key=lambda each: -each["count"])[:_MOST]


def _is_likely(shape: str) -> bool:
    """Whether there are digits, and no other words than numbers and dates may have."""
    return "0" in shape and _WORDS.issuperset(_LETTERS.findall(shape.lower()))


def _grouped(values: Shaped, likely: Iterable[str]) -> dict[str, list[str]]:
    """The values of the most frequent shapes, by what their formats depend on."""
    found: dict[str, list[str]] = defaultdict(list)
    for shape in likely:
        for text in values.groups[shape]:
            found[_kind(shape, text)].append(text)
    if len(found) <= _SHAPES:
        return found
    often = nsmallest(_SHAPES, found, key=lambda kind: (-values.count(found[kind]), kind))
    return {kind: found[kind] for kind in often}


def _kind(shape: str, text: str) -> str:
    """The shape, with a mark where a zero comes first; of a large exponent, which may be too large, the text."""
    if _EXPONENT.search(shape):
        return text
    return ("0|" if _ZERO.match(text) else "|") + shape.strip(SPACES)


def _numbers(shapes: Mapping[str, list[str]], values: Shaped) -> list[_Fit]:
    """The formats of numbers that are left; none if plain numbers are."""
    counts = {shape: values.count(texts) for shape, texts in shapes.items()}
    there = set("".join(shapes))
    signs = {
        "currency": any(category(each) == "Sc" for each in there) or any(map(has_code, shapes)),
        "percent": "%" in there,
        "accounting": "(" in there,
    }
    given = {name: True for name in _OPTIONS if signs[name]}
    plain = _reading(PLAIN, shapes, counts)
    fits = [plain]
    for marks in sorted(MARKS, key=len):
        mark = marks.get("group", marks.get("decimal", ""))
        if not (marks or given) or (
            mark and there.isdisjoint(SPACES if mark in SPACES else "," if mark == INDIAN else mark)
        ):
            continue
        fit = _reading(NumberFormat(**marks, **given), shapes, counts)  # type: ignore[arg-type]  # mypy sees one dict
        if any(plain.readings.get(shape) != value for shape, value in fit.readings.items()):
            fits.append(_without_options(fit, shapes, counts))
    return _left(fits, values.total)


def _reading(form: NumberFormat, shapes: Mapping[str, list[str]], counts: Mapping[str, int]) -> _Fit:
    fit = _Fit(form)
    for shape, texts in shapes.items():
        value = None if shape.startswith("0") and _grouped_zero(form, texts[0]) else form.parse(texts[0])
        if value is not None:
            fit.readings[shape] = value
            fit.count += counts[shape]
    return fit


def _grouped_zero(form: NumberFormat, text: str) -> bool:
    """Whether a group follows on a zero: `0.123` is hardly a number with groups, nor is `030 123 456`."""
    mark = f"[{SPACES}]" if form.group in SPACES else re.escape("," if form.group == INDIAN else form.group)
    return bool(form.group) and re.match(f"[^0-9]*0[0-9]*{mark}", text) is not None


def _without_options(fit: _Fit, shapes: Mapping[str, list[str]], counts: Mapping[str, int]) -> _Fit:
    """The same format without the options that it does not need."""
    for name in _OPTIONS:
        options: Any = fit.form.as_json()["number"]
        if name in options:
            less = _reading(NumberFormat(**{key: options[key] for key in options if key != name}), shapes, counts)
            fit = less if less.readings == fit.readings else fit
    return fit


def _dates(shapes: Mapping[str, list[str]], values: Shaped) -> list[_Fit]:
    """The formats of dates that are left; none if ISO dates are."""
    fits = {"": _Fit(_format(""))}
    for texts in shapes.values():
        for pattern in _patterns(texts[0].strip(SPACES)):
            fit = fits.setdefault(pattern, _Fit(_format(pattern)))
            for text in texts:
                value = fit.form.parse(text)
                if value is not None:
                    fit.readings[text] = value
                    fit.count += values.counted[text]
    pointed = any(pattern.startswith("%d.") and fit.count for pattern, fit in fits.items())
    kept = [
        fits[pattern]
        for pattern in sorted(fits, key=lambda pattern: (len(pattern) > 0, _place(pattern)))
        if not (pointed and pattern.startswith("%m."))  # with points the day comes first
        and not ("%Y%m%d" in pattern and fits[pattern].count < _BARE * values.total)
    ]
    return _left(kept, values.total)


def _patterns(text: str) -> list[str]:
    """The formats of dates that a text of this shape may have, the empty one of ISO 8601 among them."""
    runs = _RUNS.findall(text)
    if len(runs) < _PARTS - (_LETTERS.search(text) is not None) and not any(len(run) == _BARE_DATE for run in runs):
        return []
    after = clock_after(text)
    return [each for each in ("", *(day + after for day in DAYS)) if _format(each).parts(text) is not None]


def _place(pattern: str) -> int:
    return next((place for place, day in enumerate(DAYS) if pattern.startswith(day)), 0)


def _left(fits: Sequence[_Fit], of: int) -> list[_Fit]:
    """Of formats, the plainest first, those that no other one makes needless; none if only the plain one is left."""
    kept: list[_Fit] = []
    for fit in fits:
        needless = any(fit.readings.keys() < other.readings.keys() for other in fits)
        if fit.readings and fit.count >= _LEAST * of and not needless and not any(_alike(fit, one) for one in kept):
            kept.append(fit)
    return [] if all(fit.form.plain for fit in kept) else kept


def _alike(one: _Fit, other: _Fit) -> bool:
    """Whether two read the same; day and month are two things, though they be the same number in each date."""
    forms = [fit.form.pattern.replace("%B", "%b") for fit in (one, other) if isinstance(fit.form, DateFormat)]
    return one.readings == other.readings and len(set(forms)) <= 1


def _same_cells(one: _Fit, other: _Fit) -> bool:
    return one.readings.keys() == other.readings.keys()


_format = lru_cache(1 << 9)(DateFormat)
