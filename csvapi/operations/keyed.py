"""The selector behind dedup and unique: the key of each record, and a sample of those that stayed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from csvapi.csvio.keys import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.blocks import Block, Cell
    from csvapi.csvio.resolve import Keep
    from csvapi.csvio.wire import Wire

SAMPLE = 10


@dataclass(frozen=True)
class Keyed:
    """`positions` None compares whole records; `sampled` puts the number of keys and ten of them in the receipt."""

    positions: Sequence[int] | None
    retain: Keep
    ignore: frozenset[str]
    sampled: bool = False
    reasons: ClassVar[tuple[str, ...]] = ("duplicate",)

    def keys(self, block: Block) -> list[bytes]:
        if not self.ignore:
            return block.keys(self.positions)
        delimiter = block.wire.delimiter
        return [canonical([self._fold(cell, block.wire) for cell in row], delimiter) for row in self._cells(block)]

    def _cells(self, block: Block) -> Sequence[Sequence[Cell]]:
        if self.positions is None:
            return [block.fields(index) for index in range(len(block))]
        return list(zip(*(block.column(position) for position in self.positions), strict=True))

    def _fold(self, cell: Cell, wire: Wire) -> Cell:
        """The cell as `ignore` sees it: Unicode case folding; outer spaces gone and inner runs of them one."""
        if cell is None:
            return None
        text = wire.decode(cell)
        if "case" in self.ignore:
            text = text.casefold()
        if "space" in self.ignore:
            text = " ".join(text.split())
        return text.encode("utf-8", "surrogatepass")

    def sample(self, kept: Block) -> list[str]:
        """The first ten values among `kept`; of several columns, joined by a delimiter for show."""
        wire = kept.wire
        rows = islice(self._cells(kept.select(bytes(index < SAMPLE for index in range(len(kept))))), SAMPLE)
        shown = (wire.delimiter.join(cell or b"" for cell in row) for row in rows)
        return [cell.decode(wire.inner, "replace") for cell in shown]
