"""Ranges of keys, of a file whose ranges are each sorted: where they begin, and which bytes of each range are theirs.

Of each sorted range an index knows the key at which every piece of it begins. From those of all ranges borders are
chosen, between which about the same number of bytes lie. A border is a key and the number of a range: the records with
that key belong behind it from that range on. So the records of one key, which stay in the order of the file, can be
spread over several ranges of keys, too.

Memory: at most `_MOST` keys of the indexes, and one index.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from csvapi.engines.cluster.job import Slice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from csvapi.engines.cluster.job import Sorted

LONGEST = 256  # bytes of a key in an index; of a longer one these
PIECE = 1 << 16  # bytes of a sorted range between two keys of its index, at least
MOST_KEYS = 2_000  # of an index
_MOST = 500_000  # keys that are looked at for borders
MOST_SLICES = 1_000  # ranges of keys: each reads something of each range

Border = tuple[bytes, int]


@dataclass(frozen=True)
class Cut:
    """A border in one sorted range: it is in the piece from byte `start` to `stop`."""

    start: int
    stop: int


def borders(indexes: Iterable[Sorted], ranges: int, size: int) -> list[Border]:
    """The borders between ranges of keys that have about `size` bytes each, of the indexes of so many ranges."""
    every: list[tuple[bytes, int, int]] = []
    total = 0
    most = max(1, _MOST // max(1, ranges))
    for place, index in enumerate(indexes):
        total += index.size
        step = -(-len(index.keys) // most) or 1
        stops = [*index.starts[step::step], index.size]
        every += [
            (key, place, stop - start)
            for key, start, stop in zip(index.keys[::step], index.starts[::step], stops, strict=False)
        ]
    every.sort()
    wanted = min(MOST_SLICES, -(-total // max(size, 1)))
    return list(_chosen(every, total, wanted))


def _chosen(every: Sequence[tuple[bytes, int, int]], total: int, wanted: int) -> Iterator[Border]:
    before, count = 0, 1
    last: Border = (b"", 0)
    for key, place, size in every:
        border = (key, place if len(key) < LONGEST else 0)
        if before >= total * count / max(wanted, 1) and border > last:
            yield border
            count, last = int(before * wanted / total) + 1, border
        before += size


def cut(index: Sorted, place: int, border: Border) -> Cut:
    """Where a border is in the range of that place."""
    number = bisect_left(index.keys, border[0]) if place >= border[1] else bisect_right(index.keys, border[0])
    starts = index.starts
    if number == 0:
        return Cut(0, 0)
    return Cut(starts[number - 1], starts[number] if number < len(starts) else index.size)


def sliced(index: Sorted, place: int, found: Sequence[Border]) -> Iterator[Slice]:
    """What the sorted range of that place has before, between and behind the borders."""
    cuts = [Cut(0, 0), *(cut(index, place, each) for each in found), Cut(index.size, index.size)]
    for lower, upper in pairwise(cuts):
        yield Slice(lower.start, lower.stop, upper.start, upper.stop, index.longest)


def behind(key: bytes, place: int, border: Border) -> bool:
    """Whether a record with this key, of the range of that place, belongs behind the border."""
    return (key[:LONGEST], place) >= border
