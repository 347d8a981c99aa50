"""Tables and dialects of a caller's choice, where a test asks for a certain file and not for a seed's."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.detection import texts, typed
from benchmarks.detection.columns import Locale
from benchmarks.detection.words import ENGLISH
from benchmarks.detection.writer import Quoting, Style, record

_MAKERS = {
    "name": texts.person,
    "number": typed.number,
    "price": typed.decimal,
    "date": typed.day,
    "created_at": typed.moment,
    "email": typed.email,
    "address": texts.address,
    "comment": texts.text,
    "code": typed.code,
    "city": texts.city,
}
ORDINARY = list(_MAKERS)
"""The names of the kinds that `table` knows, which are also the names of its columns."""


def table(r: random.Random, rows: int, kinds: Sequence[str]) -> list[list[str]]:
    """A header of these names, and so many records."""
    made = [_MAKERS[kind](r, Locale(ENGLISH, comma=False)) for kind in kinds]
    return [list(kinds), *([column.cell() for column in made] for _ in range(rows))]


@dataclass(frozen=True)
class Written:
    """Rows in a dialect; without a `header` the first row is a record."""

    rows: list[list[str]]
    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    line_end: str = "\n"
    quoting: Quoting = "minimal"
    preamble: str = ""
    encoding: str = "utf-8"
    header: bool = True

    @property
    def content(self) -> bytes:
        return (self.preamble + self.table).encode(self.encoding)

    @property
    def table(self) -> str:
        style = Style(self.delimiter, self.quote, self.escape, self.quoting, line_end=self.line_end)
        return "".join(record(row, style) + self.line_end for row in self.rows)

    def read(self, delimiter: str, quote: str, escape: str, *, double_quote: bool, skip_space: bool) -> list[list[str]]:
        """The records below the preamble as the csv module gives them under another dialect."""
        return list(
            csv.reader(
                io.StringIO(self.table, newline=""),
                delimiter=delimiter,
                quotechar=quote or None,
                quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
                escapechar=escape or None,
                doublequote=double_quote,
                skipinitialspace=skip_space,
            )
        )
