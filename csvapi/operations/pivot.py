"""pivot: the values of a column become columns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.errors import TooLarge
from csvapi.native.crossing import Crossing
from csvapi.spill.record_sort import NativeSortedRuns, pairs, sorter
from csvapi.steps.aggregate_params import (
    Sources,
    aggregate_alternatives,
    aggregate_field,
    as_field,
    check,
    separator_field,
)
from csvapi.steps.gathering import Gathering, Reducer
from csvapi.steps.group_keys import cells_of, parts_of
from csvapi.steps.grouped import SHARE, Grouping, row_of
from csvapi.steps.growth import CELLS, KEY_COLUMNS, batches
from csvapi.steps.native_figures import style_of
from csvapi.steps.native_groups import finished, finished_items, gathering
from csvapi.steps.near_values import NearValues
from csvapi.steps.new_names import numbered
from csvapi.steps.params import ColumnField
from csvapi.steps.pivot_rows import NativeRows, Row, crossed_lines, written
from csvapi.steps.report_table import Table
from csvapi.steps.step import Operation
from csvapi.steps.writing import byte_dialect_of, encoded, records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.spill.external_sort import SortedRuns
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.gathering import Part
    from csvapi.steps.step import Column, Context

MOST = 10_000  # columns that values become


def _few(description: str, **options: Any) -> fields.List[Any]:
    length = validate.Length(min=1, max=KEY_COLUMNS, error="must name 1 to {max} columns.")
    return fields.List(ColumnField(), validate=length, metadata={"description": description}, **options)


class Params(Schema):
    """The parameters of pivot."""

    index = _few("Records with equal values in these columns become one; without it, all do.")
    columns = _few("The columns whose values become columns; values of several are joined with _.", required=True)
    values = ColumnField(metadata={"description": "The column whose values stand below; count can do without."})
    aggregate = aggregate_field(required=True)
    as_ = as_field()
    separator = separator_field()

    alternatives = aggregate_alternatives("values")

    @validates_schema
    def fits(self, data: dict[str, Any], **_: object) -> None:
        """Refuse what the aggregate does not take."""
        check(data)
        if "values" not in data and data["aggregate"] != "count":
            raise ValidationError(f"{data['aggregate']} needs a column.", "values")


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, with its pointer within the step."""
    named = [(f"/{of}/{i}", column) for of in ("index", "columns") for i, column in enumerate(params.get(of, ()))]
    return named + ([("/values", params["values"])] if "values" in params else [])


class Pivot(Table, Reducer):
    """A record for each combination of values in `index`, in the order of their first records, and a column for each of
    those in `columns`, in the order of theirs. A combination of both that there is not is empty.

    What stands in a cell is the aggregate of `values`, with the rules of `group`. A name that is another column's gets
    a number (`name_2`). At most 10,000 columns; more raise `TooLarge`. The steps after it are checked when it has run.
    One pass. Memory: as `group`, and the names of the new columns; one record is held besides.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        named = {at: context.position(column, pointer + at) for at, column in columns(params)}
        self.index = [position for at, position in named.items() if at.startswith("/index/")]
        self.across = [position for at, position in named.items() if at.startswith("/columns/")]
        super().__init__(context, [context.columns[position] for position in self.index], pointer)
        sources = Sources(context)
        aggregate = sources.aggregate(params, named.get("/values"), self.bound)
        self.delimiter = byte_dialect_of(context).delimiter
        self.grouping = Grouping([self.index, self.across], sources.found, [aggregate], self.bound, self.delimiter)
        across = [context.columns[position] for position in self.across]
        self.near = NearValues.of("records", self.after.columns, self.byte_dialect)
        self.near_across = NearValues.of("new columns", across, self.byte_dialect)
        self.remarks = [*sources.remarks, self.near, self.near_across]
        self.unnamed, self.names_size = self.after, 0

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """See `Headed.head`: the names come with the result."""
        return fields, b""

    def gather(self, workspace: Workspace, number: int) -> Gathering:
        """See `Gatherer.gather`."""
        return gathering(self.grouping, workspace, number)

    def result(self, workspace: Workspace, parts: list[Part]) -> Iterator[bytes]:
        """See `Gatherer.result`: records of cells with the numbers of their columns, then in their order."""
        self.out = self.names_size = 0
        share = replace(workspace, memory=workspace.memory // SHARE)
        ordered = sorter(share, "ordered")
        found: dict[bytes, list[int]] = {}  # for each new column its number as it was met, and its first record
        native = self.grouping.native if isinstance(ordered, NativeSortedRuns) else None
        if native and isinstance(ordered, NativeSortedRuns):
            self._cross(finished_items(parts, self.grouping, native, workspace), ordered, found, parts)
        for firsts, rows in () if native else batches(self._rows(workspace, parts, found), share.memory):
            ordered.add(firsts, rows)
            workspace.heartbeat()
        new = sorted(found, key=lambda each: found[each][1])
        yield self._named(new)
        places = {found[each][0]: place for place, each in enumerate(new, start=len(self.index))}
        if native and isinstance(ordered, NativeSortedRuns):
            table = self._crossed(ordered, share, places, parts)
        else:
            table = self._written(ordered, share, places, parts)
        yield from map(self.byte_dialect.restore, self.near.through(table))

    def _cross(
        self, groups: Iterator[bytes], ordered: NativeSortedRuns, found: dict[bytes, list[int]], parts: list[Part]
    ) -> None:
        """Have the kernel put rows together."""

        def new(name: bytes, order: int) -> None:
            found[name] = self._column(len(found), order, name)

        def long(size: int, order: int) -> None:
            self.bound.check(size, row_of(parts, order))

        rows = NativeRows(Crossing(MOST, self.bound.limit), new, long)
        for each in groups:
            rows.add(each, ordered)
        rows.end(ordered)
        for column, first in zip(found.values(), rows.table.firsts, strict=True):
            column[1] = first

    def _crossed(
        self, ordered: NativeSortedRuns, share: Workspace, places: dict[int, int], parts: list[Part]
    ) -> Iterator[bytes]:
        """The records of rows that the kernel put together."""
        lines = crossed_lines(len(self.index), places, style_of(self.byte_dialect), self.bound.limit)
        for count, text in written(ordered, share, lines, lambda row: self._lines([row], places, parts)[0]):
            self.out += count
            yield text

    def _named(self, new: list[bytes]) -> bytes:
        """Header and byte order mark, once the columns are known."""
        decode, context = self.byte_dialect.decode, self.unnamed
        values = [cells_of(each, self.delimiter, len(self.across)) for each in new]
        self.near_across.begin()
        self.near_across.take(values)
        names = ["_".join(map(decode, cells)) for cells in values]
        self.bound.check_names([*context.columns, *names])
        names = numbered([*context.columns, *names])
        self.bound.check_names(names)
        self.after = replace(context, columns=names)
        return self.top([encoded(name, self.byte_dialect) for name in names])[1]

    def _rows(
        self, workspace: Workspace, parts: list[Part], found: dict[bytes, list[int]]
    ) -> Iterator[tuple[bytes, bytes]]:
        """For each record of the result the place of its first one, and its cells."""
        row, size = Row(b""), 0
        for key, order, cell in finished(parts, self.grouping, workspace):
            index, across = parts_of(key)
            if index != row.index:
                if row.cells:
                    yield row.packed()
                row, size = Row(index), 0
            known = found.get(across)
            if known is None:
                known = found[across] = self._column(len(found), order, across)
            elif order < known[1]:
                known[1] = order
            if order < row.first:
                row.first = order
            row.numbers.append(known[0])
            row.cells.append(cell)
            size += len(cell) + 1
            if size > self.bound.limit:
                self.bound.check(size, row_of(parts, order))
        if row.cells:
            yield row.packed()

    def _column(self, number: int, first: int, name: bytes) -> list[int]:
        """A new column. Raises `TooLarge` where there may be no more, or no more names."""
        self.names_size += len(name) + 1
        self.bound.check_header(self.names_size)
        if number < MOST:
            return [number, first]
        detail = (
            f"columns: there are more than {MOST} different values, and each would become a column; drop some with a "
            "filter before it, or use group, which makes records of them."
        )
        raise TooLarge(detail, pointer=f"{self.bound.pointer}/columns", limit=MOST)

    def _written(
        self, ordered: SortedRuns | NativeSortedRuns, share: Workspace, places: dict[int, int], parts: list[Part]
    ) -> Iterator[bytes]:
        some = max(1, CELLS // (len(self.index) + len(places) or 1))
        for _, packed in batches(pairs([ordered], share), share.memory):
            for start in range(0, len(packed), some):
                lines = self._lines([*map(Row.unpacked, packed[start : start + some])], places, parts)
                self.out += len(lines)
                yield b"".join(lines)
                share.heartbeat()

    def _lines(self, packed: list[Row], places: dict[int, int], parts: list[Part]) -> list[bytes]:
        """Records of the result. Raises `TooLarge` for one that is longer than it may."""
        rows = []
        for each in packed:
            row = cells_of(each.index, self.delimiter, len(self.index)) + [b""] * len(places)
            for number, cell in zip(each.numbers, each.cells, strict=True):
                row[places[number]] = cell
            self._check(sum(map(len, row)) + len(row), each.first, parts)
            rows.append(row)
        lines = records(rows, self.byte_dialect)
        for line, each in zip(lines, packed, strict=True):
            self._check(len(line), each.first, parts)
        return lines

    def _check(self, size: int, first: int, parts: list[Part]) -> None:
        if size > self.bound.limit:
            self.bound.check(size, row_of(parts, first))


OPERATION = Operation(
    name="pivot",
    kind="reducer",
    stateless=True,
    summary="Make columns of the values of a column, with an aggregate of another in their cells.",
    purpose="Change the shape",
    words="crosstab wide columns matrix",
    params=Params,
    example={"op": "pivot", "index": ["email"], "columns": ["age"], "values": "id", "aggregate": "count"},
    build=Pivot,
    columns=columns,
    names_from_data=True,
    spreads=lambda _: True,
)
