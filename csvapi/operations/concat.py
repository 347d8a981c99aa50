"""concat: the records of other files behind those of the first, columns matched by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields, validate

from csvapi.csvio.blocks import Block
from csvapi.errors import AmbiguousColumn
from csvapi.operations.other import Other
from csvapi.operations.params import FileField
from csvapi.operations.step import Operation, Traits
from csvapi.operations.writing import Written, block_of, encoded, movable, wire_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.operations.step import Context, Counts, FileId


class Params(Schema):
    files = fields.List(
        FileField(),
        required=True,
        validate=validate.Length(min=1, max=100, error="must name 1 to {max} files."),
        metadata={"description": "The other files, in order."},
    )


def files(params: dict[str, Any]) -> list[tuple[str, FileId]]:
    return [(f"/files/{number}", name) for number, name in enumerate(params["files"])]


def traits(params: dict[str, Any]) -> Traits:
    return Traits("mapper", settles=True)


class Concat(Written):
    """Columns that the first file does not have come behind its own; what a record does not have is empty.

    Where the others bring no new column, the first file's records keep their bytes. One pass over each; no memory.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.others = [Other(context, name, pointer + at) for at, name in files(params)]
        names = list(context.columns)
        for other in self.others:
            _check_names(other.columns, other.pointer)
            names += [name for name in other.columns if name not in names]
        if len(names) > len(context.columns):
            _check_names(context.columns, pointer)
        before = wire_of(context)
        self.same = names == context.columns and not before.dialect.skip_space
        super().__init__(context, names)
        self.names, self.width = names, len(context.columns)
        self.out = 0

    def prepare(self, room: object) -> None:
        self.out = 0

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        new = [encoded(name, self.wire) for name in self.names[self.width :]]
        return self.top([*fields, *new] if fields else fields)

    def map(self, block: Block) -> Block:
        self.out += len(block)
        if self.same:
            return Block(block.wire, movable(block), block.plain, block.rows, block.odd)
        more = [b""] * (len(self.names) - self.width)
        rows = []
        for number in range(len(block)):
            fields = block.fields(number)
            if more:
                fields = [*fields, *[b""] * (self.width - len(fields))]
            rows.append([*fields[: self.width], *more, *fields[self.width :]])
        return block_of(rows, block.rows, self.wire)

    def more(self) -> Iterator[Block]:
        """The other files' records, written in this one's dialect; fields beyond their header stay last."""
        for other in self.others:
            places = [other.columns.index(name) if name in other.columns else None for name in self.names]
            width = len(other.columns)
            for block in other.blocks():
                rows = []
                for number in range(len(block)):
                    fields: list[bytes | None] = [*block.fields(number)]
                    fields += [None] * (width - len(fields))
                    cells = [None if place is None else fields[place] for place in places]
                    rows.append(other.into(self.wire, [*cells, *fields[width:]]))
                yield block_of(rows, block.rows, self.wire)

    def counts(self) -> Counts:
        return {"out": self.out}


def _check_names(columns: list[str], pointer: str) -> None:
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        detail = f"Columns are matched by name, and several are called {twice!r}; rename them with select first."
        raise AmbiguousColumn(detail, pointer=pointer)


OPERATION = Operation(
    name="concat",
    kind="mapper",
    summary="Add the records of other files, columns matched by name.",
    params=Params,
    example={"op": "concat", "files": [2, 3]},
    build=Concat,
    files=files,
    traits=traits,
)
