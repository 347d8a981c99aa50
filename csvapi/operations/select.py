"""select: keep, drop, reorder and rename columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.csvio.batch import Batch
from csvapi.csvio.rewriting import Rewriting
from csvapi.errors import InvalidInput
from csvapi.steps.growth import EACH, PART, Part
from csvapi.steps.mapping import Mapper
from csvapi.steps.params import Alternative, columns_field
from csvapi.steps.step import Operation
from csvapi.steps.writing import Written, batch_of, byte_dialect_of, encoded

if TYPE_CHECKING:
    from csvapi.steps.step import Column, Context, Counts


class Params(Schema):
    """The parameters of select."""

    columns = columns_field(metadata={"description": "The columns that stay, in the order they are to have."})
    drop = columns_field(metadata={"description": "The columns that go; the others keep their order."})
    rename = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        validate=validate.Length(min=1, error="must rename at least one column."),
        metadata={"description": "New names by old ones."},
    )
    alternatives = (
        Alternative("Keep columns", ("columns",), ("rename",)),
        Alternative("Drop columns", ("drop",), ("rename",)),
        Alternative("Rename columns", ("rename",)),
    )

    @validates_schema
    def something_to_do(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a step that would change nothing, or that says twice which columns stay."""
        if not data:
            raise ValidationError("give columns or drop, rename, or both.", "columns")
        if "columns" in data and "drop" in data:
            raise ValidationError("give either columns or drop.", "drop")


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, with its pointer within the step."""
    named = [(f"/{of}/{i}", column) for of in ("columns", "drop") for i, column in enumerate(params.get(of, ()))]
    return [*named, *((f"/rename/{_escaped(name)}", name) for name in params.get("rename", ()))]


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


class Select(Written, Mapper):
    """Takes columns by their positions. One pass, stateless; memory: a batch.

    A field a record does not have is written as an empty one; fields beyond the header go with `columns` and stay last
    with `drop`. With nothing but `rename` the records keep their bytes.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        found = dict(columns(params))
        named = {at: context.position(column, pointer + at) for at, column in found.items()}
        chosen = [named[at] for at in found if at.startswith("/columns/")]
        gone = {named[at] for at in found if at.startswith("/drop/")}
        self.positions = chosen or [position for position in range(len(context.columns)) if position not in gone]
        if not self.positions:
            raise InvalidInput("drop: at least one column must stay.", pointer=f"{pointer}/drop")
        if "rename" in params and not context.header:
            raise InvalidInput("rename: the file has no header that holds names.", pointer=f"{pointer}/rename")
        self.rest = None if "columns" in params else len(context.columns)
        self.same = "columns" not in params and "drop" not in params and not byte_dialect_of(context).dialect.skip_space
        renamed = {named[f"/rename/{_escaped(old)}"]: new for old, new in params.get("rename", {}).items()}
        super().__init__(context, [renamed.get(at, context.columns[at]) for at in self.positions], pointer)
        self.times = Counter(self.positions)
        self.most = max(self.times.values())
        self.renamed = {at: encoded(new, self.byte_dialect, f"{pointer}/rename") for at, new in renamed.items()}
        self.rewriting = Rewriting(self.byte_dialect, self.positions, self.bound.limit)
        self.filled = 0

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """See `Headed.head`: the chosen columns by their new names."""
        return self.top([self.renamed.get(at, fields[at]) for at in self.positions] if fields else fields)

    def map(self, batch: Batch) -> Batch:
        """The first records of the batch, as many as fit into a part."""
        if self.same:
            return batch
        if (written := self.rewriting.of(batch)) is not None:
            return written
        batch = self._part(batch)
        taken = [batch.column(position) for position in self.positions]
        rows: list[Any] = list(zip(*taken, strict=True))
        if not batch.width:
            self.filled += sum(row.count(None) for row in rows)
            rows = [tuple(cell or b"" for cell in row) for row in rows]
            if self.rest is not None:
                rows = [(*row, *batch.fields(index)[self.rest :]) for index, row in enumerate(rows)]
        return batch_of(rows, batch.rows, self.byte_dialect, self.bound)

    def _part(self, batch: Batch) -> Batch:
        """The first records, as many as fit into a part; usually all of them, which is known without a look at each."""
        width = len(self.positions)
        if (width + EACH) * len(batch) + self.most * sum(map(len, batch.raw)) <= PART:
            return batch
        part = Part(self.bound)
        for index, row in enumerate(batch.rows):
            fields, size = batch.fields(index), width
            for position, times in self.times.items():
                size += times * len(fields[position]) if position < len(fields) else 0
            beyond = 0 if self.rest is None else sum(map(len, fields[self.rest :])) + len(fields[self.rest :])
            if not part.takes(size + beyond, row):
                break
        return batch.part(0, part.count)

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"filled": self.filled}


OPERATION = Operation(
    name="select",
    kind="mapper",
    stateless=True,
    summary="Keep, drop, reorder and rename columns.",
    params=Params,
    example={"op": "select", "columns": ["email", "id"], "rename": {"email": "mail"}},
    build=Select,
    columns=columns,
)
