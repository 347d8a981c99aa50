"""What a delimiter says of itself: how likely it is before a cell is looked at, and which lines prove it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from csvapi.csvio.detection.reading import COMMON, JOINERS, WEAK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.detection.reading import Reading

PRIOR = {
    ",": 1.0,
    "\t": 1.0,
    ";": 1.0,
    "|": 0.98,
    "~": 0.85,
    "^": 0.85,
    "¶": 0.85,
    "&": 0.7,
    "*": 0.7,
    "#": 0.65,
    "\x01": 0.95,
}
_INSIDE = re.compile(r":[ /]|\d:\d")
"""A colon in prose, an address or a time."""
_INNER = 0.6
"""Delimiters with a space after each beside others without: punctuation inside cells (`Mann, Thomas;Rome, Italy`)."""


def prior(reading: Reading, atoms: float, rows: int) -> float:
    """How likely the delimiter and the quote are; weak delimiters as far as the columns are `atoms`, or proven."""
    worth = PRIOR.get(reading.delimiter, 0.6)
    if reading.delimiter in WEAK:
        worth = (0.25 + (0.3 if reading.delimiter in JOINERS else 0.45) * atoms) * min(1.0, (rows + 1) / 5)
    elif not reading.delimiter.isprintable() and reading.delimiter != "\t":
        worth = 0.95
    if reading.escape:
        worth *= 1.02
    return worth * {'"': 1.0, "'": 0.98, "": 0.9}.get(reading.quote, 0.9)


def proven(reading: Reading, lines: Sequence[str]) -> float:
    """The share of lines that prove the delimiter: a quote touches it, or it never stands but doubled (`a::b`).

    All do where each holds it equally often and no stronger delimiter is as steady.
    """
    if reading.delimiter not in WEAK:
        return 0.0
    if is_steady(reading.delimiter, lines) and not any(is_steady(other, lines) for other in PRIOR):
        return 1.0
    pair = reading.delimiter * 2
    if reading.delimiter == ":" and all(line.count(reading.delimiter) == 2 * line.count(pair) for line in lines):
        return 1.0
    if not reading.quote:
        return 0.0
    marks = (reading.delimiter + reading.quote, reading.quote + reading.delimiter)
    return sum(1 for line in lines if marks[0] in line or marks[1] in line) / len(lines)


def outer(delimiter: str, lines: Sequence[str]) -> float:
    """Less than 1 where another delimiter stands equally often on every line and never before a space."""
    others = (other for other in COMMON if other != delimiter and not any(other + " " in line for line in lines))
    return _INNER if delimiter != " " and any(is_steady(other, lines) for other in others) else 1.0


def is_steady(delimiter: str, lines: Sequence[str]) -> bool:
    """Whether every line, the first with the names as well, holds the delimiter equally often: prose does not.

    Names of two words and clauses after a colon may; and hyphens and the like join the words of one name.
    """
    count = lines[0].count(delimiter)
    if not count or delimiter in JOINERS or len(lines) < 3:
        return False
    if count == 1 and delimiter in WEAK and (delimiter != ":" or any(map(_INSIDE.search, lines))):
        return False
    return all(line.count(delimiter) == count for line in lines if line.strip())
