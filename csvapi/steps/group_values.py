"""The values of a column that aggregates are made of: cells as they are, or the numbers and dates that they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from csvapi.steps.asked import note
from csvapi.steps.numbers import numbers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.batch import Batch, Cell
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.steps.currencies import Currencies
    from csvapi.steps.remarks import Remark
    from csvapi.steps.values import Format


@dataclass(frozen=True, slots=True)
class Values:
    """Of some records: their cells, and for each its value, None where it has none; `whole` where all have one. `rows`
    are the records'; `base` is added to them for the order of all records."""

    cells: Sequence[Cell]
    values: Sequence[Any]
    rows: Sequence[int]
    whole: bool
    base: int = 0

    def order(self, place: int) -> int:
        """Of the record at a place, among those of the file."""
        return self.base + self.rows[place]

    def among(self, places: list[int]) -> list[int]:
        """Those of the places that have a value."""
        return places if self.whole else [at for at in places if self.values[at] is not None]


@dataclass
class Source:
    """Where values come from: the column at `position`, or the records themselves if it is None.

    `format` says what cells are: None for text. `ordered` is for text that is to be put in order. `asked` counts the
    cells that are no number or date, empty ones among them; `currencies` looks at those beside numbers.
    """

    position: int | None
    format: Format | None
    byte_dialect: ByteDialect
    ordered: bool = False
    asked: Remark | None = None
    currencies: Sequence[Currencies] = ()

    @property
    def remarks(self) -> list[Remark]:
        """What is counted, for warnings."""
        return [*filter(None, [self.asked]), *self.currencies]

    def of(self, batch: Batch, base: int = 0, *, asks: bool = True) -> Values:
        """The values of some records; unless it `asks`, nothing is counted."""
        if self.position is None:
            return Values((), (), batch.rows, whole=True, base=base)
        cells = batch.column(self.position)
        values: Sequence[Any] = [cell or None for cell in cells]
        if self.format is not None:
            values = self._parsed(cells, self.format)
            if asks:
                self._count(cells, values, batch.rows)
                for remark in self.currencies:
                    remark.see(cells, batch.rows)
        elif self.ordered and not self.byte_dialect.ordered:
            values = [cell and self._text(cell) for cell in values]
        return Values(cells, values, batch.rows, whole=None not in values, base=base)

    def _parsed(self, cells: Sequence[Cell], form: Format) -> list[Any]:
        decode = self.byte_dialect.decode
        distinct = {cell for cell in cells if cell}
        if form.kind == "number" and form.plain:
            found: dict[bytes, Any] = {**numbers_of(distinct, decode)}
        else:
            found = {cell: form.parse(decode(cell)) for cell in distinct}
        return list(map(found.get, cells))  # type: ignore[arg-type]  # None is no key

    def _count(self, cells: Sequence[Cell], values: Sequence[Any], rows: Sequence[int]) -> None:
        if self.asked is None:
            return
        each = zip(values, rows, cells, strict=True) if None in values else ()
        bad = [(row, cell) for value, row, cell in each if value is None and cell is not None]
        note(self.asked, len(cells) - cells.count(None), bad)

    def _text(self, cell: bytes) -> bytes:
        """Bytes whose order is that of the text."""
        return self.byte_dialect.decode(cell).encode("utf-8", "surrogatepass")
