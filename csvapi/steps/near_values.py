"""The warning that values are apart in a table which are equal but for case or spaces, among the first ones of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from csvapi.csvio.data_warnings import shown
from csvapi.csvio.records import read
from csvapi.steps.folding import folded_row
from csvapi.steps.params import IGNORABLE
from csvapi.steps.remarks import Remark, Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from csvapi.csvio.batch import Cell
    from csvapi.csvio.byte_dialect import ByteDialect

MOST, _ROOM = 2_000, 1 << 17  # values that are compared, and the bytes of the table that they are looked for in
_HINT = 'a set step with "trim", "collapse" and "case" before this one makes them equal'


@dataclass(slots=True, kw_only=True)
class NearValues(Remark):
    """Looks at the table as it is written: at its records, or at their first `width` cells in its bytes."""

    byte_dialect: ByteDialect
    width: int
    values: list[Sequence[bytes]] = field(default_factory=list)
    size: int = 0

    @classmethod
    def of(cls, what: str, columns: Sequence[str], byte_dialect: ByteDialect) -> NearValues:
        """Where there is one of these, as `what` calls them, for each different value in the columns."""
        values: list[Sequence[bytes]] = []
        describe = partial(_describe, what, byte_dialect, values)
        column = columns[0] if len(columns) == 1 else None
        return cls(
            "near_duplicates", describe, column=column, byte_dialect=byte_dialect, width=len(columns), values=values
        )

    def begin(self) -> None:
        """Forget what an earlier table had."""
        self.values.clear()
        self.size = 0

    def take(self, values: Iterable[Sequence[bytes]]) -> None:
        """Look at the next ones, as long as they are among the first."""
        for cells in values if self.size < _ROOM else ():
            if len(self.values) == MOST or self.size >= _ROOM:
                break
            self.values.append(cells)
            self.size += sum(map(len, cells))

    def through(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The pieces of the table, whose beginning is kept to be looked at."""
        self.begin()
        head = bytearray()
        for piece in pieces:
            head += piece[: _ROOM - len(head)]
            yield piece
        self.take(self._records(bytes(head), whole=len(head) < _ROOM))

    def _records(self, head: bytes, *, whole: bool) -> Iterator[list[bytes]]:
        done = read(head, self.byte_dialect.without_comments(), 0, final=whole)
        for at in done.records():
            fields = done.parsed_fields.get(at) or done.line_texts[at].split(self.byte_dialect.delimiter)
            yield fields[: self.width]

    def reported(self) -> Sighting:
        """See `Remark.reported`."""
        return Sighting(len(_again(self.values, self.byte_dialect)), len(self.values))


def _again(values: Sequence[Sequence[bytes]], byte_dialect: ByteDialect) -> list[tuple[int, int]]:
    """The places of values that are an earlier one but for case or spaces, each after the place of the first such."""
    first: dict[tuple[Cell, ...], int] = {}
    places = (first.setdefault(tuple(folded_row(each, byte_dialect, IGNORABLE)), at) for at, each in enumerate(values))
    return [(before, at) for at, before in enumerate(places) if before != at]


def named(cells: Iterable[bytes], byte_dialect: ByteDialect) -> str:
    """Cells as they are shown in a sentence."""
    return ", ".join(repr(shown(cell.decode(byte_dialect.inner, "replace"))) for cell in cells)


def _describe(
    what: str, byte_dialect: ByteDialect, values: Sequence[Sequence[bytes]], seen: Sighting
) -> tuple[str, str]:
    first, again = (named(values[at], byte_dialect) for at in _again(values, byte_dialect)[0])
    among = f"the first {seen.of} {what}" if seen.of == MOST else f"{seen.of} {what}"
    verb = "equals" if seen.count == 1 else "equal"
    detail = f"{seen.count} of {among} {verb} an earlier one but for case or spaces: {again} and {first}"
    return detail, _HINT
