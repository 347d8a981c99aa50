"""explode: a record for each item of a list in a column."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any, AnyStr

from marshmallow import Schema, fields, validate

from csvapi.native.multiplying import ListItems
from csvapi.steps.asked import PLACES
from csvapi.steps.conditions import inverse
from csvapi.steps.growth import EACH, PART
from csvapi.steps.mapping import Expander
from csvapi.steps.native_multiples import checked, made_style, takes
from csvapi.steps.params import ColumnField
from csvapi.steps.separators import not_found
from csvapi.steps.step import Operation, Traits
from csvapi.steps.writing import Text, Written, byte_dialect_of, encoded, movable, records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.csvio.batch import Batch
    from csvapi.csvio.indexed import IndexedBatch
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.mapping import Records
    from csvapi.steps.step import Column, Context, Counts

_SHOWN = 500  # bytes kept of a cell for a warning: more than is shown


class Params(Schema):
    """The parameters of explode."""

    column = ColumnField(required=True, metadata={"description": "The column that holds lists."})
    separator = fields.String(
        required=True,
        validate=validate.Length(min=1, error="must not be empty."),
        metadata={"description": "The text between the items of a list."},
    )


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, with its pointer within the step."""
    return [("/column", params["column"])]


def traits(_: dict[str, Any]) -> Traits:
    """How the engine runs it: what it writes is the file of the next steps."""
    return Traits("mapper", stateless=True, settles=True)


class Explode(Written, Expander):
    """Each item gets a copy of the record, in the order of the list; items are taken as they stand, with their spaces,
    and may be empty. A record without the separator in that column stays byte for byte, and an empty cell is one
    record. Quotes within a list mean nothing. One pass, stateless; memory: a part.

    However many items a record has, they are made and written in parts of bounded size.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        super().__init__(context, context.columns, pointer)
        self.position = context.position(params["column"], f"{pointer}/column")
        self.text = params["separator"]
        self.separator = encoded(self.text, self.byte_dialect, f"{pointer}/separator")
        self.rewrites = byte_dialect_of(context).dialect.skip_space
        self.width = len(context.columns)
        self._items_of: ListItems | None = None
        self.remarks = [not_found(context.columns[self.position], self.text, self.byte_dialect)]
        self.out = self.lists = 0

    def prepare(self, workspace: Workspace) -> Counts:
        """See `Behaviour.prepare`."""
        self.out = self.lists = 0
        plain = workspace.native and self.byte_dialect.aligned and not self.rewrites
        style = made_style(self.byte_dialect, self.width) if plain else None
        limit = self.bound.limit
        self._items_of = ListItems(self.position, self.separator, style, limit, PART) if style else None
        return {}

    def expand(self, batch: Batch) -> Iterator[Records]:
        """See `Expander.expand`."""
        if self._items_of and takes(batch, self.byte_dialect, self.width):
            yield from self._by_kernel(batch, self._items_of)
            return
        raw: list[bytes] = []
        made: list[list[bytes]] = []
        rows: list[int] = []
        size = 0
        for row, record, new, length in self._records(batch):
            raw.append(record)
            rows.append(row)
            made += new
            size += length + EACH
            if size >= PART:
                yield self._written(raw, made, rows)
                raw, made, rows, size = [], [], [], 0
        yield self._written(raw, made, rows)

    def _by_kernel(self, batch: IndexedBatch, items: ListItems) -> Iterator[Records]:
        filled = lists = 0
        for part in checked(items.of(batch.index, batch.kept), batch, self.bound):
            filled, lists = filled + part.filled, lists + part.lists
            self.out += part.count
            self.heartbeat()
            yield Text(self.byte_dialect, part.text, part.count)
        self.lists += lists
        asked, spots = self.remarks[0], list[tuple[int, bytes]]()
        if filled > lists and len(asked.seen.spots) < PLACES:
            some = self._without(self._without(batch, "==", b""), "contains", self.separator)
            cells = ((cell or b"")[:_SHOWN] for cell in some.column(self.position))
            spots = list(islice(zip(some.rows, cells, strict=True), PLACES))
        asked.add(filled, filled - lists, spots)

    def _without(self, batch: IndexedBatch, comparison: str, text: bytes) -> IndexedBatch:
        """The records whose cell does not compare so."""
        mask = batch.text_mask(self.position, comparison, text)
        return batch if mask is None else batch.select(inverse(mask))

    def _written(self, raw: list[bytes], made: list[list[bytes]], rows: list[int]) -> Text:
        """The records of a part, of which the empty ones of `raw` are still to be written, of the fields `made`."""
        if made:
            written = iter(records(made, self.byte_dialect))
            raw = [record or next(written) for record in raw]
            for row, record in zip(rows, raw, strict=True) if max(map(len, raw)) > self.bound.limit else ():
                self.bound.check(len(record), row)
        self.out += len(raw)
        self.heartbeat()
        return Text.of(self.byte_dialect, raw)

    def _records(self, batch: Batch) -> Iterator[tuple[int, bytes, list[list[bytes]], int]]:
        """For each record that is made of those of a batch, the row of that one; its bytes, or empty ones and its
        fields; and about how long it is."""
        own = movable(batch)
        filled, lists = 0, self.lists
        single: list[tuple[int, bytes]] = []
        for number, (row, cell) in enumerate(zip(batch.rows, batch.column(self.position), strict=True)):
            items = self._items(cell or b"")
            first, second = next(items), next(items, None)
            filled += bool(cell)
            single += [(row, cell[:_SHOWN])] if cell and second is None and len(single) < PLACES else []
            if second is None and not self.rewrites:
                yield row, own[number], [], len(own[number])
                continue
            fields = batch.fields(number)
            if cell is None:
                yield row, b"", [fields], len(own[number])
                continue
            before, after = fields[: self.position], fields[self.position + 1 :]
            others = len(own[number]) - len(cell)
            self.lists += second is not None
            for item in (first,) if second is None else chain((first, second), items):
                yield row, b"", [[*before, item, *after]], others + len(item)
        self.remarks[0].add(filled, filled - (self.lists - lists), single)

    def _items(self, cell: bytes) -> Iterator[bytes]:
        """One after the other: all together may take a hundred times the memory of the cell."""
        dialect = self.byte_dialect
        if dialect.aligned:
            yield from _between(cell, self.separator)
        else:
            for item in _between(dialect.decode(cell), self.text):
                yield item.encode(dialect.inner, dialect.errors)

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"lists": self.lists, "out": self.out}


def _between(text: AnyStr, separator: AnyStr) -> Iterator[AnyStr]:
    """What stands before, between and after the separators."""
    start = 0
    while (end := text.find(separator, start)) >= 0:
        yield text[start:end]
        start = end + len(separator)
    yield text[start:]


OPERATION = Operation(
    name="explode",
    kind="mapper",
    summary="Make a record for each item of the lists in a column.",
    purpose="Change the shape",
    words="split lists tags rows",
    params=Params,
    example={"op": "explode", "column": "email", "separator": ";"},
    build=Explode,
    columns=columns,
    traits=traits,
)
