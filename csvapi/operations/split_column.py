"""split_column: several columns of one, by a separator or by the groups of a pattern."""

from __future__ import annotations

from collections import Counter
from itertools import compress, islice, zip_longest
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.csvio.batch import BLOCK_SIZE
from csvapi.csvio.rewriting import Rewriting
from csvapi.errors import InvalidInput, TooLarge
from csvapi.native.parting import FieldParts
from csvapi.steps.asked import PLACES
from csvapi.steps.growth import CELLS, Part, TooLong
from csvapi.steps.mapping import Mapper
from csvapi.steps.params import Alternative, ColumnField, compiled, flag
from csvapi.steps.remarks import Remark
from csvapi.steps.separators import others
from csvapi.steps.splitting import ColumnTexts, Matched, Separated
from csvapi.steps.step import Operation
from csvapi.steps.writing import Written, batch_of, encoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.csvio.batch import Batch
    from csvapi.csvio.indexed import IndexedBatch
    from csvapi.native.parting import Parts
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.remarks import Sighting
    from csvapi.steps.splitting import Splitter
    from csvapi.steps.step import Column, Context, Counts

_ROOM = 16 * BLOCK_SIZE  # bytes that the parts of a batch may take together, where the kernel writes them
_CUT = 64 * BLOCK_SIZE  # that it may set aside to cut cells: the bytes of the batch for each new column
_MANY = 1 << 19  # such parts
_SHOWN = 500  # bytes kept of a cell for a warning: more than is shown


class Params(Schema):
    """The parameters of split_column."""

    column = ColumnField(required=True, metadata={"description": "The column to split."})
    into = fields.List(
        fields.String(),
        required=True,
        validate=validate.Length(min=1, error="must name at least one column."),
        metadata={"description": "The names of the new columns, which stand after it; the last takes the rest."},
    )
    separator = fields.String(
        validate=validate.Length(min=1, error="must not be empty."),
        metadata={"description": "The text between the parts."},
    )
    pattern = fields.String(
        metadata={"description": "An RE2 pattern with a group for each new column; its first match counts."}
    )
    keep = flag("Whether the column itself stays; default true.", default=True)

    alternatives = (Alternative("Separator", ("separator",)), Alternative("Pattern", ("pattern",)))

    @validates_schema
    def one_way(self, data: dict[str, Any], **_: object) -> None:
        """Refuse anything but one of a separator and a pattern, and names that repeat."""
        if ("separator" in data) == ("pattern" in data):
            raise ValidationError("give either separator or pattern.", "separator")
        if repeated := [name for name, times in Counter(data["into"]).items() if times > 1]:
            raise ValidationError(f"must not name {repeated[0]!r} twice.", "into")
        if "pattern" in data:
            compiled(data["pattern"], "pattern")


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, with its pointer within the step."""
    return [("/column", params["column"])]


class SplitColumn(Written, Mapper):
    """The new columns stand after the one that is split, or in its place. A cell with fewer parts than columns leaves
    the others empty, as one does that does not match; those that are not empty themselves are counted as a warning. A
    record that is too short gets empty fields. Records are written anew, all other values stay as they are. One pass,
    stateless; memory: a part.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.position, self.width = context.position(params["column"], f"{pointer}/column"), len(context.columns)
        self.name, self.into = context.columns[self.position], list(params["into"])
        self.keep = params.get("keep", True)
        before, after = context.columns[: self.position + self.keep], context.columns[self.position + 1 :]
        others = {*before, *after}
        for number, name in enumerate(self.into):
            if name in others:
                detail = f"into: there is a column {name!r} already; choose another name."
                raise InvalidInput(detail, pointer=f"{pointer}/into/{number}")
        super().__init__(context, [*before, *self.into, *after], pointer)
        named = enumerate(self.into)
        self.named = [encoded(name, self.byte_dialect, f"{pointer}/into/{number}") for number, name in named]
        self.split = self._splitter(params, pointer)
        made = range(self.width, self.width + len(self.into))
        order = [*range(self.position + self.keep), *made, *range(self.position + 1, self.width)]
        self.rewriting = Rewriting(self.byte_dialect, order, self.bound.limit)
        self.separator: str | None = params.get("separator")
        self.parts_of = self._kernels()
        self.remarks = [Remark("fewer_parts", self._describe, self.name, most=PLACES)]
        self.filled = 0

    def _splitter(self, params: dict[str, Any], pointer: str) -> Splitter:
        if "pattern" in params:
            pattern = compiled(params["pattern"], "pattern")
            if pattern.groups != len(self.into):
                detail = (
                    f"pattern: must have a group for each name in into: it has {pattern.groups}, and there are "
                    f"{len(self.into)} names. A group that is no part is written (?:…)."
                )
                raise InvalidInput(detail, pointer=f"{pointer}/pattern")
            return Matched(self.byte_dialect, pattern, self.bound.limit)
        encoded(params["separator"], self.byte_dialect, f"{pointer}/separator")
        return Separated(self.byte_dialect, params["separator"], len(self.into))

    def _kernels(self) -> FieldParts | None:
        """How the kernel cuts cells; None where it does not: by a pattern, or in an encoding whose bytes it cannot
        cut."""
        dialect = self.byte_dialect
        if not self.separator or not dialect.aligned:
            return None
        return FieldParts(self.position, self.separator.encode(dialect.inner, dialect.errors), len(self.into))

    def prepare(self, workspace: Workspace) -> Counts:
        """See `Behaviour.prepare`."""
        self.filled = 0
        return {}

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """See `Headed.head`: the names, with the new columns'."""
        at = self.position
        return self.top([*fields[: at + self.keep], *self.named, *fields[at + 1 :]] if fields else fields)

    def map(self, batch: Batch) -> Batch:
        """The first records of the batch, as many as fit into a part; of an indexed one all, whose other columns
        never become objects."""
        if self.rewriting.takes(batch) and (written := self._indexed(batch)) is not None:
            return written
        batch = batch.part(0, max(1, CELLS // len(self.into)))
        part = Part(self.bound)
        rows: list[list[bytes]] = []
        cells: list[bytes] = []
        fewer: list[int] = []
        for index, row in enumerate(batch.rows):
            fields = batch.fields(index)
            cell = fields[self.position] if self.position < len(fields) else b""
            parts = self._parts(cell, row)
            made = self._with(fields, parts)
            if not part.takes(sum(map(len, made)) + len(made), row):
                break
            rows.append(made)
            cells.append(cell)
            fewer += [index] if cell and len(parts) < len(self.into) else []
            self.filled += max(0, self.position + self.keep - len(fields))
        self._note(cells, fewer, batch.rows)
        return batch_of(rows, batch.rows[: len(rows)], self.byte_dialect, self.bound)

    def _parts(self, cell: bytes, row: int) -> list[bytes]:
        try:
            return self.split(cell)
        except TooLong as error:
            raise self.bound.refused(error.size, row, self.name) from error

    def _with(self, fields: list[bytes], parts: list[bytes]) -> list[bytes]:
        """The fields of a record with the parts among them."""
        before = fields[: self.position + self.keep]
        before += [b""] * (self.position + self.keep - len(before))
        return [*before, *parts, *[b""] * (len(self.into) - len(parts)), *fields[self.position + 1 :]]

    def _indexed(self, batch: IndexedBatch) -> Batch | None:
        """None where the parts are very many or long, or not for the kernel to write; what is wrong with a cell is
        said record by record."""
        if batch.width != self.width or len(self.into) * len(batch) > _MANY:
            return None
        if self.parts_of and len(self.into) * batch.index.size <= _CUT:
            parts = self.parts_of.of(batch.index, batch.kept)
            written = self.rewriting.of(batch, parts.texts)
            if written is not None:
                self._note_parts(batch, parts)
            return written
        cells = batch.cells(self.position)
        texts, fewer = [ColumnTexts() for _ in self.into], []
        try:
            for start, made in self._some(cells, batch.rows):
                fewer += [at for at, parts in enumerate(made, start) if cells[at] and len(parts) < len(self.into)]
                for text, column in zip_longest(texts, zip_longest(*made, fillvalue=b"")):
                    text.add(column or [b""] * len(made))
                if sum(len(text.text) for text in texts) > _ROOM:
                    return None
        except TooLarge:
            return None
        written = self.rewriting.of(batch, [text.whole() for text in texts])
        if written is not None:
            self._note(cells, fewer, batch.rows)
        return written

    def _some(self, cells: list[bytes], rows: Sequence[int]) -> Iterator[tuple[int, list[list[bytes]]]]:
        """The parts of some cells at a time, each time with the number of the first one."""
        step = max(1, CELLS // len(self.into))
        for start in range(0, len(cells), step):
            yield start, list(map(self._parts, cells[start : start + step], rows[start : start + step]))

    def _note_parts(self, batch: IndexedBatch, parts: Parts) -> None:
        """The same of what the kernel cut; cells become objects only for the first places."""
        remark, count = self.remarks[0], parts.fewer.count(1)
        first: list[tuple[int, bytes]] = []
        if count and len(remark.seen.spots) < PLACES:
            rows, cells = batch.rows, batch.cells(self.position)
            places = islice(compress(range(len(cells)), parts.fewer), PLACES)
            first = [(rows[at], cells[at][:_SHOWN]) for at in places]
        remark.add(parts.filled, count, first)

    def _note(self, cells: Sequence[bytes], fewer: Sequence[int], rows: Sequence[int]) -> None:
        first = [(rows[index], cells[index][:_SHOWN]) for index in fewer[:PLACES]]
        self.remarks[0].add(sum(map(bool, cells)), len(fewer), first)

    def _describe(self, seen: Sighting) -> tuple[str, str | None]:
        one = seen.count == 1
        what = f"{'has' if one else 'have'} fewer than {len(self.into)} parts"
        if not self.separator:
            what = f"{'does' if one else 'do'} not match the pattern"
        cells = "cell" if seen.of == 1 else "cells"
        detail = f"{seen.count} of {seen.of} filled {cells} of {self.name!r} {what}; missing parts are empty"
        if self.separator and seen.count == seen.of and (there := others(self.separator, self.byte_dialect, seen)):
            return detail, f"the separator {self.separator!r} is not in the first cells; {there}"
        return detail, "look at the first one; a filter before this step can set such records aside"

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"filled": self.filled}


OPERATION = Operation(
    name="split_column",
    kind="mapper",
    stateless=True,
    summary="Split a column into several, at a separator or by the groups of a pattern.",
    purpose="Change columns and values",
    words="first last name extract regex separate",
    params=Params,
    example={"op": "split_column", "column": "email", "into": ["user", "domain"], "separator": "@"},
    build=SplitColumn,
    columns=columns,
)
