"""transpose: columns become records, and records columns."""

from __future__ import annotations

import marshal
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from marshmallow import Schema

from csvapi.errors import TooLarge
from csvapi.spill.record_sort import pairs, sorter
from csvapi.steps.gathering import Gathering, Reducer
from csvapi.steps.grouped import SHARE
from csvapi.steps.growth import batches
from csvapi.steps.step import Operation
from csvapi.steps.writing import Written, encoded, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csvapi.csvio.batch import Batch
    from csvapi.spill.external_sort import SortedRuns
    from csvapi.spill.record_sort import NativeSortedRuns
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.gathering import Part
    from csvapi.steps.step import Context, Counts

MOST_RECORDS = 100_000  # each becomes a column
MOST_CELLS = 20_000_000
_EACH = 60  # bytes of memory for a cell besides its text
_NUMBER = 4  # bytes of the number of a column, of a range, and of a piece
_VERSION = 2  # of marshal


class Params(Schema):
    """The parameters of transpose."""


class Transpose(Written, Reducer):
    """The first column becomes the header, and every other one a record that begins with the column's name; done twice,
    the values are those of the file again. A file without a header becomes one without.

    An absent field is an empty one; fields beyond the header go, and are counted as `beyond_header`. At most 100,000
    records and 20,000,000 cells; more raise `TooLarge`. Names that repeat are kept. The steps after it are checked when
    it has run. One pass. Memory: the budget, then the workspace; and one record of the result.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        super().__init__(context, context.columns[:1], pointer)
        self.titles = [encoded(name, self.byte_dialect) for name in context.columns] if context.header else []
        self.width, self.unnamed = len(context.columns), self.after
        self.out = self.beyond = 0

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """See `Headed.head`: the names come with the result."""
        if self.titles and len(fields) == self.width:
            self.titles = fields  # their own bytes
        return fields, b""

    def check(self, count: int) -> None:
        """Raise `TooLarge` for more records than may become columns."""
        limit = min(MOST_RECORDS, MOST_CELLS // self.width)
        if count > limit:
            detail = (
                f"Each record would become a column, and of a file with {self.width} columns at most {limit} records "
                "can; keep fewer with a filter or a slice before it."
            )
            raise TooLarge(detail, pointer=self.bound.pointer, limit=limit)

    def gather(self, workspace: Workspace, number: int) -> Turning:
        """See `Gatherer.gather`."""
        return Turning(self, workspace, number)

    def result(self, workspace: Workspace, parts: list[Part]) -> Iterator[bytes]:
        """See `Gatherer.result`: one column after the other."""
        total, self.beyond, self.out = 0, 0, 0
        for part in parts:
            total, self.beyond = total + part.state[1], self.beyond + part.state[2]
        self.check(total)
        columns = self._columns([part.state[0] for part in parts], total, workspace)
        if self.unnamed.header:
            yield self._named(next(columns))
        else:
            self.after = replace(self.unnamed, columns=[f"column_{number}" for number in range(1, total + 1)])
            yield self.byte_dialect.bom
        for cells in columns:
            self.bound.check(sum(map(len, cells)) + len(cells), self.out)
            (line,) = records([cells], self.byte_dialect)
            self.bound.check(len(line), self.out)
            self.out += 1
            yield self.byte_dialect.restore(line)

    def _named(self, names: list[bytes]) -> bytes:
        """Header and byte order mark, once the first column is whole."""
        self.bound.check_header(sum(map(len, names)) + len(names))
        self.after = replace(self.unnamed, columns=[self.byte_dialect.decode(name) for name in names])
        return self.top(names)[1]

    def _columns(
        self, parts: list[SortedRuns | NativeSortedRuns], total: int, workspace: Workspace
    ) -> Iterator[list[bytes]]:
        """The cells of each column, its name before them."""
        above = [[title] for title in self.titles] or [[] for _ in range(self.width)]
        if not total:
            yield from (cells for cells in above if cells)
            return
        pieces = pairs(parts, replace(workspace, memory=workspace.memory // SHARE))
        for cells, (_, found) in zip(above, groupby(pieces, lambda piece: piece[0][:_NUMBER]), strict=True):
            size = 0
            for _, piece in found:
                size += len(piece)
                self.bound.check(size - 5 * (len(cells) + 1), self.out)
                cells += marshal.loads(piece)  # noqa: S302  we made it ourselves
            workspace.heartbeat()
            yield cells

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"out": self.out, **({"beyond_header": self.beyond} if self.beyond else {})}


class Turning(Gathering):
    """Takes the records of one range, and puts pieces of columns in the order of these: of some records each time."""

    def __init__(self, transpose: Transpose, workspace: Workspace, number: int) -> None:
        self.transpose, self.workspace = transpose, workspace
        self.range = number.to_bytes(_NUMBER)
        self.runs = sorter(replace(workspace, memory=workspace.memory // SHARE), f"columns-{number}")
        self.rows: list[list[bytes]] = []
        self.size = self.total = self.beyond = self.piece = 0

    def add(self, batch: Batch, line: Callable[[int], int]) -> None:
        """See `Gathering.add`."""
        width, most = self.transpose.width, self.workspace.memory // SHARE
        self.total += len(batch)
        self.transpose.check(self.total)
        for number in range(len(batch)):
            fields = batch.fields(number)
            self.beyond += len(fields) > width
            self.rows.append([*fields[:width], *[b""] * (width - len(fields))])
            self.size += _EACH * width + sum(map(len, fields))
            if self.size > most:
                self._write()
        self.workspace.heartbeat()

    def _write(self) -> None:
        tail = self.range + self.piece.to_bytes(_NUMBER)
        entries = (
            (number.to_bytes(_NUMBER) + tail, marshal.dumps(cells, _VERSION))
            for number, cells in enumerate(zip(*self.rows, strict=True))
        )
        for keys, pieces in batches(entries, self.workspace.memory // SHARE):
            self.runs.add(keys, pieces)
            self.workspace.heartbeat()
        self.rows, self.size, self.piece = [], 0, self.piece + 1

    def close(self) -> tuple[SortedRuns | NativeSortedRuns, int, int]:
        """See `Gathering.close`: the pieces, and how many records there are, and how many of them have more fields."""
        self._write()
        if self.workspace.shared:
            self.runs.spill()
        return self.runs, self.total, self.beyond


OPERATION = Operation(
    name="transpose",
    kind="reducer",
    stateless=True,
    summary="Make records of the columns and columns of the records.",
    purpose="Change the shape",
    words="swap rows columns turn",
    params=Params,
    example={"op": "transpose"},
    build=Transpose,
    names_from_data=True,
    spreads=lambda _: True,
)
