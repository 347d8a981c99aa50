"""Which cells and which records have nothing in them, and which cells only look so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from itertools import compress
from typing import TYPE_CHECKING

from csvapi.csvio.batch import spread
from csvapi.steps.conditions import Leaf, Text
from csvapi.steps.remarks import Remark, Sighting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.batch import Batch, Mask
    from csvapi.csvio.byte_dialect import ByteDialect


_SHOWN = 500  # bytes kept of a cell
_SPACES = (" ", "\t", "\u00a0", "\u202f")  # with one of which a cell of white space begins that is counted


def empty_cell(position: int, byte_dialect: ByteDialect, *, spaces: bool) -> Leaf:
    """Whether a cell is empty or absent; with `spaces`, or holds nothing but white space."""
    return Leaf(position, partial(_blank, byte_dialect) if spaces else Text("==", b""), absent=True)


def _blank(byte_dialect: ByteDialect, cells: Sequence[bytes]) -> list[bool]:
    return [not cell or not byte_dialect.decode(cell).strip() for cell in cells]


@dataclass
class EmptyCell:
    """The same without `spaces`; `asked` counts the cells of nothing but white space, which look empty and are not."""

    empty: Leaf
    byte_dialect: ByteDialect
    asked: Remark | None

    def mask(self, batch: Batch) -> Mask:
        """See `Node.mask`."""
        if self.asked:
            blank = self._blank(batch)
            self.asked.add(len(batch), len(blank), [(batch.rows[at], cell[:_SHOWN]) for at, cell in blank[:1]])
        return self.empty.mask(batch)

    def _blank(self, batch: Batch) -> list[tuple[int, bytes]]:
        """Where such cells are, with their bytes."""
        position, found = self.empty.position, []
        places: Sequence[int] = range(len(batch))
        for space in self._spaces:
            mask = batch.text_mask(position, "starts_with", space)
            if mask is None or 1 in mask:
                chosen = batch if mask is None else batch.select(mask)
                at = places if mask is None else list(compress(places, mask))
                pairs = zip(at, chosen.column(position), strict=True)
                found += [(at, cell) for at, cell in pairs if cell and cell.startswith(space) and self._is_blank(cell)]
        return sorted(found)

    def _is_blank(self, cell: bytes) -> bool:
        return not self.byte_dialect.decode(cell).strip()

    @cached_property
    def _spaces(self) -> list[bytes]:
        """As bytes, where the encoding has them."""
        spaces = (space.encode(self.byte_dialect.inner, "ignore") for space in _SPACES)
        return [space for space in spaces if space and not self.byte_dialect.delimiter.startswith(space)]


def blank_cells(column: str, operator: str) -> Remark:
    """Of cells of nothing but white space, where empty ones are looked for."""
    return Remark("blank_cells", partial(_described, column, operator), column)


def _described(column: str, operator: str, seen: Sighting) -> tuple[str, str | None]:
    verbs = ("holds", "counts") if seen.count == 1 else ("hold", "count")
    detail = "{} of {} cells of {!r} {} nothing but white space and {} as not empty"
    detail = detail.format(seen.count, seen.of, column, *verbs)
    instead = {"==": "is_empty with ", "!=": "not_empty with "}.get(operator, "")
    return detail, f'{instead}"spaces": true counts them as empty'


@dataclass
class EmptyRecord:
    """Whether all cells of a record are empty, those beyond the header's `width` among them. A column is looked at for
    the records that are empty up to it."""

    width: int
    byte_dialect: ByteDialect
    spaces: bool

    def mask(self, batch: Batch) -> Mask:
        """See `Node.mask`."""
        mask = self._beyond(batch)
        for position in range(self.width):
            if 1 not in mask:
                break
            cell = empty_cell(position, self.byte_dialect, spaces=self.spaces)
            mask = spread(mask, cell.mask(batch.select(mask)))
        return mask

    def _beyond(self, batch: Batch) -> Mask:
        if batch.width == self.width:
            return b"\1" * len(batch)
        return bytes(self._nothing(batch.fields(number)[self.width :]) for number in range(len(batch)))

    def _nothing(self, fields: list[bytes]) -> bool:
        return all(_blank(self.byte_dialect, fields)) if self.spaces else not any(fields)
