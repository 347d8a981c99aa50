"""unpivot: a record for each of several columns of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.errors import InvalidInput
from csvapi.native.multiplying import ColumnRecords
from csvapi.steps.growth import EACH, PART
from csvapi.steps.mapping import Expander
from csvapi.steps.native_multiples import checked, made_style, takes
from csvapi.steps.new_names import check_new
from csvapi.steps.params import Alternative, columns_field, flag
from csvapi.steps.report_table import Table
from csvapi.steps.step import Operation, Traits
from csvapi.steps.writing import Text, records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.csvio.batch import Batch
    from csvapi.native.figures import Style
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.mapping import Records
    from csvapi.steps.step import Column, Context, Counts

_FILLED = validate.Length(min=1, error="must not be empty.")


class Params(Schema):
    """The parameters of unpivot."""

    index = columns_field(metadata={"description": "The columns that stay; without it, all but the values."})
    values = columns_field(metadata={"description": "The columns that become records; without it, all but the index."})
    names_to = fields.String(
        validate=_FILLED, metadata={"description": "The new column that has the columns' names; without it, name."}
    )
    values_to = fields.String(
        validate=_FILLED, metadata={"description": "The new column that has their values; without it, value."}
    )
    drop_empty = flag("Leave out empty values.")

    alternatives = (
        Alternative("Index", ("index",), ("values", "names_to", "values_to", "drop_empty")),
        Alternative("Values", ("values",), ("names_to", "values_to", "drop_empty")),
    )

    @validates_schema
    def says_which(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a step that names no column."""
        if "index" not in data and "values" not in data:
            raise ValidationError("give index, values, or both.", "values")


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, with its pointer within the step."""
    return [(f"/{of}/{i}", column) for of in ("index", "values") for i, column in enumerate(params.get(of, ()))]


def traits(params: dict[str, Any]) -> Traits:
    """How the engine runs it: its output is a file of its own."""
    return Traits("mapper", stateless=True, settles=True)


class Unpivot(Table, Expander):
    """For each record one for each of the columns in `values`, in their order: the index, the column's name, its value.

    With both `index` and `values` the other columns go. An absent field is an empty value; fields beyond the header
    go, and are counted as `beyond_header`. The result always has a header. One pass, stateless; memory: a part.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        named = {at: context.position(column, pointer + at) for at, column in columns(params)}
        index = [position for at, position in named.items() if at.startswith("/index/")]
        values = [position for at, position in named.items() if at.startswith("/values/")]
        every = range(len(context.columns))
        self.index = index if "index" in params else [at for at in every if at not in set(values)]
        self.values = values or [at for at in every if at not in set(index)]
        if not self.values:
            raise InvalidInput("index: at least one column must be left for values.", pointer=f"{pointer}/index")
        names = [context.columns[at] for at in self.index]
        for of, default in (("names_to", "name"), ("values_to", "value")):
            names.append(check_new(params.get(of, default), names, f"{pointer}/{of}"))
        super().__init__(context, names, pointer)
        self.labels = [(at, self.text(context.columns[at])) for at in self.values]
        self.width, self.drop_empty = len(context.columns), params.get("drop_empty", False)
        self.beyond = 0
        self._columns_of: ColumnRecords | None = None

    def prepare(self, workspace: Workspace) -> Counts:
        """See `Behaviour.prepare`."""
        self.out = self.beyond = 0
        plain = workspace.native and len(set(self.index)) == len(self.index)
        style = made_style(self.byte_dialect, max(self.width, 2)) if plain else None
        self._columns_of = self._native(style) if style else None
        return {}

    def _native(self, style: Style) -> ColumnRecords | None:
        """What writes the records by the kernel; None where a name cannot be written, which Python says."""
        end = len(self.byte_dialect.dialect.line_end)
        try:
            labels = [
                record[:-end] for record in records([[label, b""] for _, label in self.labels], self.byte_dialect)
            ]
        except InvalidInput:
            return None
        limit, drop = self.bound.limit, self.drop_empty
        return ColumnRecords(self.index, self.values, labels, style, limit, PART, drop_empty=drop)

    def expand(self, batch: Batch) -> Iterator[Records]:
        """See `Expander.expand`."""
        if self._columns_of and takes(batch, self.byte_dialect, self.width):
            for part in checked(self._columns_of.of(batch.index, batch.kept), batch, self.bound):
                yield self._counted(Text(self.byte_dialect, part.text, part.count))
            return
        rows: list[list[bytes]] = []
        size = 0
        for number, row in enumerate(batch.rows):
            fields = batch.fields(number)
            self.beyond += len(fields) > self.width
            fields = [*fields, *[b""] * (self.width - len(fields))]
            index = [fields[at] for at in self.index]
            own = sum(map(len, index)) + len(index) + 2
            for at, label in self.labels:
                cell = fields[at]
                if cell or not self.drop_empty:
                    self.bound.check(own + len(label) + len(cell), row)
                    rows.append([*index, label, cell])
                    size += own + len(label) + len(cell) + EACH
                    if size >= PART:
                        yield self._written(rows, row)
                        rows, size = [], 0
        yield self._written(rows, batch.rows[-1])

    def _written(self, rows: list[list[bytes]], row: int) -> Text:
        """Some records; the last of them is made of the one in `row`."""
        lines = records(rows, self.byte_dialect)
        self.bound.check(max(map(len, lines), default=0), row)
        return self._counted(Text.of(self.byte_dialect, lines))

    def _counted(self, text: Text) -> Text:
        self.out += len(text)
        self.heartbeat()
        return text

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"out": self.out, **({"beyond_header": self.beyond} if self.beyond else {})}


OPERATION = Operation(
    name="unpivot",
    kind="mapper",
    summary="Make a record of each of several columns: its name and its value.",
    purpose="Change the shape",
    words="melt long survey wide",
    params=Params,
    example={"op": "unpivot", "index": ["id"], "values": ["email", "age"], "names_to": "field"},
    build=Unpivot,
    columns=columns,
    traits=traits,
)
