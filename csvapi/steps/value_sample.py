"""A sample of the different values of a column: those with the smallest hashes, and how often each occurs.

Which they are depends on the values alone, however the records are divided and in whatever order the parts come
together; a value among the smallest of all is among the smallest of its part, so that its count is exact (bottom-k
sampling: Cohen and Kaplan, Summarizing Data using Bottom-k Sketches, 2007).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST = 64  # values
LONGEST = 100  # bytes of one; the text of a longer one is not kept
_SPARE = 64  # values more, before those with the greatest hashes go
_EACH = 230  # bytes of memory for a value besides its text
_WORD = (1 << 64) - 1


@dataclass(slots=True)
class ValueSample:
    """`found` has the text and the count of each value by its hash; those of `limit` and above are not wanted."""

    found: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    limit: int = _WORD

    def add(self, counted: Mapping[bytes, int], hashes: Sequence[int]) -> None:
        """Values with how often each occurs, and their hashes."""
        few = _WORD * 2 * MOST // max(1, len(hashes))  # below it are about twice as many as are wanted
        chosen = self._below(counted, hashes, min(self.limit, few))
        if len(chosen) >= MOST:
            self.limit = min(self.limit, few)
        elif few < self.limit:
            chosen = self._below(counted, hashes, self.limit)
        for value, number in chosen:
            self._count(number, value, counted[value])
        self._cut()

    def see(self, cells: Iterable[bytes], hashes: Iterable[int]) -> None:
        """Cells whose hashes are below the limit."""
        found = self.found
        for value, number in zip(cells, hashes, strict=True):
            known = found.get(number)
            if known is None:
                self._count(number, value, 1)
            else:
                found[number] = (known[0], known[1] + 1)
        self._cut()

    @staticmethod
    def _below(values: Iterable[bytes], hashes: Iterable[int], limit: int) -> list[tuple[bytes, int]]:
        return [pair for pair in zip(values, hashes, strict=True) if pair[1] < limit]

    def merge(self, other: ValueSample) -> None:
        """Add what another part of the column has."""
        self.limit = min(self.limit, other.limit)
        for number, (value, count) in other.found.items():
            self._count(number, value, count)
        self._cut()

    def counted(self) -> dict[bytes, int]:
        """The values of the sample with how often each occurs; those that are too long are an empty one."""
        found: dict[bytes, int] = {}
        for number in sorted(self.found)[:MOST]:
            value, count = self.found[number]
            found[value] = found.get(value, 0) + count
        return found

    @property
    def size(self) -> int:
        """Bytes of memory in use, about."""
        return len(self.found) * (_EACH + LONGEST // 4)

    def _count(self, number: int, value: bytes, count: int) -> None:
        known = self.found.get(number)
        if known is None:
            self.found[number] = (value if len(value) <= LONGEST else b"", count)
        else:
            self.found[number] = (known[0], known[1] + count)

    def _cut(self) -> None:
        if len(self.found) > MOST + _SPARE:
            kept = sorted(self.found)[:MOST]
            self.limit = kept[-1] + 1
            self.found = {number: self.found[number] for number in kept}
