"""Groups of records that are alike: each belongs to the record before it, in the order of their ranks, that leads its
group, and is as alike to that one as was asked for. So no chain of small differences joins what is not alike."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from csvapi.steps.similarity import MEASURED, closest, scorer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csvapi.spill.ranked_keys import Entry

_SOME = 64  # records between two signs of life


class Member(NamedTuple):
    """A record with the one that leads its group, by their rows, and how alike they are; a leader is its own, and
    `single` if it leads no other."""

    row: int
    leader: int
    score: float
    single: bool = False


@dataclass(frozen=True)
class Clusters:
    """By a method with its threshold. `beyond` is told of a block of more than `largest` records, by its first row and
    how many they are: these are alone. Memory: a block of so many texts of at most `LONGEST` characters."""

    method: str
    threshold: float
    largest: int
    beyond: Callable[[int, int], None]
    heartbeat: Callable[[], None]

    def of(self, entries: Iterator[Entry], bases: list[int]) -> Iterator[Member]:
        """Each record once, of entries in the order of their blocks and ranks."""
        return self._near(entries, bases) if self.method in MEASURED else self._same(entries, bases)

    def _near(self, entries: Iterator[Entry], bases: list[int]) -> Iterator[Member]:
        """The groups of each block."""
        for _, block in groupby(entries, itemgetter(0)):
            yield from self._measured((bases[origin] + row, _decoded(text)) for _, origin, row, text in block)

    def _same(self, entries: Iterator[Entry], bases: list[int]) -> Iterator[Member]:
        """All records of a key are one group."""
        known, leader, first, single = b"", 0, b"", False
        for key, origin, row, text in entries:
            at = bases[origin] + row
            if key != known:
                if single:
                    yield Member(leader, leader, 1.0, single=True)
                known, leader, first, single = key, at, text, True
                continue
            if single:
                yield Member(leader, leader, 1.0)
                single = False
            score = 1.0 if text == first else scorer(self.method)(_decoded(first), _decoded(text))
            yield Member(at, leader, score)
        if single:
            yield Member(leader, leader, 1.0, single=True)

    def _measured(self, rows: Iterator[tuple[int, str]]) -> Iterator[Member]:
        block = list(islice(rows, self.largest + 1))
        if len(block) > self.largest:
            yield from self._crowd(chain(block, rows))
            return
        found = self._compared([text for _, text in block])
        led = {leader for number, (leader, _) in enumerate(found) if leader != number}
        for number, ((row, _), (leader, score)) in enumerate(zip(block, found, strict=True)):
            yield Member(row, block[leader][0], score, single=leader == number and number not in led)

    def _compared(self, texts: list[str]) -> list[tuple[int, float]]:
        """For each text the one that leads its group, and how alike they are."""
        score = scorer(self.method)
        leaders: list[int] = []
        leading: list[str] = []
        found: list[tuple[int, float]] = []
        for number, text in enumerate(texts):
            if number % _SOME == 0:
                self.heartbeat()
            near = closest(text, leading, score, self.threshold)
            if near is None:
                leaders.append(number)
                leading.append(text)
            found.append((number, 1.0) if near is None else (leaders[near[0]], near[1]))
        return found

    def _crowd(self, rows: Iterator[tuple[int, str]]) -> Iterator[Member]:
        """Records that are too many to be compared."""
        count = 0
        least: int | None = None
        for row, _ in rows:
            count, least = count + 1, row if least is None else min(least, row)
            yield Member(row, row, 1.0, single=True)
        self.beyond(least or 0, count)


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")
