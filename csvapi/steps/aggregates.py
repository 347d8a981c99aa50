"""What is made of the records of a group: counts, sums, extremes, the first or last value, all values joined.

An `Aggregate` folds some records of a group into what it knows of the group, its state: a small plain value, None
before the first value. The states of a group's later records are merged into those of its earlier ones, so whatever
range or part of the file the records come from, the result is the same. An empty or absent cell has no value, and is
left out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from csvapi.steps.exact_sums import mean_text, sum_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.steps.group_values import Values
    from csvapi.steps.growth import Bound

EACH = 200  # bytes of memory for the state of an aggregate besides the cells in it
_CHUNK = 60  # of them for a cell that is held


class Aggregate(ABC):
    """One figure of each group. `source` is the number of the values it is made of; `grown` counts the bytes of memory
    that states take besides `EACH`, until the caller sets it to 0."""

    source = 0
    grown = 0

    @abstractmethod
    def fold(self, state: Any, places: Sequence[int], values: Values) -> Any:
        """The state with the values at some `places`, at least one, each of which there is. Sums are exact if the
        decimal context is `exact_sums.SUM`."""

    @abstractmethod
    def merge(self, state: Any, later: Any) -> Any:
        """One state of two, neither None, of which one is of later records. May need the same context."""

    @abstractmethod
    def cell(self, state: Any) -> bytes:
        """What is written, in ASCII or as cells of the file are; of a state that is not None."""

    def size(self, state: Any) -> int:
        """About how many bytes `cell` has, where these may be many."""
        return 0

    def none(self) -> bytes:
        """What is written where there was no value."""
        return b""


class Count(Aggregate):
    """How many values there are."""

    def fold(self, state: int | None, places: Sequence[int], values: Values) -> int:
        """See `Aggregate.fold`."""
        return (state or 0) + len(places)

    def merge(self, state: int, later: int) -> int:
        """See `Aggregate.merge`."""
        return state + later

    def cell(self, state: int) -> bytes:
        """See `Aggregate.cell`."""
        return b"%d" % state

    def none(self) -> bytes:
        """See `Aggregate.none`."""
        return b"0"


class CountDistinct(Count):
    """How many different values there are, as text: a set of them, and once they are written in order a number."""

    def fold(self, state: Any, places: Sequence[int], values: Values) -> Any:
        """See `Aggregate.fold`."""
        found: set[bytes] = state if state is not None else set()
        new = {values.cells[at] or b"" for at in places} - found
        self.grown += sum(map(len, new)) + 2 * _CHUNK * len(new)
        found |= new
        return found


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


class Least(Aggregate):
    """The cell with the least value; of equal ones the first."""

    choose: Any = staticmethod(min)

    def fold(self, state: tuple[Any, bytes] | None, places: Sequence[int], values: Values) -> tuple[Any, bytes]:
        """See `Aggregate.fold`."""
        best = self.choose(places, key=values.values.__getitem__)
        found = values.values[best], values.cells[best] or b""
        new = found if state is None else self.merge(state, found)
        if new is not state:
            self.grown += 2 * (len(new[1]) - (len(state[1]) if state else 0))
        return new

    def merge(self, state: tuple[Any, bytes], later: tuple[Any, bytes]) -> tuple[Any, bytes]:
        """See `Aggregate.merge`."""
        return later if later[0] < state[0] else state

    def cell(self, state: tuple[Any, bytes]) -> bytes:
        """See `Aggregate.cell`."""
        return state[1]

    def size(self, state: tuple[Any, bytes]) -> int:
        """See `Aggregate.size`."""
        return len(state[1])


class Greatest(Least):
    """The cell with the greatest value; of equal ones the first."""

    choose = staticmethod(max)

    def merge(self, state: tuple[Any, bytes], later: tuple[Any, bytes]) -> tuple[Any, bytes]:
        """See `Aggregate.merge`."""
        return later if later[0] > state[0] else state


class First(Aggregate):
    """The first cell that is not empty."""

    def fold(self, state: bytes | None, places: Sequence[int], values: Values) -> bytes:
        """See `Aggregate.fold`."""
        if state is not None:
            return state
        found = values.cells[places[0]] or b""
        self.grown += len(found)
        return found

    def merge(self, state: bytes, later: bytes) -> bytes:
        """See `Aggregate.merge`."""
        return state

    def cell(self, state: bytes) -> bytes:
        """See `Aggregate.cell`."""
        return state

    def size(self, state: bytes) -> int:
        """See `Aggregate.size`."""
        return len(state)


class Last(First):
    """The last cell that is not empty."""

    def fold(self, state: bytes | None, places: Sequence[int], values: Values) -> bytes:
        """See `Aggregate.fold`."""
        found = values.cells[places[-1]] or b""
        self.grown += len(found) - len(state or b"")
        return found

    def merge(self, state: bytes, later: bytes) -> bytes:
        """See `Aggregate.merge`."""
        return later


class Join(Aggregate):
    """All cells that are not empty, in order, with a separator between them: a size, and texts to be joined.

    Raises `TooLarge` as soon as they take more than a record may.
    """

    def __init__(self, separator: bytes, bound: Bound, column: str) -> None:
        self.separator, self.bound, self.column = separator, bound, column

    def fold(
        self, state: tuple[int, list[bytes]] | None, places: Sequence[int], values: Values
    ) -> tuple[int, list[bytes]]:
        """See `Aggregate.fold`."""
        size, texts = state or (0, list[bytes]())
        new = self.separator.join([values.cells[at] or b"" for at in places])
        size += len(new) + len(self.separator)
        self.bound.check(size - len(self.separator), values.rows[places[0]], self.column)
        texts.append(new)
        self.grown += len(new) + _CHUNK
        return size, texts

    def merge(self, state: tuple[int, list[bytes]], later: tuple[int, list[bytes]]) -> tuple[int, list[bytes]]:
        """See `Aggregate.merge`."""
        return state[0] + later[0], state[1] + later[1]

    def cell(self, state: tuple[int, list[bytes]]) -> bytes:
        """See `Aggregate.cell`."""
        return self.separator.join(state[1])

    def size(self, state: tuple[int, list[bytes]]) -> int:
        """See `Aggregate.size`."""
        return state[0]


_PLAIN: dict[str, type[Aggregate]] = {
    "count": Count, "count_distinct": CountDistinct, "sum": Sum, "mean": Mean, "min": Least, "max": Greatest,
    "first": First, "last": Last,
}  # fmt: skip


def aggregate_of(name: str, separator: str, bound: Bound, column: str, byte_dialect: ByteDialect) -> Aggregate:
    """The aggregate of that name. Raises `InvalidInput` for a separator that the file's encoding does not have."""
    if name == "join":
        from csvapi.steps.writing import encoded

        return Join(encoded(separator, byte_dialect, f"{bound.pointer}/separator"), bound, column)
    return _PLAIN[name]()
