"""Records of two files that have one key, out of entries that are sorted by their keys."""

from __future__ import annotations

import marshal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.spill.ranked_keys import Entry


@dataclass(frozen=True)
class Side:
    """One file's record of a key: its row in the file, from 0, and its fields."""

    row: int
    fields: list[bytes]


Unpack = Callable[[bytes], list[bytes]]
Pair = tuple[Side | None, Side | None]  # the newer file's record and the older one's, of which one may be missing


class Repeated(Exception):
    """A key that two records of one file have; `old` says of which."""

    def __init__(self, *, old: bool, first: Side, second: Side) -> None:
        super().__init__(old, first, second)
        self.old, self.first, self.second = old, first, second

    def __reduce__(self) -> tuple[Callable[[], Repeated], tuple[()]]:
        """How it crosses to another process."""
        return partial(Repeated, old=self.old, first=self.first, second=self.second), ()

    @property
    def place(self) -> tuple[bool, int]:
        """By which the first one of several is found."""
        return self.old, self.second.row


def packed(fields: list[bytes]) -> bytes:
    """The fields of a record as the text of an entry."""
    return marshal.dumps(fields)


def pairs(entries: Iterator[Entry], bases: Sequence[int], old: int, unpack: Sequence[Unpack]) -> Iterator[Pair]:
    """The records of each key, of entries whose ranks put the newer file's first. `bases` are the records before each
    origin's, of which the first `old` are the older file's; `unpack` reads the texts of the newer file's, and of the
    older one's. Memory: two records of each file.

    Raises `Repeated` at the end for the first record whose key another one before it has, of the newer file if both
    files have some; nothing is given any more once one is found.
    """
    worst: Repeated | None = None
    for _, group in groupby(entries, itemgetter(0)):
        found: tuple[list[Side], list[Side]] = ([], [])
        for _, origin, row, text in group:
            side = found[origin < old]
            if len(side) < 2:
                side.append(Side(bases[origin] + row, unpack[origin < old](text)))
        for number, side in enumerate(found):
            if len(side) > 1:
                repeated = Repeated(old=bool(number), first=side[0], second=side[1])
                worst = repeated if worst is None else min(worst, repeated, key=lambda each: each.place)
        if worst is None:
            mine, theirs = (side[0] if side else None for side in found)
            yield mine, theirs
    if worst:
        raise worst
