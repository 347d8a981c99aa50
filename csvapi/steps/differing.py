"""The records that say what differs between two files, of entries that are sorted by the keys of both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from csvapi.native.differing import Differences
from csvapi.spill.ranked_keys import unpacked
from csvapi.spill.record_sort import NativeSortedRuns, in_order, sorter
from csvapi.steps.comparison import CHANGES
from csvapi.steps.native_differences import form_of, left_over
from csvapi.steps.native_figures import style_of
from csvapi.steps.pairing import Repeated, Side, pairs
from csvapi.steps.placed import put
from csvapi.steps.writing import encoded, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from csvapi.csvio.batch import Cell
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.spill.shares import Runs
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.comparison import Comparison
    from csvapi.steps.growth import Bound
    from csvapi.steps.pairing import Pair
    from csvapi.steps.versions import Versions

COUNTED = (*CHANGES, "beyond_header")


@dataclass
class Compared:
    """The records of some keys that are to be written, by their places; what was counted; and a key that repeats."""

    ordered: Runs
    found: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    repeated: Repeated | None = None


@dataclass(frozen=True)
class Differing:
    """How the records are made. `now` and `was` are the newer and the older file, `names` the newer one's columns as a
    cell names them; `fold` gives a cell as it is compared. With `partial` no record counts as removed, with `unchanged`
    those that are the same are written, too."""

    comparison: Comparison
    now: Versions
    was: Versions
    names: Sequence[bytes]
    fold: Callable[[bytes], Cell]
    byte_dialect: ByteDialect
    bound: Bound
    partial: bool
    unchanged: bool

    def compared(
        self, bases: Sequence[int], old: int, runs: Sequence[Runs], workspace: Workspace, number: int
    ) -> Compared:
        """What there is to write of all entries in some runs; `bases` are the records before those of each origin, of
        which the first `old` are the older file's, and `number` tells these runs from others. Memory: the
        workspace's."""
        half = replace(workspace, memory=workspace.memory // 2)
        done = Compared(sorter(half, f"differences-{number}"))
        pieces = in_order(runs, half)
        made = self._by_kernel(bases, old) if self.now.whole and self.was.whole else None
        if made and isinstance(done.ordered, NativeSortedRuns):
            pieces = left_over(pieces, made, done.ordered)
        found = pairs(unpacked(pieces), bases, old, (self.now.fields, self.was.fields))
        put(self._lines(found, done), done.ordered)
        if workspace.shared:
            done.ordered.free()
        for change, count in zip(CHANGES, [*made.found, made.same] if made else (), strict=False):
            done.found[change] += count
        return done

    def _by_kernel(self, bases: Sequence[int], old: int) -> Differences:
        words, was = map(self._text, CHANGES), self.was.byte_dialect
        form = form_of(self.comparison, words, self.names, self.bound.limit, partial=self.partial)
        doubled = was.dialect.double_quote and not was.escape
        return Differences(form, bases, old, style_of(self.byte_dialect), was.quote, doubled=doubled)

    def _lines(self, found: Iterator[Pair], done: Compared) -> Iterator[tuple[bytes, bytes]]:
        """The records to be written, each with the bytes that order it."""
        try:
            for pair in found:
                change, differ = self.comparison.change(pair, self.fold)
                if change == "removed" and self.partial:
                    continue
                done.found[change] += 1
                done.found["beyond_header"] += self.comparison.beyond(pair)
                if change != "unchanged" or self.unchanged:
                    yield _place(pair), self._line(pair, change, differ)
        except Repeated as repeated:
            done.repeated = repeated

    def _line(self, pair: Pair, change: str, differ: list[int]) -> bytes:
        names = [self.names[at] if at < len(self.names) else self._text(f"column_{at + 1}") for at in differ]
        row = [self._text(change), self._text(",").join(names), *self.comparison.row(pair)]
        self.bound.check(sum(map(len, row)) + len(row), (pair[0] or pair[1] or Side(0, [])).row)
        return records([row], self.byte_dialect)[0]

    def _text(self, value: str) -> bytes:
        return encoded(value, self.byte_dialect)


def _place(pair: Pair) -> bytes:
    """The newer file's records come first; each file's in its order."""
    new, old = pair
    return b"\0" + new.row.to_bytes(8) if new else b"\1" + (old.row if old else 0).to_bytes(8)
