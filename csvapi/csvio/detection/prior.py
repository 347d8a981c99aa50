"""What a delimiter says of itself: how likely it is before a cell is looked at, and which lines prove it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.csvio.detection.reading import WEAK

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


def prior(reading: Reading, atoms: float, rows: int) -> float:
    """How likely the delimiter and the quote are; weak delimiters as far as the columns are `atoms`, or proven."""
    worth = PRIOR.get(reading.delimiter, 0.6)
    if reading.delimiter in WEAK:
        worth = (0.25 + 0.45 * atoms) * min(1.0, (rows + 1) / 5)
    elif not reading.delimiter.isprintable() and reading.delimiter != "\t":
        worth = 0.95
    if reading.escape:
        worth *= 1.02
    return worth * {'"': 1.0, "'": 0.98, "": 0.9}.get(reading.quote, 0.9)


def proven(reading: Reading, lines: Sequence[str]) -> float:
    """The share of lines that prove the delimiter: a quote touches it, or it never stands but doubled (`a::b`)."""
    if reading.delimiter not in WEAK:
        return 0.0
    pair = reading.delimiter * 2
    if not reading.delimiter.isspace() and all(line.count(reading.delimiter) == 2 * line.count(pair) for line in lines):
        return 1.0
    if not reading.quote:
        return 0.0
    marks = (reading.delimiter + reading.quote, reading.quote + reading.delimiter)
    return sum(1 for line in lines if marks[0] in line or marks[1] in line) / len(lines)
