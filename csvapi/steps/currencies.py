"""The warning that a column holds amounts in several currencies, which are compared and summed as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from csvapi.csvio.data_warnings import shown
from csvapi.steps.numbers import NumberFormat
from csvapi.steps.remarks import Remark, Sighting, Spot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from csvapi.csvio.batch import Cell
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.steps.values import Format

_MOST, _PLACES = 20, 10_000  # currencies of a range, and their places in all ranges
_LONGEST = 500  # bytes of a cell that is looked at
_CODES = {"€": "EUR", "£": "GBP"}  # signs that are no other currency's
_OTHERS = b"0123456789.,+-()% \t"  # of an amount, beside its currency


@dataclass(slots=True)
class Currencies(Remark):
    """Keeps the first place of each currency; reported if there are several. `known` are those of the range, by what a
    cell has besides digits and marks."""

    currency: Callable[[bytes], str] = bytes.decode
    known: dict[bytes, str] = field(default_factory=dict)

    def reset(self) -> None:
        """See `Remark.reset`."""
        self.seen = Sighting()
        self.known.clear()

    def see(self, cells: Sequence[Cell], rows: Sequence[int]) -> None:
        """Look at the cells of the records in `rows`."""
        marks = [cell and cell.translate(None, _OTHERS) for cell in cells]
        new = {mark for mark in {*marks} if mark and mark not in self.known}
        tried: set[bytes] = set()
        for row, cell, mark in zip(rows, cells, marks, strict=True) if new else ():
            if not cell or mark not in new or cell in tried or len(cell) > _LONGEST:
                continue
            tried.add(cell)
            if found := self.currency(cell):
                new.discard(mark)
                if found not in self.known.values() and len(self.seen.spots) < _MOST:
                    self.seen.spots.append(Spot(row, cell))
                self.known[mark] = found
        self.seen.count = len(self.seen.spots)

    def reported(self) -> Sighting:
        """The places of all ranges, as far as each has another currency than those before."""
        first: dict[str, Spot] = {}
        for spot in self.seen.spots:
            first.setdefault(self.currency(spot.value or b""), spot)
        return Sighting(len(first), 0, [*first.values()]) if len(first) > 1 else Sighting()


def currencies(column: str, form: Format | None, byte_dialect: ByteDialect) -> list[Currencies]:
    """What looks for them in a column whose numbers may have one; nothing for any other column."""
    if not isinstance(form, NumberFormat) or not form.currency:
        return []
    currency = partial(_currency, form, byte_dialect)
    return [
        Currencies("mixed_currencies", partial(_describe, column, byte_dialect), column, _PLACES, currency=currency)
    ]


def _currency(form: NumberFormat, byte_dialect: ByteDialect, cell: bytes) -> str:
    """The currency of an amount; nothing if it has none, or is no amount."""
    found = form.read(byte_dialect.decode(cell))
    mark = "" if found is None else (found.before + found.after).strip()
    return _CODES.get(mark, mark)


def _describe(column: str, byte_dialect: ByteDialect, seen: Sighting) -> tuple[str, str]:
    texts = [
        (spot.row + 1, shown((spot.value or b"").decode(byte_dialect.inner, "replace"))) for spot in seen.spots[:3]
    ]
    first = ", ".join(f"{text!r} in row {row}" for row, text in texts)
    more = ", …" if seen.count > len(texts) else ""
    return (
        f"the numbers of {column!r} have {seen.count} different currencies, which nothing converts: {first}{more}",
        "a filter before this step can take those of one currency, as with the operator contains",
    )
