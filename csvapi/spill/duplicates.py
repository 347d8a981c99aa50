"""Which records repeat a key: one partition of digests at a time.

Time: one dictionary look-up per record. Memory: about 200 bytes per record of the partition.
"""

from __future__ import annotations

from array import array
from itertools import compress, count
from operator import eq, ne
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

Keep = Literal["first", "last", "none"]


def repeats(first: Sequence[int], second: Sequence[int], keep: Keep) -> tuple[list[int], list[int]]:
    """The indexes of the records to drop, and for each the index of the record it repeats. With keep "none", the first
    record of a group refers to itself."""
    if keep == "last":
        last = len(first) - 1
        dropped, duplicate_of = repeats(first[::-1], second[::-1], "first")
        return [last - index for index in dropped], [last - index for index in duplicate_of]
    leaders = _leaders(first)
    if not all(map(eq, second, map(second.__getitem__, leaders))):
        leaders = _leaders(list(zip(first, second, strict=True)))  # two keys share half a digest
    dropped = list(compress(count(), map(ne, leaders, count())))
    duplicate_of = _at(leaders, dropped)
    if keep == "none":
        heads = sorted(set(duplicate_of))
        return dropped + heads, duplicate_of + heads
    return dropped, duplicate_of


def _leaders(keys: Sequence[Hashable]) -> array[int]:
    """For each key, the index of its first occurrence."""
    first: dict[Hashable, int] = {}
    return array("q", map(first.setdefault, keys, count()))


def _at(values: Sequence[int], indexes: list[int]) -> list[int]:
    return list(map(values.__getitem__, indexes)) if indexes else []
