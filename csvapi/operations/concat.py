"""concat: the records of other files after those of the first, columns matched by name."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields, validate

from csvapi.csvio.batch import Batch
from csvapi.csvio.parsed_batch import ParsedBatch
from csvapi.errors import AmbiguousColumn
from csvapi.steps.growth import Part, some
from csvapi.steps.mapping import Mapper
from csvapi.steps.params import FileField
from csvapi.steps.second_input import SecondInput
from csvapi.steps.step import Operation, Traits
from csvapi.steps.writing import Written, batch_of, byte_dialect_of, encoded, movable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.steps.step import Context, Counts, FileId


class Params(Schema):
    """The parameters of concat."""

    files = fields.List(
        FileField(),
        required=True,
        validate=validate.Length(min=1, max=100, error="must name 1 to {max} files."),
        metadata={"description": "The other files, in order."},
    )


def files(params: dict[str, Any]) -> list[tuple[str, FileId]]:
    """The other files that the parameters name, each with its pointer within the step."""
    return [(f"/files/{number}", name) for number, name in enumerate(params["files"])]


def traits(params: dict[str, Any]) -> Traits:
    """How the engine runs it: its output is a file of its own."""
    return Traits("mapper", stateless=True, settles=True)


class Concat(Written, Mapper):
    """Columns that the first file does not have come after its own; what a record does not have is empty.

    A file whose header is the first file's is appended by position, whatever names repeat in it. The columns of any
    other file are matched by name: a name that it has more than once, or that it has and the first file has more than
    once, is refused with `AmbiguousColumn`. Where the others bring no new column, the first file's records keep their
    bytes. One pass over each; no memory.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.second_inputs = [SecondInput(context, name, pointer + at) for at, name in files(params)]
        first = context.columns
        names = list(first)
        for second in self.second_inputs:
            if second.columns != first:
                _check_names(first, second, pointer)
                known = set(names)
                names += [name for name in second.columns if name not in known]
        before = byte_dialect_of(context)
        self.same = names == first and not before.dialect.skip_space
        super().__init__(context, names, pointer)
        self.names, self.width, self.first = names, len(first), first
        self.out = 0

    def prepare(self, workspace: object) -> Counts:
        """See `Behaviour.prepare`."""
        self.out = 0
        return {}

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """See `Headed.head`: the first file's names, then those that only other files have."""
        new = [encoded(name, self.byte_dialect) for name in self.names[self.width :]]
        return self.top([*fields, *new] if fields else fields)

    def map(self, batch: Batch) -> Batch:
        """The first records of the batch, as many as fit into a part."""
        done = self._same(batch) if self.same else self._wider(batch)
        self.out += len(done)
        return done

    def _same(self, batch: Batch) -> Batch:
        return ParsedBatch(batch.byte_dialect, movable(batch), batch.line_texts, batch.rows, batch.parsed_fields)

    def _wider(self, batch: Batch) -> Batch:
        more = [b""] * (len(self.names) - self.width)
        rows, part = [], Part(self.bound)
        for number, row in enumerate(batch.rows):
            if not part.takes(len(batch.raw[number]) + len(self.names), row):
                break
            fields = batch.fields(number)
            if more:
                fields = [*fields, *[b""] * (self.width - len(fields))]
            rows.append([*fields[: self.width], *more, *fields[self.width :]])
        return batch_of(rows, batch.rows[: len(rows)], self.byte_dialect, self.bound)

    def more(self) -> Iterator[Batch]:
        """The other files' records, written in this one's dialect; fields beyond their header stay last."""
        for second in self.second_inputs:
            places, width = self._places(second), len(second.columns)
            for batch in second.batches():
                for few in some(batch, len(places)):
                    yield self._placed(second, few, places, width)

    def _placed(self, second: SecondInput, batch: Batch, places: list[int | None], width: int) -> Batch:
        rows = []
        for number, row in enumerate(batch.rows):
            self.bound.check(len(batch.raw[number]) + len(places), row)
            fields: list[bytes | None] = [*batch.fields(number)]
            fields += [None] * (width - len(fields))
            cells = [None if place is None else fields[place] for place in places]
            rows.append(second.into(self.byte_dialect, [*cells, *fields[width:]]))
        with second.blamed():
            return batch_of(rows, batch.rows, self.byte_dialect, self.bound)

    def _places(self, second: SecondInput) -> list[int | None]:
        """For each column of the result, the other file's one that it takes its values from."""
        if second.columns == self.first:
            return [*range(self.width), *[None] * (len(self.names) - self.width)]
        known = {name: place for place, name in enumerate(second.columns)}
        return [known.get(name) for name in self.names]

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"out": self.out}


def _check_names(first: list[str], second: SecondInput, pointer: str) -> None:
    """Raise `AmbiguousColumn` for a name by which the columns of two different headers cannot be matched."""
    with second.blamed():
        if twice := _repeated(second.columns, set(second.columns)):
            raise AmbiguousColumn(_two(second.columns, twice), pointer=second.pointer)
    if twice := _repeated(first, set(second.columns)):
        raise AmbiguousColumn(f"{_two(first, twice)} File {second.name} has {twice!r}, too.", pointer=pointer)


def _repeated(columns: list[str], wanted: set[str]) -> str | None:
    return next((name for name, times in Counter(columns).items() if times > 1 and name in wanted), None)


def _two(columns: list[str], name: str) -> str:
    places = [place for place, each in enumerate(columns, start=1) if each == name]
    kept = json.dumps({"op": "select", "drop": [{"index": place} for place in places[1:]]})
    return (
        f"Columns of different headers are matched by name, and columns {', '.join(map(str, places))} are all called "
        f"{name!r}; keep one of them first, as with the step {kept}."
    )


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
