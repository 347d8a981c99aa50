"""Which cells and which records have nothing in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from csvapi.csvio.batch import spread
from csvapi.steps.conditions import Leaf, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.batch import Batch, Mask
    from csvapi.csvio.byte_dialect import ByteDialect


def empty_cell(position: int, byte_dialect: ByteDialect, *, spaces: bool) -> Leaf:
    """Whether a cell is empty or absent; with `spaces`, or holds nothing but white space."""
    return Leaf(position, partial(_blank, byte_dialect) if spaces else Text("==", b""), absent=True)


def _blank(byte_dialect: ByteDialect, cells: Sequence[bytes]) -> list[bool]:
    return [not cell or not byte_dialect.decode(cell).strip() for cell in cells]


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
