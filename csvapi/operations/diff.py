"""diff: what is new, gone or changed since an older version of the file, record by record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from marshmallow import Schema, validates_schema

from csvapi.csvio.data_warnings import shown
from csvapi.csvio.keys import canonical
from csvapi.errors import InvalidInput
from csvapi.native.differing import Differences
from csvapi.native.keys import new_secret
from csvapi.spill.ranked_keys import RankedKeys, unpacked
from csvapi.spill.record_sort import NativeSortedRuns, in_order, sorter
from csvapi.steps.column_names import ColumnsDiffer, alone_in_one, check_names, distinct, quoted, same_places
from csvapi.steps.comparison import CHANGES, Comparison
from csvapi.steps.folding import folded_cell
from csvapi.steps.gathering import Gathering, Reducer
from csvapi.steps.growth import some
from csvapi.steps.key_columns import check_keys, keys
from csvapi.steps.native_differences import form_of, left_over
from csvapi.steps.native_figures import style_of
from csvapi.steps.pairing import OLD, Repeated, Side, packed, pairs
from csvapi.steps.params import IGNORABLE, Alternative, FileField, columns_field, flag, ignore_field
from csvapi.steps.placed import placed
from csvapi.steps.report_table import Table
from csvapi.steps.second_input import SecondInput
from csvapi.steps.step import Operation
from csvapi.steps.versions import Versions
from csvapi.steps.writing import byte_dialect_of, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from csvapi.csvio.batch import Batch, Cell
    from csvapi.spill.external_sort import SortedRuns
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.gathering import Part
    from csvapi.steps.pairing import Pair
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
        self.old: SortedRuns | NativeSortedRuns | None = None
        self.found: dict[str, int] = {}

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
        """Read the older file. See `Behaviour.prepare`."""
        self.secret = new_secret() if workspace.native else None
        entries = RankedKeys(workspace, "diff", OLD, self.secret)
        for batch in self.second.batches(native=workspace.native and self.was.whole):
            workspace.heartbeat()
            if self.was.enter(batch, entries, _OLD_RANK):
                continue
            for few in some(batch, _TEXTS + len(self.second.columns)):
                fields = [self.second.into(self.byte_dialect, [*few.fields(at)]) for at in range(len(few))]
                self.enter(entries, fields, few.rows, self.right, _OLD_RANK)
                workspace.heartbeat()
        self.old = entries.finish(spill=True)
        return {}

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
        return Entering(self, RankedKeys(workspace, "diff", number + 1, self.secret))

    def result(self, workspace: Workspace, parts: list[Part]) -> Iterator[bytes]:
        """See `Gatherer.result`."""
        assert self.old is not None  # noqa: S101  prepared
        self.out, self.found = 0, dict.fromkeys((*CHANGES, "beyond_header"), 0)
        half = replace(workspace, memory=workspace.memory // 2)
        ordered, bases = sorter(half, "differences"), [0, *(part.rows for part in parts)]
        pieces = in_order([self.old, *(part.state for part in parts)], half)
        differences = None
        if isinstance(ordered, NativeSortedRuns) and self.now.whole and self.was.whole:
            words, quote = map(self.text, CHANGES), self.second.source.byte_dialect.quote
            form = form_of(self.comparison, words, self.labels, self.bound.limit, partial=self.partial)
            differences = Differences(form, bases, style_of(self.byte_dialect), quote)
            pieces = left_over(pieces, differences, ordered)
        lines = self._lines(pairs(unpacked(pieces), bases, (self.now.fields, self.was.fields)))
        yield from map(self.byte_dialect.restore, placed(lines, half, ordered))
        for change, count in zip(CHANGES, [*differences.found, differences.same] if differences else (), strict=False):
            self.found[change] += count
        self.out += sum(differences.found) if differences else 0

    def _lines(self, found: Iterator[Pair]) -> Iterator[tuple[bytes, bytes]]:
        """The records to be written, each with the bytes that order it."""
        try:
            for pair in found:
                change, differ = self.comparison.change(pair, self.fold)
                if change == "removed" and self.partial:
                    continue
                self.found[change] += 1
                self.found["beyond_header"] += self.comparison.beyond(pair)
                if change != "unchanged" or self.unchanged:
                    yield _place(pair), self._line(pair, change, differ)
        except Repeated as repeated:
            self._refuse(repeated)

    def _line(self, pair: Pair, change: str, differ: list[int]) -> bytes:
        names = [self.labels[at] if at < len(self.labels) else self.text(f"column_{at + 1}") for at in differ]
        row = [self.text(change), self.text(",").join(names), *self.comparison.row(pair)]
        self.bound.check(sum(map(len, row)) + len(row), (pair[0] or pair[1] or Side(0, [])).row)
        self.out += 1
        return records([row], self.byte_dialect)[0]

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
        return {"out": self.out, **self.found}


def _place(pair: Pair) -> bytes:
    """This file's records come first; each file's in its order."""
    new, old = pair
    return b"\0" + new.row.to_bytes(8) if new else b"\1" + (old.row if old else 0).to_bytes(8)


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
