"""frequency: how often each value of a column, or of several together, occurs."""

from __future__ import annotations

from collections import Counter
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, validates_schema

from csvapi.spill.external_sort import SortedRuns, merged
from csvapi.spill.record_sort import NativeSortedRuns
from csvapi.steps.gathering import Gathering, Reducer
from csvapi.steps.growth import KEY_COLUMNS
from csvapi.steps.near_values import NearValues
from csvapi.steps.params import Alternative, ColumnField, columns_field, whole
from csvapi.steps.report_table import Table
from csvapi.steps.step import Operation
from csvapi.steps.tuple_counts import TupleCounts
from csvapi.steps.value_counts import Ranking, ValueCounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from csvapi.csvio.batch import Batch
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.gathering import Part
    from csvapi.steps.step import Column, Context, Counts

_EACH = 150  # bytes of memory for a counted value besides its text
_MOST = (1 << 64) - 1
_BATCH = 1_000


class Params(Schema):
    """The parameters of frequency."""

    column = ColumnField(metadata={"description": "The column whose values are counted."})
    columns = columns_field(metadata={"description": "Several columns, whose values are counted together."})
    top = whole("How many of the most frequent values; without it, all.", 1)

    alternatives = (Alternative("One column", ("column",)), Alternative("Several columns", ("columns",)))

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: object) -> None:
        """Refuse anything but one of column and columns, and more columns than a key may have."""
        if ("column" in data) == ("columns" in data):
            raise ValidationError("give either column or columns.", "column")
        if len(data.get("columns", ())) > KEY_COLUMNS:
            raise ValidationError(f"must name at most {KEY_COLUMNS} columns.", "columns")


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, with its pointer within the step."""
    if "column" in params:
        return [("/column", params["column"])]
    return [(f"/columns/{number}", column) for number, column in enumerate(params["columns"])]


def build(params: dict[str, Any], context: Context, pointer: str) -> Table:
    """The most frequent first, equal ones in the order of their bytes; share is of all records, to six places.

    With `column` the result has `value`, `count` and `share`, with `columns` their names in place of `value`. One pass.
    Memory: the budget; beyond it, counts are written to the workspace in order and merged. An absent field counts as an
    empty one.
    """
    if "column" in params:
        return Frequency(params, context, pointer)
    positions = [context.position(column, pointer + at) for at, column in columns(params)]
    return TupleCounts(positions, params.get("top"), context, pointer)


class Frequency(Table, Reducer):
    """A record for each value of one column; see `build`."""

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        super().__init__(context, ["value", "count", "share"], pointer)
        self.position = context.position(params["column"], f"{pointer}/column")
        self.near = NearValues.of("values", [context.columns[self.position]], self.byte_dialect)
        self.remarks = [self.near]
        self.top_values = params.get("top")
        self.distinct = 0

    def gather(self, workspace: Workspace, number: int) -> Counting | NativeCounting:
        """See `Gatherer.gather`."""
        if (
            workspace.native
            and max(map(len, (self.byte_dialect.delimiter, self.byte_dialect.quote, self.byte_dialect.escape))) <= 1
        ):
            return NativeCounting(ValueCounts(workspace, number, self.position), workspace)
        return Counting(
            self.position,
            workspace,
            SortedRuns(workspace.folder, f"counts-{number}", workspace.memory, workspace.heartbeat),
        )

    def result(self, workspace: Workspace, parts: list[Part]) -> Iterator[bytes]:
        """See `Gatherer.result`."""
        self.out = self.distinct = 0
        total = sum(part.state[1] for part in parts)
        native = [part.state[0] for part in parts if isinstance(part.state[0], NativeSortedRuns)]
        yield from self._ranked(workspace, native, total) if native else self._merged(workspace, parts, total)

    def _ranked(self, workspace: Workspace, parts: list[NativeSortedRuns], total: int) -> Iterator[bytes]:
        ranking = Ranking(self.byte_dialect, total, workspace)
        ranking.add(parts)
        self.distinct = ranking.distinct
        self.out = min(self.top_values or self.distinct, self.distinct)
        yield from map(self.byte_dialect.restore, self.near.through(ranking.lines(self.top_values)))

    def _merged(self, workspace: Workspace, parts: list[Part], total: int) -> Iterator[bytes]:
        ranked = SortedRuns(workspace.folder, "ranks", workspace.memory // 2, workspace.heartbeat)
        for some in _batches(self._sums(workspace, parts), workspace.memory // 16):
            self.distinct += len(some)
            workspace.heartbeat()
            ranked.add([(_MOST - count).to_bytes(8) + value for value, count in some], [value for value, _ in some])
        self.near.begin()
        left = self.top_values if self.top_values is not None else self.distinct
        for keys, values in merged([ranked], workspace.folder, workspace.memory // 2, workspace.heartbeat):
            counts = (_MOST - int.from_bytes(key[:8]) for key in keys[:left])
            rows = zip(values[:left], counts, strict=True)
            self.near.take([value] for value in values[:left])
            left -= len(values[:left])
            yield self.write([value, b"%d" % count, b"%.6f" % (count / total)] for value, count in rows)

    def _sums(self, workspace: Workspace, parts: list[Part]) -> Iterator[tuple[bytes, int]]:
        """Each value once with its total; the counts of one value arrive one after the other."""
        chunks = merged([part.state[0] for part in parts], workspace.folder, workspace.memory // 2, workspace.heartbeat)
        pairs = (pair for keys, counts in chunks for pair in zip(keys, counts, strict=True))
        for value, group in groupby(pairs, itemgetter(0)):
            yield value, sum(int.from_bytes(count) for _, count in group)

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"out": self.out, "distinct": self.distinct}


def _batches(sums: Iterable[tuple[bytes, int]], most: int) -> Iterator[list[tuple[bytes, int]]]:
    """Some values at a time: a thousand, or about `most` bytes of them."""
    found: list[tuple[bytes, int]] = []
    size = 0
    for pair in sums:
        found.append(pair)
        size += len(pair[0])
        if len(found) >= _BATCH or size >= most:
            yield found
            found, size = [], 0
    yield found


class Counting(Gathering):
    """Counts values in memory; those that take more than half of it are written in order and begun anew."""

    def __init__(self, position: int, workspace: Workspace, runs: SortedRuns) -> None:
        self.position, self.workspace, self.runs = position, workspace, runs
        self.counter: Counter[bytes] = Counter()
        self.size = self.total = 0

    def add(self, batch: Batch, line: Callable[[int], int]) -> None:
        """See `Gathering.add`."""
        cells = batch.column(self.position)
        values: list[bytes] = [cell or b"" for cell in cells] if None in cells else cells  # type: ignore[assignment]  # no None
        known = len(self.counter)
        self.counter.update(values)
        self.total += len(values)
        if len(self.counter) > known:
            new = len(self.counter) - known
            self.size += new * _EACH + sum(map(len, islice(reversed(self.counter), new)))
        if self.size > self.workspace.memory // 2:
            self._spill()

    def _spill(self) -> None:
        values = list(self.counter)
        for start in range(0, len(values), _BATCH):
            some = values[start : start + _BATCH]
            self.runs.add(some, [self.counter[value].to_bytes(8) for value in some])
            self.workspace.heartbeat()
        self.counter.clear()
        self.size = 0
        if self.runs.size > self.workspace.memory // 2:
            self.runs.spill()

    def close(self) -> tuple[SortedRuns, int]:
        """See `Gathering.close`: the counts of values in order, and the number of records."""
        self._spill()
        if self.workspace.shared or self.runs.size > self.workspace.memory // 4:  # the rest is for ranking them
            self.runs.spill()
        return self.runs, self.total


class NativeCounting(Gathering):
    """The same by the kernel."""

    def __init__(self, values: ValueCounts, workspace: Workspace) -> None:
        self.values, self.workspace = values, workspace

    def add(self, batch: Batch, line: Callable[[int], int]) -> None:
        """See `Gathering.add`."""
        self.values.add(batch)
        self.workspace.heartbeat()

    def close(self) -> tuple[NativeSortedRuns, int]:
        """See `Gathering.close`: the counts of values in order, and the number of records."""
        return self.values.close(shared=self.workspace.shared)


OPERATION = Operation(
    name="frequency",
    kind="reducer",
    stateless=True,
    summary="Count how often each value of a column, or of several together, occurs.",
    purpose="Count and sum",
    words="count values how many top histogram by two columns together combinations tally",
    params=Params,
    example={"op": "frequency", "column": "email", "top": 20},
    build=build,
    columns=columns,
    spreads=lambda _: True,
)
