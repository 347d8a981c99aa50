"""How often the values of several columns occur together."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from csvapi.errors import InvalidInput
from csvapi.spill.record_sort import pairs, sorter
from csvapi.steps.aggregates import Count
from csvapi.steps.gathering import Gathering, Reducer
from csvapi.steps.group_keys import cells_of, key_order, parts_of
from csvapi.steps.group_values import Source
from csvapi.steps.grouped import SHARE, Grouping
from csvapi.steps.growth import batches
from csvapi.steps.native_groups import finished, gathering
from csvapi.steps.report_table import Table
from csvapi.steps.writing import byte_dialect_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.spill.external_sort import SortedRuns
    from csvapi.spill.record_sort import NativeSortedRuns
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.gathering import Part
    from csvapi.steps.step import Context, Counts

_MOST = (1 << 64) - 1
_COUNT = 8  # bytes of a key that say how often its values occur, fewer times coming later
_FIGURES = ["count", "share"]


class TupleCounts(Table, Reducer):
    """A record for each combination of values, with `top` only the most frequent ones. See `frequency`.

    One pass. Memory: the budget; beyond it, counts are written to the workspace in order and merged.
    """

    def __init__(self, positions: Sequence[int], top: int | None, context: Context, pointer: str) -> None:
        names = [context.columns[position] for position in positions]
        if taken := next((name for name in _FIGURES if name in names), None):
            detail = f"columns: the result has a column {taken!r} of its own; rename the file's with a select before."
            raise InvalidInput(detail, pointer=f"{pointer}/columns")
        super().__init__(context, [*names, *_FIGURES], pointer)
        self.top_values, self.width, self.distinct = top, len(names), 0
        byte_dialect = byte_dialect_of(context)
        records = Source(None, None, byte_dialect)
        self.grouping = Grouping([positions], [records], [Count()], self.bound, byte_dialect.delimiter)

    def gather(self, workspace: Workspace, number: int) -> Gathering:
        """See `Gatherer.gather`."""
        return gathering(self.grouping, workspace, number)

    def result(self, workspace: Workspace, parts: list[Part]) -> Iterator[bytes]:
        """See `Gatherer.result`."""
        self.out = self.distinct = 0
        share = replace(workspace, memory=workspace.memory // SHARE)
        ranked, total = sorter(share, "ranks"), 0
        for keys, nothing in batches(self._keys(workspace, parts), share.memory):
            total += sum(_MOST - int.from_bytes(key[:_COUNT]) for key in keys)
            ranked.add(keys, nothing)
            self.distinct += len(keys)
            workspace.heartbeat()
        yield from self._lines(ranked, share, total)

    def _keys(self, workspace: Workspace, parts: list[Part]) -> Iterator[tuple[bytes, bytes]]:
        """For each combination what puts greater counts first, and equal ones in the order of their values."""
        for order, _, count in finished(parts, self.grouping, workspace):
            cells = cells_of(parts_of(order)[0], self.grouping.delimiter, self.width)
            yield (_MOST - int(count)).to_bytes(_COUNT) + key_order(tuple(cells)), b""

    def _lines(self, ranked: SortedRuns | NativeSortedRuns, share: Workspace, total: int) -> Iterator[bytes]:
        for keys, _ in batches(islice(pairs([ranked], share), self.top_values), share.memory):
            counts = [_MOST - int.from_bytes(key[:_COUNT]) for key in keys]
            rows = zip(keys, counts, strict=True)
            yield self.write([*parts_of(key[_COUNT:]), b"%d" % count, b"%.6f" % (count / total)] for key, count in rows)

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"out": self.out, "distinct": self.distinct}
