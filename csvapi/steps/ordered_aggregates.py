"""What is made of the numbers and dates of a group: sums, means, the least and the greatest; see `aggregates`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from csvapi.steps.aggregates import Aggregate
from csvapi.steps.exact_sums import mean_text, sum_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.steps.group_values import Values


class Sum(Aggregate):
    """Exact, however many digits that takes."""

    def fold(self, state: Decimal | None, places: Sequence[int], values: Values) -> Decimal:
        """See `Aggregate.fold`."""
        found = values.values
        total = sum([found[at] for at in places], state if state is not None else Decimal(0))
        self.grown += total.__sizeof__() - state.__sizeof__()
        return total

    def merge(self, state: Decimal, later: Decimal) -> Decimal:
        """See `Aggregate.merge`."""
        return state + later

    def cell(self, state: Decimal) -> bytes:
        """See `Aggregate.cell`."""
        return sum_text(state).encode()

    def pack(self, state: Decimal) -> str:
        """See `Aggregate.pack`."""
        return str(state)

    def unpack(self, packed: str) -> Decimal:
        """See `Aggregate.unpack`."""
        return Decimal(packed)


class Mean(Aggregate):
    """The exact sum by the number of numbers, in 15 digits."""

    def fold(self, state: tuple[Decimal, int] | None, places: Sequence[int], values: Values) -> tuple[Decimal, int]:
        """See `Aggregate.fold`."""
        before, count = state or (Decimal(0), 0)
        found = values.values
        total = sum([found[at] for at in places], before)
        self.grown += total.__sizeof__() - before.__sizeof__()
        return total, count + len(places)

    def merge(self, state: tuple[Decimal, int], later: tuple[Decimal, int]) -> tuple[Decimal, int]:
        """See `Aggregate.merge`."""
        return state[0] + later[0], state[1] + later[1]

    def cell(self, state: tuple[Decimal, int]) -> bytes:
        """See `Aggregate.cell`."""
        return mean_text(*state).encode()

    def pack(self, state: tuple[Decimal, int]) -> tuple[str, int]:
        """See `Aggregate.pack`."""
        return str(state[0]), state[1]

    def unpack(self, packed: tuple[str, int]) -> tuple[Decimal, int]:
        """See `Aggregate.unpack`."""
        return Decimal(packed[0]), packed[1]


Extreme = tuple[Any, int, bytes]  # the value, the order of its record, and the cell


class Least(Aggregate):
    """The cell with the least value; of equal ones the first."""

    choose: Any = staticmethod(min)

    def fold(self, state: Extreme | None, places: Sequence[int], values: Values) -> Extreme:
        """See `Aggregate.fold`."""
        best = self.choose(places, key=values.values.__getitem__)
        found = values.values[best], values.order(best), values.cells[best] or b""
        new = found if state is None else self.merge(state, found)
        if new is not state:
            self.grown += 2 * (len(new[2]) - (len(state[2]) if state else 0))
        return new

    def merge(self, state: Extreme, later: Extreme) -> Extreme:
        """See `Aggregate.merge`."""
        if later[0] == state[0]:
            return later if later[1] < state[1] else state
        return later if self.choose(later[0], state[0]) is later[0] else state

    def cell(self, state: Extreme) -> bytes:
        """See `Aggregate.cell`."""
        return state[2]

    def size(self, state: Extreme) -> int:
        """See `Aggregate.size`."""
        return len(state[2])

    def pack(self, state: Extreme) -> Extreme:
        """See `Aggregate.pack`: a number as a text, which no other value is."""
        return (str(state[0]), *state[1:]) if isinstance(state[0], Decimal) else state

    def unpack(self, packed: Extreme) -> Extreme:
        """See `Aggregate.unpack`."""
        return (Decimal(packed[0]), *packed[1:]) if isinstance(packed[0], str) else packed


class Greatest(Least):
    """The cell with the greatest value; of equal ones the first."""

    choose = staticmethod(max)
