"""profile: what each column holds."""

from __future__ import annotations

import json
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from marshmallow import Schema

from csvapi.csvio.indexed import IndexedBatch
from csvapi.errors import TooLarge
from csvapi.native.keys import new_secret
from csvapi.steps.column_findings import findings
from csvapi.steps.column_parts import PartsReader, PartsWriter
from csvapi.steps.column_profile import FIXED, ColumnProfile
from csvapi.steps.gathering import Gathering, Reducer
from csvapi.steps.indexed_profile import IndexedColumn, values_of
from csvapi.steps.params import columns_field, whole
from csvapi.steps.report_table import Table
from csvapi.steps.step import Operation
from csvapi.steps.writing import byte_dialect_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from csvapi.csvio.batch import Batch
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.column_parts import Written
    from csvapi.steps.gathering import Part
    from csvapi.steps.step import Column, Context

_EXACT = 10_000
_BATCH = 1_000  # records that are looked at together: each look at a column costs as much as some ten cells
_SOME = 16  # columns that are taken together, at least
_EACH = 50  # bytes of memory for a cell besides its text
_COLUMNS = ["column", "type", "records", "empty", "distinct", "distinct_exact", "min", "max", "mean", "longest",
            "frequent", "bad", "first_bad_row", "first_bad_value", "formats", "personal"]  # fmt: skip


class Params(Schema):
    """The parameters of profile."""

    columns = columns_field(metadata={"description": "The columns to look at; without it, all."})
    top = whole("How many of the most frequent values are listed; default 5.", 0, default=5)
    exact = whole("Up to how many distinct values of a column are counted exactly; default 10000.", 0, default=10_000)


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, with its pointer within the step."""
    return [(f"/columns/{number}", column) for number, column in enumerate(params.get("columns", ()))]


class Profile(Table, Reducer):
    """One record per column. The type is the narrowest of integer, number, date, text that 95 % of its values have;
    those that do not have it are `bad`.

    `min` and `max` are of that type and exact, `mean` has 15 digits and, where these are not enough, an exponent;
    `longest` counts characters. `distinct` is exact up to `exact` values that fit an eighth of the memory, then
    HyperLogLog's, with a standard error of 0.81 %; `frequent` (a JSON object of values and counts) is given only while
    it is exact.

    `formats` (a JSON list) has the formats of numbers or dates that the column seems to have, as `as` takes them, with
    the `count` of the cells that each fits `of` those that were looked at; `ambiguous` ones fit the same cells.
    `personal` (a JSON list) has the kinds of personal data that it seems to hold, with their counts and no value:
    email, phone, iban, card and the national numbers that python-stdnum calls so. Looked at are all cells where the
    distinct values are known and at most 10,000, else those with 64 of the values, chosen by a hash. Only this, what
    is exact, and what is frequent depend on the memory.

    One pass. Memory: the budget, whatever the number of columns: what is known of columns that do not fit together goes
    to the workspace, and the parts of one column after the other come together at the end. A record's fields are
    held besides.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        super().__init__(context, _COLUMNS, pointer)
        self.before = byte_dialect_of(context)
        chosen = [context.position(column, pointer + at) for at, column in columns(params)]
        self.positions = chosen or list(range(len(context.columns)))
        self.width, self.every = len(context.columns), not chosen
        self.shown = [context.columns[at] for at in self.positions]
        self.top_values, self.exact = params.get("top", 5), params.get("exact", _EXACT)

    def gather(self, workspace: Workspace, number: int) -> Profiling:
        """See `Gatherer.gather`."""
        return Profiling(self, workspace, PartsWriter(workspace.folder / f"profile-{number}"))

    def result(self, workspace: Workspace, parts: list[Part]) -> Iterator[bytes]:
        """See `Gatherer.result`: a record for each column."""
        self.out = 0
        written = [(part.state, part.rows) for part in parts]
        with PartsReader(written, self.exact, workspace.memory // 8) as reader:
            for name in self.shown:
                yield self.write([self._row(name, reader.column(workspace.heartbeat))])

    def _row(self, name: str, found: ColumnProfile) -> list[bytes]:
        formats, kinds = findings(found, self.before.decode)
        kind = found.kind
        counted = 0 if kind in ("text", "empty") else found.records - found.empty - found.counts.get(kind, 0)
        bad_row, bad = found.strangers[kind] if counted else (None, b"")
        least, most = found.extremes
        recode = (lambda cell: cell) if self.before.ordered or kind != "text" else self._from_utf8
        return [
            self.text(name), self.text(kind), b"%d" % found.records, b"%d" % found.empty,
            b"%d" % found.distinct.count, b"true" if found.distinct.exact else b"false",
            recode(least), recode(most), self.text(found.mean), b"%d" % found.longest,
            self._frequent(found), b"%d" % counted, b"" if bad_row is None else b"%d" % (bad_row + 1), bad,
            self._json(formats), self._json(kinds),
        ]  # fmt: skip

    def _json(self, found: list[dict[str, Any]]) -> bytes:
        return self.text(json.dumps(found, separators=(",", ":"))) if found else b""

    def _from_utf8(self, cell: bytes) -> bytes:
        return self.text(cell.decode("utf-8", "replace"))

    def _frequent(self, found: ColumnProfile) -> bytes:
        """Most frequent first, equal ones in the order of their bytes."""
        if not found.distinct.exact or not self.top_values:
            return b""
        most = nsmallest(self.top_values, found.distinct.values.items(), key=lambda pair: (-pair[1], pair[0]))
        size = sum(len(cell) for cell, _ in most)
        if size > self.bound.limit:
            limit = self.bound.limit
            detail = f"The frequent values of a column take {size} bytes; the limit for a record is {limit}."
            raise TooLarge(f"{detail} Ask for fewer with top.", pointer=f"{self.bound.pointer}/top", limit=limit)
        told = {cell.decode(self.before.inner, "replace"): count for cell, count in most}
        return self.text(json.dumps(told, separators=(",", ":")))


class Profiling(Gathering):
    """Profiles of all columns, where those fit into half of the memory; else one after the other over some records."""

    def __init__(self, profile: Profile, workspace: Workspace, parts: PartsWriter) -> None:
        self.profile, self.workspace, self.parts = profile, workspace, parts
        self.few = len(profile.positions) * FIXED <= workspace.memory // 4
        self.profiles = self._new() if self.few else []
        self.records: list[bytes | list[bytes | None]] = []  # as text where its fields lie between delimiters
        self.rows: list[int] = []
        self.size = 0
        fast = self.few and workspace.native
        most = values_of(profile.exact, workspace.memory // 8, len(profile.positions)) if fast else 0
        secret = new_secret()
        self.indexed = [
            IndexedColumn(each, at, most, secret, profile.before)
            for each, at in zip(self.profiles, profile.positions, strict=False)
            if most
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
        return [ColumnProfile(self.profile.exact) for _ in self.profile.positions]

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
        found = ColumnProfile(self.profile.exact)
        found.add(cells, self.rows, self.profile.before)
        return found


OPERATION = Operation(
    name="profile",
    kind="reducer",
    stateless=True,
    summary="Tell what each column holds: type, empty and distinct values, extremes, frequent values, misfits.",
    purpose="Look and check",
    words="summary statistics inspect types personal data quality missing",
    params=Params,
    example={"op": "profile", "columns": ["age", "email"], "top": 3},
    build=Profile,
    columns=columns,
    spreads=lambda _: True,
)
