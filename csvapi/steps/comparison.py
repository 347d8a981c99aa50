"""How the records of two files that have one key are compared, and what is written of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from csvapi.csvio.batch import Cell
    from csvapi.steps.pairing import Pair, Side

CHANGES = ("added", "removed", "changed", "unchanged")


@dataclass(frozen=True)
class Comparison:
    """`keys` and `compared` are pairs of columns, the newer file's first, by their places; `shown` the older file's
    columns that are written. `widths` are the numbers of columns of both files."""

    keys: list[tuple[int, int]]
    compared: list[tuple[int, int]]
    shown: list[int]
    widths: tuple[int, int]

    @classmethod
    def of(
        cls, keys: list[tuple[int, int]], same: list[int | None], widths: tuple[int, int], ignored: Iterable[int]
    ) -> Comparison:
        """`same` are for each column of the newer file the older one's of that name; those at `ignored` are left
        out."""
        left, right = {new for new, _ in keys}, {old for _, old in keys}
        left.update(ignored)
        compared = [(new, old) for new, old in enumerate(same) if old is not None and new not in left]
        shown = [old for old in range(widths[1]) if old not in right]
        return cls(keys, [pair for pair in compared if pair[1] not in right], shown, widths)

    def change(self, pair: Pair, fold: Callable[[bytes], Cell]) -> tuple[str, list[int]]:
        """What became of a record, and the columns of the newer file that differ; those beyond its header, too."""
        new, old = pair
        if old is None or new is None:
            return "added" if old is None else "removed", []
        differ = [at for at, was in self.compared if _differ(_cell(new.fields, at), _cell(old.fields, was), fold)]
        beyond = zip_longest(new.fields[self.widths[0] :], old.fields[self.widths[1] :], fillvalue=b"")
        differ += [at for at, cells in enumerate(beyond, start=self.widths[0]) if _differ(*cells, fold)]
        return "changed" if differ else "unchanged", differ

    def row(self, pair: Pair) -> list[bytes]:
        """The cells of both records; of a removed one the key stands where the newer file has it."""
        new, old = pair
        if new is None:
            mine = [b""] * self.widths[0]
            for at, was in self.keys:
                mine[at] = _cell(old.fields, was) if old else b""
        else:
            mine = [_cell(new.fields, at) for at in range(self.widths[0])]
        return mine + [_cell(old.fields, at) if old else b"" for at in self.shown]

    def beyond(self, pair: Pair) -> int:
        """How many fields of both records have no column, and are not written."""
        return sum(_beyond(side, width) for side, width in zip(pair, self.widths, strict=True))


def _beyond(side: Side | None, width: int) -> int:
    return max(0, len(side.fields) - width) if side else 0


def _cell(fields: list[bytes], at: int) -> bytes:
    """An absent field is as an empty one."""
    return fields[at] if at < len(fields) else b""


def _differ(new: bytes, old: bytes, fold: Callable[[bytes], Cell]) -> bool:
    return new != old and fold(new) != fold(old)
