"""A file while it is made: a table, the style it is written in, and what people's programs put around it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.detection.columns import Column, Locale
from benchmarks.detection.writer import Style, aligned, record

HEADER = -1
"""The index of the header among `raw` and `before`."""


@dataclass
class Draft:
    """`names` is empty where the file has no header. `above` are the lines over the header, as they stand in the file.

    `raw` replaces how a row is written (its fields in `rows` are what a person reads); `before` is text between records
    that belongs to none; `tail` ends the file, and with an `open_end` the last record has no line end before it.
    """

    r: random.Random
    locale: Locale
    style: Style
    columns: list[Column]
    names: list[str]
    rows: list[list[str]]
    kinds: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    raw: dict[int, str] = field(default_factory=dict)
    before: dict[int, str] = field(default_factory=dict)
    tail: str = ""
    encoding: str = "utf-8"
    open_end: bool = False
    double_bom: bool = False
    aligned: bool = False
    mixed: bool = False

    @property
    def width(self) -> int:
        return len(self.columns)

    def typed(self) -> list[int]:
        """The indexes of the columns whose cells are told from a name by their form."""
        return [index for index, column in enumerate(self.columns) if column.typed]

    def some(self, most: int) -> list[int]:
        """The indexes of a few rows, in order, at most a quarter of them and never the first two."""
        rows = range(2, len(self.rows))
        return sorted(self.r.sample(rows, min(len(rows), self.r.randrange(1, max(2, min(most, len(rows) // 4) + 1)))))

    def line(self, fields: Sequence[str]) -> str:
        return record(fields, self.style)

    def preamble(self) -> str:
        return "".join(line + self.style.line_end for line in self.above)

    def table(self) -> str:
        """The header and the records with all that stands between and after them."""
        first = [(HEADER, self.names)] if self.names else []
        numbered = [*first, *enumerate(self.rows)]
        plain = aligned([row for _, row in numbered]) if self.aligned else [self.line(row) for _, row in numbered]
        parts: list[str] = []
        for (index, _), line in zip(numbered, plain, strict=True):
            parts += [self.before.get(index, ""), self.raw.get(index, line), self._line_end()]
        if self.open_end:
            parts.pop()
        return "".join(parts) + self.tail

    def _line_end(self) -> str:
        return self.r.choice(["\n", "\r\n"]) if self.mixed else self.style.line_end
