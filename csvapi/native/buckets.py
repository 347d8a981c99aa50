"""How the numbers and moments of a column are spread: counts by bucket, as `csvapi.steps.buckets` has them."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from csvapi.native.keys import secret_of
from csvapi.native.memory import Allocate, Memory, writable
from csvapi.native.structures import BucketsStruct

if TYPE_CHECKING:
    from collections.abc import Iterable

_SLOT = 16  # bytes
EACH = 4 * _SLOT  # bytes of memory for a bucket, at most
_MOMENTS = 1 << 60  # added to the code of a moment


class BucketTable:
    """Counts up to `most` buckets, in `EACH` bytes of memory for each.

    `secret` must not be known to whoever made the file, who could otherwise choose numbers that make every look-up
    slow.
    """

    def __init__(self, most: int, secret: bytes, allocate: Allocate = Memory) -> None:
        if not 1 <= most < 1 << 30:
            raise ValueError(f"There must be room for some buckets, not {most}.")
        bits = (2 * most - 1).bit_length()
        self._slots, self._lost = allocate(_SLOT << bits), bytearray()
        factor = int.from_bytes(bytes(secret_of(secret))[:8]) | 1
        self.structure = BucketsStruct(self._slots.address, bits, most, 0, factor, 1, 1)

    def widen(self, numbers: int, moments: int) -> None:
        """Let buckets have so many codes from now on; none may be counted."""
        if self.structure.used or min(numbers, moments) < 1:
            raise ValueError(f"Buckets of {numbers} and {moments} codes cannot follow others.")
        self.structure.number_width, self.structure.moment_width = numbers, moments

    def losing(self, values: int) -> Any:
        """What takes a byte for each of so many values: 1 where there is no room for its bucket, else 0."""
        self._lost = bytearray(values)
        return writable(self._lost, values, "lost")

    @property
    def lost(self) -> bytearray:
        """Those of the last call."""
        return self._lost

    def taken(self) -> tuple[Iterable[tuple[int, int]], Iterable[tuple[int, int]]]:
        """The first codes and the counts of the buckets of numbers, and of those of moments; they are forgotten."""
        numbers = array("q", bytes(self._slots.view)) if self.structure.used else array("q")
        found = [(code, count) for code, count in zip(numbers[::2], numbers[1::2], strict=True) if count]
        self._slots.clear(self._slots.size if found else 0)
        self.structure.used = 0
        moments = [(code - _MOMENTS, count) for code, count in found if code >= _MOMENTS // 2]
        return [pair for pair in found if pair[0] < _MOMENTS // 2], moments
