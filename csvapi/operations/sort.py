"""sort: the records in the order of one or several columns."""

from __future__ import annotations

from itertools import starmap
from operator import add
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, pre_load, validate, validates_schema

from csvapi.csvio.indexed import IndexedBatch
from csvapi.native.comparing import pack
from csvapi.native.sorting import KeyColumn, unsure_numbers
from csvapi.spill.record_sort import NativeSortedRuns, in_order, sorter
from csvapi.steps.asked import not_comparable, note
from csvapi.steps.currencies import currencies
from csvapi.steps.gathering import Gathering, Sorter
from csvapi.steps.growth import KEY_COLUMNS
from csvapi.steps.params import COLUMN, ColumnField, ShapedField, choice, flag
from csvapi.steps.sort_keys import KeyPart
from csvapi.steps.step import Operation
from csvapi.steps.values import AsField, format_of
from csvapi.steps.writing import byte_dialect_of, movable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csvapi.csvio.batch import Batch
    from csvapi.spill.external_sort import SortedRuns
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.gathering import Part
    from csvapi.steps.step import Column, Context, Counts

    State = tuple[SortedRuns | NativeSortedRuns, dict[str, int]]


_AS = "What values are compared as; default text. Or a format of numbers or dates."


class By(Schema):
    """One column to sort by."""

    column = ColumnField(required=True, metadata={"description": "The column."})
    as_ = AsField("text", "number", "date", data_key="as", attribute="as", metadata={"description": _AS})
    order = choice("asc", "desc", description="Smallest or largest first; default asc.", default="asc")
    empty = choice("first", "last", description="Where records without such a value go; default last.", default="last")
    ignore_case = flag("Compare text without regard to case.")
    ignore_accents = flag("Compare text without regard to accents: é as e.")
    natural = flag("Compare runs of digits in text as numbers: file2 before file10.")

    @validates_schema
    def of_text(self, data: dict[str, Any], **_: object) -> None:
        """Refuse what means nothing to numbers and dates."""
        for name in ("ignore_accents", "natural"):
            if data.get(name) and data.get("as", "text") != "text":
                raise ValidationError("is for text; leave it out, or as.", name)


_BY: dict[str, Any] = {"oneOf": [COLUMN, {"$ref": By}]}


class ByField(ShapedField, fields.Nested):
    """A column to sort by; its name or position alone will do."""

    shape = _BY


class Params(Schema):
    """The parameters of sort."""

    by = fields.List(
        ByField(By),
        required=True,
        validate=[
            validate.Length(min=1, error="must name at least one column."),
            validate.Length(max=KEY_COLUMNS, error="must name at most {max} columns."),
        ],
        metadata={"description": 'Columns in order of weight: names, or {"column", "as", "order", "empty"}.'},
    )

    @pre_load
    def names(self, data: Any, **_: object) -> Any:
        """A name alone, or a position, stands for a column with nothing else said."""
        if isinstance(data, dict) and isinstance(data.get("by"), list):
            return {**data, "by": [{"column": by} if _is_column(by) else by for by in data["by"]]}
        return data


def _is_column(value: Any) -> bool:
    try:
        ColumnField().deserialize(value)
    except ValidationError:
        return False
    return True


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, with its pointer within the step."""
    return [(f"/by/{number}/column", by["column"]) for number, by in enumerate(params["by"])]


class Sort(Sorter):
    """Stable; text by code point, numbers exactly, dates as moments. The records keep their bytes. `natural` compares
    runs of the digits 0 to 9 as whole numbers, without their leading zeros, and the text around them as text.

    Numbers may have leading zeros and outer spaces; NaN and INF are none. What is empty or no number or date goes to
    one end, in the order of the file.

    One pass that makes sorted runs, one over these to merge them; memory: the budget, then the workspace.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.after, self.byte_dialect = context, byte_dialect_of(context)
        self.parts = [self._part(by, pointer + at) for (at, _), by in zip(columns(params), params["by"], strict=True)]
        self.remarks = [remark for part in self.parts for remark in part.remarks]
        self.bad: dict[str, int] = {}

    def _part(self, by: dict[str, Any], pointer: str) -> KeyPart:
        position, form = self.after.position(by["column"], pointer), format_of(by.get("as", "text"))
        name = self.after.columns[position]
        return KeyPart(
            position,
            form,
            descending=by.get("order") == "desc",
            empty_first=by.get("empty") == "first",
            ignore=tuple(name for name in ("case", "accents") if by.get(f"ignore_{name}")),
            natural=by.get("natural", False),
            asked=not_comparable(name, [form.kind], self.byte_dialect) if form else None,
            currencies=currencies(name, form, self.byte_dialect),
        )

    @property
    def key_columns(self) -> list[KeyColumn] | None:
        """The columns as the kernel makes keys of them; None where only Python can."""
        if not all(part.plain(self.byte_dialect) for part in self.parts):
            return None
        return [KeyColumn(part.position, part.number, part.descending, part.empty_first) for part in self.parts]

    def gather(self, workspace: Workspace, number: int) -> Sorting:
        """See `Gatherer.gather`."""
        return Sorting(self, workspace, sorter(workspace, f"sort-{number}"))

    def result(self, workspace: Workspace, parts: list[Part]) -> Iterator[bytes]:
        """Runs of all ranges, in the order of the ranges, which keeps the sort stable."""
        self.count([self.counted(part.state) for part in parts])
        for records in in_order([self.runs(part.state) for part in parts], workspace):
            yield self.restored(records)

    def runs(self, state: State) -> SortedRuns | NativeSortedRuns:
        """See `Sorter.runs`."""
        return state[0]

    def counted(self, state: State) -> dict[str, int]:
        """See `Sorter.counted`: how many cells are no number or date, by column."""
        return state[1]

    def count(self, counted: list[dict[str, int]]) -> None:
        """See `Sorter.count`."""
        self.bad = {}
        for bad in counted:
            for at, count in bad.items():
                self.bad[at] = self.bad.get(at, 0) + count

    def restored(self, records: bytes) -> bytes:
        """See `Sorter.restored`."""
        return self.byte_dialect.restore(records)

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"not_comparable": self.bad} if self.bad else {}


class Sorting(Gathering):
    """Gives the records of one range to the sorter. The kernel makes the keys it can make; the other records come with
    a key."""

    def __init__(self, sort: Sort, workspace: Workspace, runs: SortedRuns | NativeSortedRuns) -> None:
        self.sort, self.workspace, self.runs = sort, workspace, runs
        self.columns = sort.key_columns

    def add(self, batch: Batch, line: Callable[[int], int]) -> None:
        """See `Gathering.add`."""
        if self.columns and isinstance(batch, IndexedBatch) and isinstance(self.runs, NativeSortedRuns):
            self._add_indexed(batch, self.columns, self.runs)
        else:
            self.runs.add(self._keys(batch), movable(batch))
        self.workspace.heartbeat()

    def _keys(self, batch: Batch) -> list[bytes]:
        byte_dialect, parts = self.sort.byte_dialect, self.sort.parts
        keys = parts[0].keys(batch.column(parts[0].position), byte_dialect, batch.rows)
        for part in parts[1:]:
            keys = list(
                starmap(add, zip(keys, part.keys(batch.column(part.position), byte_dialect, batch.rows), strict=True))
            )
        return keys

    def _add_indexed(self, batch: IndexedBatch, columns: list[KeyColumn], runs: NativeSortedRuns) -> None:
        unsure = bytearray(len(batch.index))
        for each in columns:
            if each.number:
                unsure_numbers(batch.index, each.column, unsure, batch.kept)
        keys: list[bytes] = []
        if 1 in unsure:
            left = bytes(unsure) if batch.kept is None else pack(batch.kept, bytes(unsure))
            keys = self._keys(batch.select(left))
        line_end = self.sort.byte_dialect.dialect.line_end.encode()
        empty = runs.add_indexed(batch, columns, bytes(unsure), keys, line_end)
        for part, count in zip(self.sort.parts, empty, strict=True):
            if part.asked:
                note(part.asked, len(batch) - len(keys) - count, [])

    def close(self) -> State:
        """See `Gathering.close`: the sorted runs, and how many cells are no number or date by column."""
        if self.workspace.shared:
            self.runs.spill()
        return self.runs, {f"/by/{at}": part.asked.seen.count for at, part in enumerate(self.sort.parts) if part.asked}


OPERATION = Operation(
    name="sort",
    kind="sorter",
    stateless=True,
    summary="Order the records by one or several columns.",
    purpose="Keep or order records",
    words="rank date number alphabetical",
    params=Params,
    example={"op": "sort", "by": [{"column": "age", "as": "number", "order": "desc"}, {"column": "email"}]},
    build=Sort,
    columns=columns,
    spreads=lambda _: True,
)
