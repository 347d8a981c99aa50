"""diff: what is new, gone or changed since an older version of the file, record by record."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NoReturn

from marshmallow import Schema, validates_schema

from csvapi.csvio.data_warnings import shown
from csvapi.csvio.keys import canonical
from csvapi.csvio.parsing import WrongCut
from csvapi.errors import InvalidInput, MalformedCsv, TooLarge
from csvapi.native.keys import new_secret
from csvapi.spill.ranked_keys import RankedKeys
from csvapi.spill.record_sort import in_order
from csvapi.spill.shares import in_shares
from csvapi.steps.column_names import ColumnsDiffer, alone_in_one, check_names, distinct, quoted, same_places
from csvapi.steps.comparison import CHANGES, Comparison
from csvapi.steps.differing import COUNTED, Differing
from csvapi.steps.folding import folded_cell
from csvapi.steps.gathering import Gathering, Reducer
from csvapi.steps.growth import some
from csvapi.steps.key_columns import check_keys, keys
from csvapi.steps.pairing import packed
from csvapi.steps.params import IGNORABLE, Alternative, FileField, columns_field, flag, ignore_field
from csvapi.steps.report_table import Table
from csvapi.steps.second_input import SecondInput
from csvapi.steps.step import Operation
from csvapi.steps.versions import Versions
from csvapi.steps.writing import byte_dialect_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from csvapi.csvio.batch import Batch, Cell
    from csvapi.csvio.census import Census
    from csvapi.spill.external_sort import SortedRuns
    from csvapi.spill.record_sort import NativeSortedRuns
    from csvapi.spill.shares import Runs
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.gathering import Part
    from csvapi.steps.pairing import Repeated
    from csvapi.steps.step import Column, Context, Counts, FileId

_NEW_RANK, _OLD_RANK = b"\0", b"\1"
_TEXTS = 8  # texts that are made of a record besides its cells


class Params(Schema):
    """The parameters of diff."""

    file = FileField(required=True, metadata={"description": "The older version, with which this file is compared."})
    on = columns_field(metadata={"description": "The key columns, where both files have them by the same name."})
    left_on = columns_field(metadata={"description": "The key columns of this file."})
    right_on = columns_field(metadata={"description": "The key columns of the older one, in the same order."})
    ignore_columns = columns_field(metadata={"description": "Columns of this file that are not compared."})
    ignore = ignore_field(*IGNORABLE)
    unchanged = flag("Write the records that are the same in both files, too; default false.")
    alternatives = (Alternative("Same names", ("on",)), Alternative("Different names", ("left_on", "right_on")))

    @validates_schema
    def one_way(self, data: dict[str, Any], **_: object) -> None:
        """Refuse key columns that are given twice, not at all, or not in pairs."""
        check_keys(data)


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """The columns of this file that the parameters name, each with its pointer within the step."""
    return keys(params, "left_on") + left_out(params)


def left_out(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """The columns that are not compared."""
    return [(f"/ignore_columns/{number}", column) for number, column in enumerate(params.get("ignore_columns", ()))]


def files(params: dict[str, Any]) -> list[tuple[str, FileId]]:
    """The other files that the parameters name, each with its pointer within the step."""
    return [("/file", params["file"])]


class Diff(Table, Reducer):
    """Two files by their keys; this one is the newer. A table with the columns `change` (added, removed or changed),
    `changed` (the names of the columns that differ, with commas between them), this file's, and the older one's besides
    its key as `NAME (old)`: in the order of this file, then the removed records in that of theirs, with their keys in
    this file's columns.

    Columns are matched by name; one that only one file has is shown, not compared. An absent field is as an empty one;
    fields beyond the header are compared, not written, and counted. `ignore` holds for keys and values. A key that
    repeats in either file is an error that names both rows. A preview of first records does not show removed ones. One
    pass over each file and sorts in the workspace; memory: the budget, or what the longest records of a key need.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.pointer, self.partial = pointer, context.partial
        self.second = SecondInput(context, params["file"], f"{pointer}/file")
        self.second_inputs = [self.second]
        self.ignore, self.unchanged = frozenset(params.get("ignore", ())), params.get("unchanged", False)
        self.left = [context.position(column, pointer + at) for at, column in keys(params, "left_on")]
        self.right = [self.second.position(column, pointer + at) for at, column in keys(params, "right_on")]
        ignored = [context.position(column, pointer + at) for at, column in left_out(params)]
        mine, theirs = context.columns, self.second.columns
        check_names(mine, self.second, pointer)
        same, pairs = same_places(mine, len(mine), self.second), list(zip(self.left, self.right, strict=True))
        self.comparison = Comparison.of(pairs, same, (len(mine), len(theirs)), ignored)
        self.now, self.was = self._versions(context)
        first = distinct(["change", "changed"], mine)
        old = distinct([f"{theirs[at]} (old)" for at in self.comparison.shown], [*first, *mine])
        super().__init__(context, [*first, *mine, *old], pointer)
        self.labels = [self.text(quoted(name)) for name in mine]
        alone = alone_in_one([*self.left, *ignored], same, self.right, mine, theirs)
        self.remarks = [ColumnsDiffer.of(*alone, self.second.name)] if any(alone) else []
        self.secret: bytes | None = None
        self.old: list[Runs] = []  # of the ranges of the older file, before which there are so many records:
        self.bases: list[int] = []
        self.found = dict.fromkeys(COUNTED, 0)

    def _versions(self, context: Context) -> tuple[Versions, Versions]:
        """Both files as the kernel enters their records."""
        mine, theirs = byte_dialect_of(context), self.second.source.byte_dialect
        plain = not self.ignore and not self.unchanged
        plain = plain and (mine.codec, mine.inner) == (theirs.codec, theirs.inner)
        compared = self.comparison.compared
        return (
            Versions(mine, self.left, [new for new, _ in compared], mine.delimiter, plain),
            Versions(theirs, self.right, [old for _, old in compared], mine.delimiter, plain),
        )

    def prepare(self, workspace: Workspace) -> Counts:
        """Read the older file, in ranges side by side where it is large. See `Behaviour.prepare`."""
        self.secret = new_secret() if workspace.native else None
        ranges = workspace.ranges(self.second.source, self.second.first)
        tasks = [partial(self._read, workspace, number, bounds) for number, bounds in enumerate(ranges)]
        found = workspace.side_by_side(tasks)
        self.old = [runs for runs, _ in found]
        self.bases = [0, *accumulate(census.records for _, census in found[:-1])]
        self.second.count([census for _, census in found])
        return {}

    def _read(
        self, workspace: Workspace, number: int, bounds: tuple[int, int], heartbeat: Callable[[], None]
    ) -> tuple[Runs, Census]:
        """The records of a range of the older file, and what it holds."""
        entries = RankedKeys(replace(workspace, heartbeat=heartbeat), "diff-old", number, self.secret)
        try:
            for batch in self.second.batches(native=workspace.native and self.was.whole, bounds=bounds):
                heartbeat()
                if not self.was.enter(batch, entries, _OLD_RANK):
                    self._enter_old(batch, entries, heartbeat)
        except (MalformedCsv, TooLarge) as error:
            if number:  # a run in one range knows the row of what it refuses
                raise WrongCut from error
            raise
        return entries.finish(spill=True), self.second.counter.census

    def _enter_old(self, batch: Batch, entries: RankedKeys, heartbeat: Callable[[], None]) -> None:
        for few in some(batch, _TEXTS + len(self.second.columns)):
            fields = [self.second.into(self.byte_dialect, [*few.fields(at)]) for at in range(len(few))]
            self.enter(entries, fields, few.rows, self.right, _OLD_RANK)
            heartbeat()

    def enter(
        self, entries: RankedKeys, fields: list[list[bytes]], rows: Sequence[int], places: list[int], rank: bytes
    ) -> None:
        """Add records by the keys at these places."""
        cells = ([row[at] if at < len(row) else b"" for at in places] for row in fields)
        keys = [canonical([self.fold(cell) for cell in each], self.byte_dialect.delimiter) for each in cells]
        entries.add(keys, [rank] * len(keys), rows, map(packed, fields))

    def fold(self, cell: bytes) -> Cell:
        """A cell as it is compared."""
        return folded_cell(cell, self.byte_dialect, self.ignore)

    def gather(self, workspace: Workspace, number: int) -> Entering:
        """See `Gatherer.gather`."""
        return Entering(self, RankedKeys(workspace, "diff", len(self.old) + number, self.secret))

    def result(self, workspace: Workspace, parts: list[Part]) -> Iterator[bytes]:
        """See `Gatherer.result`."""
        versions = self.comparison, self.now, self.was
        differing = Differing(
            *versions, self.labels, self.fold, self.byte_dialect, self.bound, self.partial, self.unchanged
        )
        runs, bases = [*self.old, *(part.state for part in parts)], [*self.bases, *(part.rows for part in parts)]
        shares = in_shares(runs, workspace, partial(differing.compared, bases, len(self.old)))
        if repeated := [each.repeated for each in shares if each.repeated]:
            self._refuse(min(repeated, key=lambda each: each.place))
        self.found = {name: sum(each.found[name] for each in shares) for name in COUNTED}
        half = replace(workspace, memory=workspace.memory // 2)
        yield from map(self.byte_dialect.restore, in_order([each.ordered for each in shares], half))

    def _refuse(self, repeated: Repeated) -> NoReturn:
        """Of a key that repeats, raise `InvalidInput` with both rows."""
        fields, places = repeated.second.fields, self.right if repeated.old else self.left
        cells = (fields[at] if at < len(fields) else b"" for at in places)
        key = ", ".join(repr(shown(self.byte_dialect.decode(cell))) for cell in cells)
        detail = (
            f"Rows {repeated.first.row + 1} and {repeated.second.row + 1} have the same key {key}, so that nobody can "
            "say which of them a record of the other file is; name more key columns, or drop one with a dedup before."
        )
        error = InvalidInput(
            detail, pointer=f"{self.pointer}/file" if repeated.old else self.pointer, row=repeated.second.row + 1
        )
        if repeated.old:
            with self.second.blamed():
                raise error
        raise error

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        out = sum(self.found[change] for change in CHANGES if change != "unchanged" or self.unchanged)
        return {"out": out, **self.found}


class Entering(Gathering):
    """Takes the records of a range of this file, with their keys."""

    def __init__(self, diff: Diff, entries: RankedKeys) -> None:
        self.diff, self.entries = diff, entries

    def add(self, batch: Batch, line: Callable[[int], int]) -> None:
        """See `Gathering.add`."""
        if self.diff.now.enter(batch, self.entries, _NEW_RANK):
            self.diff.heartbeat()
            return
        for few in some(batch, _TEXTS + len(self.diff.after.columns)):
            fields = [few.fields(at) for at in range(len(few))]
            self.diff.enter(self.entries, fields, few.rows, self.diff.left, _NEW_RANK)
            self.diff.heartbeat()

    def close(self) -> SortedRuns | NativeSortedRuns:
        """See `Gathering.close`: the entries in sorted runs."""
        return self.entries.finish()


OPERATION = Operation(
    name="diff",
    kind="reducer",
    stateless=True,
    summary="Compare with an older version by key columns: what was added, removed or changed.",
    purpose="Combine and compare files",
    words="compare changes versions exports delta",
    params=Params,
    example={"op": "diff", "file": 2, "on": ["id"]},
    build=Diff,
    columns=columns,
    files=files,
)
