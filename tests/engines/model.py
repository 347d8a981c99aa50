"""The naive model: the csv module over the whole text, lists and sets."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from csvapi.csvio.dialect import Dialect

Row = list[str]


@dataclass
class Parsed:
    """The pieces of a text that the csv module takes for records: raw text and fields."""

    header_raw: str = ""
    header: Row = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    blank: int = 0


def parse(text: str, dialect: Dialect) -> Parsed:
    """Read everything with csv.reader; what it took from the text for a record is that record's raw text."""
    lines = list(io.StringIO(text, newline=""))
    taken: list[str] = []

    def feed() -> Any:
        for line in lines:
            taken.append(line)
            yield line

    reader = csv.reader(
        feed(),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        escapechar=dialect.escape or None,
        doublequote=dialect.double_quote,
        skipinitialspace=dialect.skip_space,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
    )
    parsed = Parsed()
    first = True
    for row in reader:
        raw = "".join(taken)
        taken.clear()
        if not row:
            parsed.blank += 1
        elif first and dialect.header:
            parsed.header_raw, parsed.header, first = raw, row, False
        else:
            parsed.raw.append(raw)
            parsed.rows.append(row)
    if not dialect.header and parsed.rows:
        parsed.header = [f"column_{number}" for number in range(1, len(parsed.rows[0]) + 1)]
    return parsed


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
