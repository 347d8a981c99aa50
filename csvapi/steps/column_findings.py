"""What the values of a profiled column seem to be besides their type: a format of numbers or dates, personal data.

All values are looked at where they are known and not very many, else a sample of them (`value_sample`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csvapi.steps.hyperloglog import hashed
from csvapi.steps.personal import personal
from csvapi.steps.seeming import seeming
from csvapi.steps.shapes import Shaped
from csvapi.steps.value_sample import LONGEST, ValueSample

if TYPE_CHECKING:
    from collections.abc import Callable

    from csvapi.steps.column_profile import ColumnProfile

_MANY = 10_000  # values; of more the sample is looked at
_SHORT = 8  # digits; an integer with fewer is neither a date nor personal
_DAYS = (1800_01_01, 2100_00_00)  # between which an integer may be a date


def findings(found: ColumnProfile, decode: Callable[[bytes], str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The formats and the kinds of personal data of a column; see `seeming` and `personal`.

    To be asked before the number of distinct values, which may forget them. A column of plain numbers or ISO dates is
    looked at only if they may be something else, too.
    """
    filled = found.records - found.empty
    if not filled or found.counts.get("date") == filled:
        return [], []
    if found.counts.get("integer") == filled:
        (least, _), (most, _) = found.ranges["integer"]
        if max(abs(least), most) < 10 ** (_SHORT - 1):
            return [], []
        texts = _texts(found, decode)
        return seeming(texts) if _DAYS[0] < least and most < _DAYS[1] else [], personal(texts)
    texts = _texts(found, decode)
    return seeming(texts), [] if found.counts.get("number") == filled else personal(texts)


def _texts(found: ColumnProfile, decode: Callable[[bytes], str]) -> Shaped:
    values = found.distinct.looked_at()
    if len(values) > _MANY:
        sample = ValueSample()
        sample.add(values, list(map(hashed, values)))
        values = sample.counted()
    short = [value for value in values if len(value) <= LONGEST and b"\n" not in value]
    parts = decode(b"\n".join(short)).split("\n")
    if len(parts) != len(short):  # there are none, or the beginning of a character goes on into the next
        parts = list(map(decode, short))
    texts: dict[str, int] = {}
    for text, value in zip(parts, short, strict=True):
        texts[text] = texts.get(text, 0) + values[value]
    if more := sum(values.values()) - sum(texts.values()):
        texts[""] = texts.get("", 0) + more
    return Shaped(texts)
