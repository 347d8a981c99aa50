"""profile: what each column holds."""

from __future__ import annotations

import json
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from marshmallow import Schema

from csvapi.operations.column_profile import ColumnProfile
from csvapi.operations.params import columns_field, whole
from csvapi.operations.reducing import Table
from csvapi.operations.step import Operation
from csvapi.operations.writing import wire_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csvapi.csvio.blocks import Block
    from csvapi.operations.step import Column, Context, Part, Room

_EXACT = 10_000
_PER_VALUE = 400  # bytes of memory for a value that is kept in a set and a counter
_COLUMNS = ["column", "type", "records", "empty", "distinct", "distinct_exact", "min", "max", "mean", "longest",
            "frequent", "bad", "first_bad_row", "first_bad_value"]  # fmt: skip


class Params(Schema):
    columns = columns_field(metadata={"description": "The columns to look at; without it, all."})
    top = whole("How many of the most frequent values are told; default 5.", 0)
    exact = whole("Up to how many distinct values of a column are counted exactly; default 10000.", 0)


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    return [(f"/columns/{number}", column) for number, column in enumerate(params.get("columns", ()))]


class Profile(Table):
    """One record per column. The type is the narrowest of integer, number, date, text that 95 % of its values have;
    those that do not have it are `bad`.

    `min` and `max` are of that type and exact, `mean` has 15 digits, `longest` counts characters. `distinct` is exact
    up to `exact` values, or what the memory allows, then HyperLogLog's, with a standard error of 0.81 %; `frequent` (a
    JSON object of values and counts) is told only while it is exact. One pass; memory: values up to that bound.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        super().__init__(context, _COLUMNS)
        self.before = wire_of(context)
        chosen = [context.position(column, pointer + at) for at, column in columns(params)]
        self.positions = chosen or list(range(len(context.columns)))
        self.shown = [context.columns[at] for at in self.positions]
        self.top_values, self.exact = params.get("top", 5), params.get("exact", _EXACT)

    def gather(self, room: Room, number: int) -> Gathering:
        bound = min(self.exact, room.memory // max(1, len(self.positions) * _PER_VALUE))
        return Gathering(self.positions, self.before, bound)

    def result(self, room: Room, parts: list[Part]) -> Iterator[bytes]:
        self.out = 0
        for number, name in enumerate(self.shown):
            whole_column = parts[0].state[number]
            for part in parts[1:]:
                whole_column.merge(part.state[number], part.rows)
            yield self.write([self._row(name, whole_column)])

    def _row(self, name: str, found: ColumnProfile) -> list[bytes]:
        kind = found.kind
        counted = 0 if kind in ("text", "empty") else found.records - found.empty - found.counts[kind]
        bad_row, bad = found.strangers[kind] if counted else (None, b"")
        least, most = found.extremes
        recode = (lambda cell: cell) if self.before.ordered or kind != "text" else self._from_utf8
        return [
            self.text(name), self.text(kind), b"%d" % found.records, b"%d" % found.empty,
            b"%d" % found.distinct.count, b"false" if found.distinct.registers else b"true",
            recode(least), recode(most), self.text(found.mean), b"%d" % found.longest,
            self._frequent(found), b"%d" % counted, b"" if bad_row is None else b"%d" % (bad_row + 1), bad,
        ]  # fmt: skip

    def _from_utf8(self, cell: bytes) -> bytes:
        return self.text(cell.decode("utf-8", "replace"))

    def _frequent(self, found: ColumnProfile) -> bytes:
        """Most frequent first, equal ones in the order of their bytes."""
        if found.values is None or not self.top_values:
            return b""
        most = nsmallest(self.top_values, found.values.items(), key=lambda pair: (-pair[1], pair[0]))
        told = {cell.decode(self.before.inner, "replace"): count for cell, count in most}
        return self.text(json.dumps(told, separators=(",", ":")))


class Gathering:
    def __init__(self, positions: list[int], wire: Any, bound: int) -> None:
        self.positions, self.wire = positions, wire
        self.found = [ColumnProfile(bound) for _ in positions]

    def add(self, block: Block, line: Callable[[int], int]) -> None:
        for position, found in zip(self.positions, self.found, strict=True):
            found.add(block.column(position), block.rows, self.wire)

    def close(self) -> list[ColumnProfile]:
        return self.found


OPERATION = Operation(
    name="profile",
    kind="reducer",
    summary="Tell what each column holds: type, empty and distinct values, extremes, frequent values, misfits.",
    params=Params,
    example={"op": "profile", "columns": ["age", "email"], "top": 3},
    build=Profile,
    columns=columns,
)
