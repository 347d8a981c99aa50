"""select: keep, drop, reorder and rename columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, validates_schema

from csvapi.csvio.batch import Batch
from csvapi.csvio.rewriting import Rewriting
from csvapi.errors import InvalidInput
from csvapi.steps.growth import EACH, PART, Part
from csvapi.steps.mapping import Mapper
from csvapi.steps.new_names import numbered, trimmed
from csvapi.steps.params import Alternative, columns_field, flag
from csvapi.steps.renaming import RenameField, renamed_columns
from csvapi.steps.selecting import Student
from csvapi.steps.step import Operation, Traits
from csvapi.steps.writing import Written, batch_of, byte_dialect_of, encoded

if TYPE_CHECKING:
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.step import Column, Context, Counts


class Params(Schema):
    """The parameters of select."""

    columns = columns_field(metadata={"description": "The columns that stay, in the order they are to have."})
    drop = columns_field(metadata={"description": "The columns that go; the others keep their order."})
    drop_empty = flag("Drop columns that are empty in every record.")
    rename = RenameField(
        metadata={"description": 'New names by old ones; or a list of {"column", "to"}, where names repeat.'}
    )
    trim_names = flag("Remove white space at both ends of names.")
    unique_names = flag("Name blank columns by their position (column_3), and number repeated names (name_2).")
    alternatives = (
        Alternative("Keep columns", ("columns",), ("rename", "drop_empty", "trim_names", "unique_names")),
        Alternative("Drop columns", ("drop",), ("rename", "drop_empty", "trim_names", "unique_names")),
        Alternative("Rename columns", ("rename",), ("drop_empty", "trim_names", "unique_names")),
        Alternative(
            "Drop empty columns", ("drop_empty",), ("trim_names", "unique_names"), {"drop_empty": {"const": True}}
        ),
        Alternative("Trim names", ("trim_names",), ("unique_names",), {"trim_names": {"const": True}}),
        Alternative("Make names unique", ("unique_names",), (), {"unique_names": {"const": True}}),
    )

    @validates_schema
    def something_to_do(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a step that would change nothing, or that says twice which columns stay."""
        if not any(data.values()):
            raise ValidationError("give columns or drop, rename, or one of the others.", "columns")
        if "columns" in data and "drop" in data:
            raise ValidationError("give either columns or drop.", "drop")


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, with its pointer within the step."""
    named = [(f"/{of}/{i}", column) for of in ("columns", "drop") for i, column in enumerate(params.get(of, ()))]
    return [*named, *((f"/rename{at}", column) for at, column, _ in renamed_columns(params.get("rename", {})))]


def traits(params: dict[str, Any]) -> Traits:
    """How the engine runs it: with a pass to find the empty columns if those are to go."""
    if params.get("drop_empty"):
        return Traits("mapper", studies=True, settles=True, names_from_data=True)
    return Traits("mapper", stateless=True)


class Select(Written, Mapper):
    """Takes columns by their positions. One pass, stateless; memory: a batch."""

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.params, self.context, self.pointer = params, context, pointer
        found = dict(columns(params))
        named = {at: context.position(column, pointer + at) for at, column in found.items()}
        chosen = [named[at] for at in found if at.startswith("/columns/")]
        gone = {named[at] for at in found if at.startswith("/drop/")}
        if "rename" in params and not context.header:
            raise InvalidInput("rename: the file has no header that holds names.", pointer=f"{pointer}/rename")
        renamed = renamed_columns(params.get("rename", {}))
        self.renamed = {named[f"/rename{at}"]: new for at, _, new in renamed}
        self.rest = None if "columns" in params else len(context.columns)
        self.choose(chosen or [position for position in range(len(context.columns)) if position not in gone])
        self.same = len(self.positions) == len(context.columns) and not {"columns", "drop"} & set(params)
        self.same = self.same and not byte_dialect_of(context).dialect.skip_space
        self.filled = 0

    def choose(self, positions: list[int]) -> None:
        """Set which columns stay. Raises `InvalidInput` if there are none, or if a name cannot be written."""
        if not positions:
            raise InvalidInput("drop: at least one column must stay.", pointer=f"{self.pointer}/drop")
        self.positions = positions
        names = self._names()
        super().__init__(self.context, names, self.pointer)
        each = zip(names, positions, strict=True)
        self.new = [
            None if new == self.context.columns[at] else encoded(new, self.byte_dialect, f"{self.pointer}/rename")
            for new, at in each
        ]
        self.times = Counter(positions)
        self.most = max(self.times.values())
        self.rewriting = Rewriting(self.byte_dialect, positions, self.bound.limit)

    def _names(self) -> list[str]:
        names = [self.renamed.get(at, self.context.columns[at]) for at in self.positions]
        if self.params.get("trim_names"):
            names = [trimmed(name) for name in names]
        if self.params.get("unique_names"):
            each = zip(names, self.positions, strict=True)
            names = numbered([name if trimmed(name) else f"column_{at + 1}" for name, at in each])
        return names

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """See `Headed.head`: the chosen columns by their new names."""
        each = zip(self.new, self.positions, strict=True)
        return self.top([fields[at] if new is None else new for new, at in each] if fields else fields)

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


class SelectFilled(Student, Select):
    """The same without the columns that are empty in every record, which a pass finds out; without records all stay."""

    def prepare(self, workspace: Workspace) -> Counts:
        """See `Behaviour.prepare`."""
        self.unfilled, self.seen = set(self.positions), 0
        return {}

    def study(self, batch: Batch) -> None:
        """See `Student.study`: columns that have something are looked at no more."""
        self.seen += len(batch)
        self.unfilled = {at for at in self.unfilled if _is_empty(batch, at)}

    def studied(self) -> None:
        """See `Student.studied`."""
        left = [at for at in self.positions if at not in self.unfilled]
        if self.seen and not left:
            detail = "drop_empty: all columns that are left are empty, and at least one must stay."
            raise InvalidInput(detail, pointer=f"{self.pointer}/drop_empty")
        if self.seen and self.unfilled:
            self.same = False
            self.choose(left)

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {**super().counts(), "empty_columns": len(self.unfilled) if self.seen else 0}


def _is_empty(batch: Batch, position: int) -> bool:
    mask = batch.text_mask(position, "==", b"")
    return not any(batch.column(position)) if mask is None else 0 not in mask


def build(params: dict[str, Any], context: Context, pointer: str) -> Select:
    """Takes columns by their positions. A field a record does not have is written as an empty one; fields beyond the
    header go with `columns` and stay last with the others. With nothing but names to change the records keep their
    bytes. Names are renamed, then trimmed, then made unique. One pass, stateless; memory: a batch. `drop_empty` takes
    one pass more; without records all columns stay, and the steps after it are checked when it has run.
    """
    return (SelectFilled if params.get("drop_empty") else Select)(params, context, pointer)


OPERATION = Operation(
    name="select",
    kind="mapper",
    summary="Keep, drop, reorder and rename columns.",
    purpose="Change columns and values",
    words="columns rename reorder drop delete cut",
    params=Params,
    example={"op": "select", "columns": ["email", "id"], "rename": {"email": "mail"}},
    build=build,
    columns=columns,
    traits=traits,
)
