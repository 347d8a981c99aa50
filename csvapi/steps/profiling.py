"""What `profile` gathers of the records of a range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from csvapi.csvio.indexed import IndexedBatch
from csvapi.native.keys import new_secret
from csvapi.steps.column_profile import FIXED, ColumnProfile
from csvapi.steps.gathering import Gathering
from csvapi.steps.indexed_profile import IndexedColumn, buckets_of, values_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from csvapi.csvio.batch import Batch
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.column_parts import PartsWriter, Written

_BATCH = 1_000  # records that are looked at together: each look at a column costs as much as some ten cells
_SOME = 16  # columns that are taken together, at least
_EACH = 50  # bytes of memory for a cell besides its text


class Wanted(Protocol):
    """Which columns, of a table of so many, are looked at: `every` one or those at the positions; with a histogram
    unless `bins` is 0."""

    before: ByteDialect
    positions: list[int]
    width: int
    every: bool
    exact: int
    bins: int

    def new_column(self) -> ColumnProfile:
        """What is to be known of a column of which nothing is known yet."""


class Profiling(Gathering):
    """Profiles of all columns, where those fit into half of the memory; else one after the other over some records."""

    def __init__(self, profile: Wanted, workspace: Workspace, parts: PartsWriter) -> None:
        self.profile, self.workspace, self.parts = profile, workspace, parts
        self.few = len(profile.positions) * FIXED <= workspace.memory // 4
        self.profiles = self._new() if self.few else []
        self.records: list[bytes | list[bytes | None]] = []  # as text where its fields lie between delimiters
        self.rows: list[int] = []
        self.size = 0
        self.indexed = self._indexed() if self.few and workspace.native else []

    def _indexed(self) -> list[IndexedColumn]:
        """The columns for the kernel; none where there is too little memory."""
        profile, memory, secret = self.profile, self.workspace.memory // 8, new_secret()
        most = values_of(profile.exact, memory, len(self.profiles))
        buckets = buckets_of(memory, len(self.profiles)) if profile.bins else 0
        if not most or bool(buckets) != bool(profile.bins):
            return []
        return [
            IndexedColumn(each, at, most, buckets, secret, profile.before)
            for each, at in zip(self.profiles, profile.positions, strict=True)
        ]

    def add(self, batch: Batch, line: Callable[[int], int]) -> None:
        """See `Gathering.add`."""
        if self.indexed and isinstance(batch, IndexedBatch):
            for column in self.indexed:
                column.add(batch)
            self._make_room()
            return
        if self.few and len(batch) >= _BATCH:
            self._look()
            self._into([batch.column(at) for at in self.profile.positions], batch.rows)
            return
        for number, row in enumerate(batch.rows):
            if self.profile.every and number not in batch.parsed_fields:
                record: bytes | list[bytes | None] = batch.line_texts[number]
                self.size += _EACH
            else:
                record = self._fields(batch, number)
                self.size += _EACH * len(record)
            self.records.append(record)
            self.rows.append(row)
            self.size += len(batch.line_texts[number])
            if self.size >= self.workspace.memory // 4:
                self._look()
        if len(self.rows) >= _BATCH:
            self._look()

    def close(self) -> Written:
        """See `Gathering.close`: the file that has the profiles."""
        self._look()
        if self.profiles:
            self._put_down()
        return self.parts.written

    def _new(self) -> list[ColumnProfile]:
        return [self.profile.new_column() for _ in self.profile.positions]

    def _fields(self, batch: Batch, number: int) -> list[bytes | None]:
        """The cells of the chosen columns, None for those the record does not have."""
        fields: list[bytes | None] = [*batch.fields(number)]
        fields += [None] * (self.profile.width - len(fields))
        return fields if self.profile.every else [fields[at] for at in self.profile.positions]

    def _look(self) -> None:
        """Add the records held so far to the profiles."""
        if self.few:
            self._into(self._columns(), self.rows)
        elif self.rows:
            self.parts.add(map(self._seen, self._columns()))
        self.records, self.rows, self.size = [], [], 0

    def _into(self, columns: Iterable[Sequence[bytes | None]], rows: Sequence[int]) -> None:
        for each, cells in zip(self.profiles, columns, strict=False):
            each.add(cells, rows, self.profile.before)
        self._make_room()

    def _make_room(self) -> None:
        if sum(each.size for each in self.profiles) > self.workspace.memory // 2:
            self._put_down()
            self.profiles = self._new()
            for column, each in zip(self.indexed, self.profiles, strict=False):
                column.begin(each)

    def _put_down(self) -> None:
        for column in self.indexed:
            column.flush()
        self.parts.add(self.profiles)

    def _columns(self) -> Iterator[tuple[bytes | None, ...]]:
        """The cells of each column; those beyond the header are in none."""
        width = len(self.profile.positions)
        some = max(_SOME, self.workspace.memory // (8 * _EACH * max(1, len(self.rows))))
        for start in range(0, width, some):
            self.workspace.heartbeat()
            parts = [self._taken(number, start, min(some, width - start)) for number in range(len(self.rows))]
            yield from zip(*parts, strict=True)

    def _taken(self, number: int, start: int, count: int) -> list[bytes | None]:
        """The next fields of a record; of its text only what follows them is kept."""
        record = self.records[number]
        if isinstance(record, list):
            fields = record[start : start + count]
        else:
            fields = [*record.split(self.profile.before.delimiter, count)]
            self.records[number] = fields.pop() or b"" if len(fields) > count else []
        return fields + [None] * (count - len(fields))

    def _seen(self, cells: tuple[bytes | None, ...]) -> ColumnProfile:
        found = self.profile.new_column()
        found.add(cells, self.rows, self.profile.before)
        return found
