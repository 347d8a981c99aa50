"""The naive model: the csv module over the whole text, lists and sets."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.engines import meant

if TYPE_CHECKING:
    from collections.abc import Callable

    from csvapi.csvio.dialect import Dialect

Row = list[str]


@dataclass
class Parsed:
    """The pieces of a text that the csv module takes for records: raw text and fields.

    `odd` counts the records with malformed quotes or an odd number of quotes. `comments` has where each comment begins,
    in characters.
    """

    header_raw: str = ""
    header: Row = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    blank: int = 0
    odd: int = 0
    comments: list[int] = field(default_factory=list)


def parse(text: str, dialect: Dialect, *, repaired: bool = True) -> Parsed:
    """Read everything with csv.reader; what it took from the text for a record is that record's raw text.

    Not `repaired`, the fields are the csv module's, whatever their quotes are.
    """
    if repaired and dialect.encoding != "cp037":  # there these bytes are other characters
        text = re.sub(r"(?:(?<![^\r\n])[\0\x1a][\0\x1a\r\n]*|[\0\x1a]+)\Z", "", text)
    lines = list(io.StringIO(text, newline=""))
    taken: list[str] = []
    parsed = Parsed()

    starved, place = False, 0

    def feed() -> Any:
        nonlocal starved, place
        for line in lines:
            place += len(line)
            if dialect.comment and not taken and line.startswith(dialect.comment):
                parsed.comments.append(place - len(line))
                continue
            taken.append(line)
            yield line
        starved = True

    reader = csv.reader(feed(), **meant.form(dialect))  # type: ignore[call-overload]  # the csv module's own words
    found: list[tuple[str, Row]] = []
    ended = True
    for row in reader:
        ended = not starved
        if row:
            found.append(("".join(taken), row))
        parsed.blank += not row
        taken.clear()
    plain = [row for _, row in found]
    if repaired:
        found = _repaired(found, dialect, ended=ended)
    if found and dialect.header:
        parsed.header_raw, parsed.header = found.pop(0)
    parsed.raw, parsed.rows = [raw for raw, _ in found], [row for _, row in found]
    parsed.odd = sum(_is_odd(raw, dialect) for raw in parsed.raw)
    if not dialect.header and parsed.rows:
        malformed = [repaired and meant.is_malformed(raw, dialect) for raw in parsed.raw]
        parsed.header = [f"column_{number}" for number in range(1, _columns(plain, malformed, len(parsed.rows[0])) + 1)]
    return parsed


def _is_odd(raw: str, dialect: Dialect) -> bool:
    if not dialect.quote:
        return False
    shown = re.sub(re.escape(dialect.escape) + r"(?s:.)", "", raw) if dialect.escape else raw
    return meant.is_malformed(raw, dialect) or shown.count(dialect.quote) % 2 == 1


def _repaired(found: list[tuple[str, Row]], dialect: Dialect, *, ended: bool) -> list[tuple[str, Row]]:
    """The records as people mean them; of the last one only if it ends."""
    malformed = [meant.is_malformed(raw, dialect) and (ended or raw is not found[-1][0]) for raw, _ in found]
    if not any(malformed):
        return found
    rows = [row for _, row in found]
    faulty = [meant.is_malformed(raw, dialect) for raw, _ in found]
    if malformed[0]:
        rows[0] = meant.fields(*found[0], dialect, meant.expected_width(_widths(rows[1:], faulty[1:])))
    width = len(rows[0]) if dialect.header else _columns([row for _, row in found], faulty, len(rows[0]))
    for number, bad in enumerate(malformed):
        if bad and (number or not dialect.header):
            rows[number] = meant.fields(*found[number], dialect, width)
    return [(raw, row) for (raw, _), row in zip(found, rows, strict=True)]


def _widths(plain: list[Row], malformed: list[bool]) -> list[int]:
    """Of the well-formed records; without any, of all as csv.reader reads them."""
    sure = [len(row) for row, bad in zip(plain, malformed, strict=True) if not bad]
    return sure or [len(row) for row in plain]


def _columns(plain: list[Row], malformed: list[bool], first: int) -> int:
    """Without a header: as many as most records of two or more have fields; of equals the first one's, or more."""
    counts = Counter(width for width in _widths(plain, malformed) if width > 1)
    return max(counts, key=lambda width: (counts[width], width == first, width), default=1)


def dedup(keys: list[Any], keep: str) -> list[bool]:
    """Which records stay."""
    if keep == "last":
        return dedup(keys[::-1], "first")[::-1]
    if keep == "none":
        return [keys.count(key) == 1 for key in keys]
    seen: set[Any] = set()
    stays = []
    for key in keys:
        stays.append(key not in seen)
        seen.add(key)
    return stays


def cell(row: Row, position: int) -> str | None:
    return row[position] if position < len(row) else None


def keys(rows: list[Row], positions: list[int] | None, fold: Callable[[str], str] = str) -> list[Any]:
    def folded(value: str | None) -> str | None:
        return None if value is None else fold(value)

    if positions is None:
        return [tuple(map(folded, row)) for row in rows]
    return [tuple(folded(cell(row, position)) for position in positions) for row in rows]
