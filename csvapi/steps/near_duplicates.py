"""The warning that records stayed which are equal but for case or spaces, among the first ones that stay."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from csvapi.steps.growth import CELLS
from csvapi.steps.remarks import Remark, Sighting, Spot

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 2_000  # records that are compared; of many columns fewer


@dataclass(slots=True)
class NearDuplicates(Remark):
    """Counts the records whose folded key is that of one before; empty keys are nothing to compare."""

    compared: int = 0

    @classmethod
    def of(cls, columns: int) -> NearDuplicates:
        """Where keys of so many columns are compared."""
        compared = max(1, min(_MOST, 4 * CELLS // max(1, columns)))
        return cls("near_duplicates", partial(_describe, compared), compared=compared)

    def see(self, stayed: Sequence[tuple[int, bytes]]) -> None:
        """The keys of the first records that stayed, with their rows in the file."""
        known: set[bytes] = set()
        again: list[int] = []
        for row, key in stayed:
            if key in known:
                again.append(row)
            elif key:
                known.add(key)
        self.seen = Sighting(len(again), len(stayed), [Spot(row) for row in again[:1]])


def _describe(compared: int, seen: Sighting) -> tuple[str, str]:
    among = f"the first {seen.of}" if seen.of == compared else f"{seen.of}"
    verb = "equals" if seen.count == 1 else "equal"
    detail = f"{seen.count} of {among} records that stay {verb} an earlier one but for case or spaces"
    return detail, '"ignore": ["case", "space"] takes them for equal'
