"""group: one record for each group of records, with what is made of the group."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, pre_load, validate, validates_schema

from csvapi.spill.record_sort import NativeSortedRuns, in_order, sorter
from csvapi.spill.shares import in_shares
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
from csvapi.steps.grouped import SHARE, Grouping, grouped
from csvapi.steps.groups_of_one import GroupsOfOne
from csvapi.steps.growth import KEY_COLUMNS, Bound
from csvapi.steps.native_figures import style_of
from csvapi.steps.native_groups import NativeMerge, gathering
from csvapi.steps.near_values import NearValues
from csvapi.steps.new_names import check_new
from csvapi.steps.params import ColumnField
from csvapi.steps.report_table import Table
from csvapi.steps.step import Operation
from csvapi.steps.writing import byte_dialect_of, records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.spill.shares import Runs
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.gathering import Part
    from csvapi.steps.grouped import GroupState
    from csvapi.steps.step import Column, Context, Counts

_TOGETHER = 500  # records that are written at once


class Aggregate(Schema):
    """One column that is made of each group."""

    aggregate = aggregate_field(required=True)
    column = ColumnField(metadata={"description": "The column it is made of; without it, count counts records."})
    as_ = as_field()
    separator = separator_field()
    name = fields.String(
        validate=validate.Length(min=1, error="must not be empty."),
        metadata={"description": "The name of the new column; without it, the column's, _ and the aggregate's."},
    )

    alternatives = aggregate_alternatives("column", "name")

    @validates_schema
    def fits(self, data: dict[str, Any], **_: object) -> None:
        """Refuse what the aggregate does not take."""
        check(data)
        if "column" not in data and data["aggregate"] != "count":
            raise ValidationError(f"{data['aggregate']} needs a column.", "column")


class Params(Schema):
    """The parameters of group."""

    by = fields.List(
        ColumnField(),
        validate=validate.Length(min=1, max=KEY_COLUMNS, error="must name 1 to {max} columns."),
        metadata={"description": "Records with equal values in these columns are a group; without it, all are one."},
    )
    aggregates = fields.List(
        fields.Nested(Aggregate),
        validate=validate.Length(min=1, max=KEY_COLUMNS, error="must name 1 to {max} aggregates."),
        metadata={"description": 'What is made of each group, as objects or as "sum:amount"; without it, a count.'},
    )

    @pre_load
    def short(self, data: Any, **_: object) -> Any:
        """A text is the name of an aggregate and, behind a colon, a column."""
        if isinstance(data, dict) and isinstance(data.get("aggregates"), list):
            return {**data, "aggregates": [_spelt_out(each) for each in data["aggregates"]]}
        return data


def _spelt_out(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    name, colon, column = given.partition(":")
    return {"aggregate": name, **({"column": column} if colon else {})}


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, with its pointer within the step."""
    by = [(f"/by/{number}", column) for number, column in enumerate(params.get("by", ()))]
    return by + [(f"/aggregates/{i}/column", each["column"]) for i, each in _aggregates(params) if "column" in each]


def _aggregates(params: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    return list(enumerate(params.get("aggregates", [{"aggregate": "count"}])))


class Group(Table, Reducer):
    """In order of the groups' first records. Values in `by` are equal as text; an absent one is an empty one.

    Empty cells are left out: `count` of a column counts the others, `count_distinct` their different texts, `first`
    and `last` are the first and last that is not empty, and what is made of none is empty (a count is 0). `sum` is
    exact and has all its digits, `mean` has 15; `min` and `max` are cells as they are written, of equal ones the first.
    What is no number (no date, with `as`) is left out, too; how many cells that are, the empty ones among them, is a
    warning, and so is that every group is a single record. A file without records gives none.

    One pass. Memory: the budget, whatever the number of groups or of different values; beyond it what is known of the
    groups is written to the workspace in the order of their values and put together at the end. One record of the
    result is held besides; raises `TooLarge` for one, as with `join`, that is longer than a record may be.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        named = {at: context.position(column, pointer + at) for at, column in columns(params)}
        self.by = [position for at, position in named.items() if at.startswith("/by/")]
        names = [context.columns[position] for position in self.by]
        sources, aggregates = Sources(context), []
        for number, given in _aggregates(params):
            at = f"/aggregates/{number}"
            position = named.get(f"{at}/column")
            name = given["aggregate"] if position is None else f"{context.columns[position]}_{given['aggregate']}"
            names.append(check_new(given.get("name", name), names, f"{pointer}{at}/name"))
            aggregates.append(sources.aggregate(given, position, Bound(context.max_record, pointer + at)))
        super().__init__(context, names, pointer)
        delimiter = byte_dialect_of(context).delimiter
        single = [GroupsOfOne.of(names[: len(self.by)])] if len(self.by) and not context.partial else []
        self.grouping = Grouping([self.by], sources.found, aggregates, self.bound, delimiter, *single)
        self.near = NearValues.of("groups", names[: len(self.by)], self.byte_dialect)
        self.remarks = [*sources.remarks, *single, self.near]
        self.single = single

    def gather(self, workspace: Workspace, number: int) -> Gathering:
        """See `Gatherer.gather`."""
        return gathering(self.grouping, workspace, number)

    def result(self, workspace: Workspace, parts: list[Part]) -> Iterator[bytes]:
        """See `Gatherer.result`: the records of the groups, put in the order of their first records."""
        found = in_shares([part.state for part in parts], workspace, partial(self._finished, parts))
        self.out = sum(count for _, count in found)
        for remark in self.single:
            remark.groups = self.out
        for some in self.near.through(in_order([ordered for ordered, _ in found], workspace)):
            yield self.byte_dialect.restore(some)

    def _finished(self, parts: list[Part], runs: Sequence[Runs], workspace: Workspace, number: int) -> tuple[Runs, int]:
        """The records of the groups in some runs, by the order of the first record of each, and how many they are."""
        parts = [replace(part, state=each) for part, each in zip(parts, runs, strict=True)]
        share = replace(workspace, memory=workspace.memory // SHARE)
        ordered, out = sorter(share, f"ordered-{number}"), 0
        style = style_of(self.byte_dialect) if self.grouping.native else None
        merge = NativeMerge.of_records(self.grouping, style, parts, workspace) if workspace.native and style else None
        if merge and isinstance(ordered, NativeSortedRuns):
            found = merge.odd(ordered)
        else:
            found = grouped(parts, self.grouping, workspace)
        for firsts, lines in self._lines(found, parts, share.memory):
            ordered.add(firsts, lines)
            out += len(lines)
            workspace.heartbeat()
        if workspace.shared:
            ordered.free()
        return ordered, out + (merge.lines.lines if merge else 0)

    def _lines(
        self, found: Iterator[tuple[bytes, GroupState]], parts: list[Part], most: int
    ) -> Iterator[tuple[list[bytes], list[bytes]]]:
        """Records of groups, each with the order of the group's first one; some at a time, of about `most` bytes."""
        rows: list[list[bytes]] = []
        groups: list[GroupState] = []
        size = 0
        for order, group in found:
            (key,) = parts_of(order)
            row = cells_of(key, self.grouping.delimiter, len(self.by))
            rows.append(row + group.cells(self.grouping.aggregates))
            groups.append(group)
            length = sum(map(len, rows[-1])) + len(rows[-1])
            self.bound.check(length, group.row(parts))
            size += length
            if len(rows) >= _TOGETHER or size >= most // SHARE:
                yield self._written(rows, groups, parts)
                rows, groups, size = [], [], 0
        yield self._written(rows, groups, parts)

    def _written(
        self, rows: list[list[bytes]], groups: list[GroupState], parts: list[Part]
    ) -> tuple[list[bytes], list[bytes]]:
        lines = records(rows, self.byte_dialect)
        if max(map(len, lines), default=0) > self.bound.limit:
            for line, group in zip(lines, groups, strict=True):
                self.bound.check(len(line), group.row(parts))
        return [group.first.to_bytes(8) for group in groups], lines

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"out": self.out}


OPERATION = Operation(
    name="group",
    kind="reducer",
    stateless=True,
    summary="Make one record of each group of records: counts, sums, means, extremes, values joined.",
    purpose="Count and sum",
    words="group by sum total average per month customer aggregate",
    params=Params,
    example={
        "op": "group",
        "by": ["age"],
        "aggregates": [{"aggregate": "count"}, {"aggregate": "max", "column": "id", "name": "newest"}],
    },
    build=Group,
    columns=columns,
    spreads=lambda _: True,
)
