"""What is made of the records of a group: counts, the first or last value, all values joined; see `ordered_aggregates`.

An `Aggregate` folds some records of a group into what it knows of the group, its state: a small plain value, None
before the first value. The states of a group's parts are merged, those of earlier records first, so whatever range or
part of the file the records come from, the result is the same. States of aggregates that the kernel makes, too, say
which record they are of, and may be merged in any order. An empty or absent cell has no value, and is left out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

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

    def pack(self, state: Any) -> Any:
        """A state that is not None as `marshal` can write it, which is much quicker than `pickle` with numbers."""
        return state

    def unpack(self, packed: Any) -> Any:
        """The state that `pack` was given."""
        return packed


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


class First(Aggregate):
    """The first cell that is not empty, with the order of its record."""

    def fold(self, state: tuple[int, bytes] | None, places: Sequence[int], values: Values) -> tuple[int, bytes]:
        """See `Aggregate.fold`."""
        if state is not None:
            return state
        found = values.cells[places[0]] or b""
        self.grown += len(found)
        return values.order(places[0]), found

    def merge(self, state: tuple[int, bytes], later: tuple[int, bytes]) -> tuple[int, bytes]:
        """See `Aggregate.merge`."""
        return min(state, later)

    def cell(self, state: tuple[int, bytes]) -> bytes:
        """See `Aggregate.cell`."""
        return state[1]

    def size(self, state: tuple[int, bytes]) -> int:
        """See `Aggregate.size`."""
        return len(state[1])


class Last(First):
    """The last cell that is not empty, with the order of its record."""

    def fold(self, state: tuple[int, bytes] | None, places: Sequence[int], values: Values) -> tuple[int, bytes]:
        """See `Aggregate.fold`."""
        found = values.cells[places[-1]] or b""
        self.grown += len(found) - (len(state[1]) if state else 0)
        return values.order(places[-1]), found

    def merge(self, state: tuple[int, bytes], later: tuple[int, bytes]) -> tuple[int, bytes]:
        """See `Aggregate.merge`."""
        return max(state, later)


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
