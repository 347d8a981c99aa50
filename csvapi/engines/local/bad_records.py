"""What the options say about the records that a pass meets: too wide or too narrow, bytes that are no text, quotes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvapi.csvio.parsing import ParsedRecords
from csvapi.engines.local.plan import RAGGED
from csvapi.errors import MalformedCsv, TooLarge

if TYPE_CHECKING:
    from csvapi.csvio.census import Counter
    from csvapi.csvio.parsing import LocatedBatch
    from csvapi.engines.local.plan import Plan
    from csvapi.engines.options import Options


@dataclass
class Judge:
    """The first pass counts everything; later ones only look for ragged records, and only where it found some."""

    plan: Plan
    options: Options
    counter: Counter
    first: bool
    even: bool
    dropped: int = 0

    def ragged(self, located: LocatedBatch, marks: bytearray) -> list[int]:
        """The indexes of the ragged records, whose decisions it marks. Raises `MalformedCsv` for what is refused."""
        if not isinstance(located, ParsedRecords):  # its parser takes no other records than good ones
            if self.first:
                self.counter.count_good(located)
            return []
        if self.first:
            ragged = self.counter.count(located)
            if ragged:
                self._check_width(located, ragged)
            self._judge(ragged, marks)
            return ragged
        if self.even:
            located.batch.width = self.counter.width
            return []
        return self.counter.ragged(located.batch)

    def _check_width(self, located: ParsedRecords, ragged: list[int]) -> None:
        """A record may have no more fields than a file columns: each field takes many times the memory of its bytes."""
        widths, most = located.batch.widths(), self.options.max_columns
        index = max(ragged, key=widths.__getitem__)
        if widths[index] > most:
            row = located.batch.rows[index] + 1
            line, position = located.where(index)
            byte = self.plan.source.byte(position)
            detail = f"Row {row}, line {line}, byte {byte}: a record has {widths[index]} fields; the limit is {most}."
            raise TooLarge(detail, row=row, line=line, byte=byte, limit=most)

    def _judge(self, ragged: list[int], marks: bytearray) -> None:
        if ragged and self.options.on_ragged == "fail":
            self._refuse("ragged", "a record has more or fewer fields than the header")
        if ragged and self.options.on_ragged == "drop":
            self.dropped += len(ragged)
            for index in ragged:
                marks[index] = RAGGED
        if self.options.on_bad == "fail":
            self._refuse("undecodable", f"bytes are not {self.plan.source.byte_dialect.dialect.encoding}")
            self._refuse("nul", "a record holds a NUL")
            self._refuse("quotes", "a quote is not closed, or text stands after a closing quote")

    def _refuse(self, kind: str, what: str) -> None:
        issue = self.counter.census.issues[kind]
        if issue.count:
            byte = self.plan.source.byte(issue.byte)
            detail = f"Row {issue.row}, line {issue.line}, byte {byte}: {what}."
            raise MalformedCsv(detail, row=issue.row, line=issue.line, byte=byte)
