"""The formats of numbers and dates that the columns of a file seem to have, by its first records."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from csvapi.csvio.locations import Location, Row, spans_of, start
from csvapi.csvio.source import Source
from csvapi.errors import InvalidInput, TooLarge
from csvapi.steps.seeming import seeming
from csvapi.steps.shapes import Shaped

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect

_RECORDS, _ROOM = 1_000, 64 * 1024  # that are looked at, and how many bytes of them
_MOST = 100  # columns that are told


def head_formats(path: Path, dialect: Dialect) -> list[dict[str, Any]]:
    """For each column that needs a format, of the first ones, its name, its `index` from 1 and what `seeming` says.

    Nothing for a file with a record that cannot be read among the first ones: a run says so.
    """
    try:
        columns, at = start(path, dialect)
        rows = _first(path, dialect, len(columns), at)
    except (InvalidInput, TooLarge):
        return []
    told: list[dict[str, Any]] = []
    values = (row.values[: len(columns)] for row in rows)
    for index, (name, *cells) in enumerate(zip(columns, *values, strict=True), start=1):
        found = seeming(Shaped(Counter(cell for cell in cells if cell)))
        if found and len(told) < _MOST:
            told.append({"column": name, "index": index, "formats": found})
    return told


def _first(path: Path, dialect: Dialect, width: int, at: Location) -> list[Row]:
    """The records that are whole in the first bytes of data, however long the next one is."""
    source = replace(Source.open(path, dialect), body=at.byte, known_width=width)
    stop = min(source.size, at.byte + _ROOM)
    rows = [
        Row(span.location(index), width, span.batch, index)
        for span in spans_of(source, at, stop)
        for index in range(len(span.batch))
    ]
    return rows[: min(_RECORDS, len(rows) if stop == source.size else len(rows) - 1)]
