"""concat: the records of other files after those of the first, columns matched by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.csvio.batch import Batch
from csvapi.csvio.parsed_batch import ParsedBatch
from csvapi.errors import InvalidInput
from csvapi.steps.column_names import NearColumns, alike, check_names, same_places
from csvapi.steps.growth import Part, some
from csvapi.steps.mapping import Mapper
from csvapi.steps.params import IGNORABLE, Alternative, FileField, ignore_field
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
    ignore = ignore_field(*IGNORABLE, what="Match names of columns")
    source = fields.String(
        validate=validate.Length(min=1, error="must not be empty."),
        metadata={"description": "The name of a column that says of each record which file it is from."},
    )
    names = fields.List(
        fields.String(),
        metadata={"description": "What the files are called in that column, this one first; default their names."},
    )
    alternatives = (
        Alternative("Without their names"),
        Alternative("With their names", ("source",), ("names",)),
    )

    @validates_schema
    def one_name_each(self, data: dict[str, Any], **_: object) -> None:
        """Refuse names that are not wanted, or not one for each file."""
        if "names" in data and "source" not in data:
            raise ValidationError("means something only together with source.", "names")
        if "names" in data and len(data["names"]) > 1 + len(data["files"]):
            raise ValidationError(
                f"must be at most {1 + len(data['files'])}: this file's, and one for each of files.", "names"
            )


def files(params: dict[str, Any]) -> list[tuple[str, FileId]]:
    """The other files that the parameters name, each with its pointer within the step."""
    return [(f"/files/{number}", name) for number, name in enumerate(params["files"])]


def nameless(params: dict[str, Any]) -> list[FileId | None]:
    """The files, None for the first one, whose names are wanted and not given."""
    return [None, *params["files"]] if "source" in params and "names" not in params else []


def traits(params: dict[str, Any]) -> Traits:
    """How the engine runs it: its output is a file of its own."""
    return Traits("mapper", stateless=True, settles=True)


class Concat(Written, Mapper):
    """Columns that the first file does not have come after its own; what a record does not have is empty. `source` is
    a column behind all others.

    A file whose header is the first file's is appended by position, whatever names repeat in it. The columns of any
    other file are matched by name: a name that it has more than once, or that it has and the first file has more than
    once, is refused with `AmbiguousColumn`. With `ignore`, names that are alike but for case or space are one, written
    as the first file that has it writes it. Where there is no new column, the first file's records keep their bytes.
    One pass over each; no memory.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.second_inputs = [SecondInput(context, name, pointer + at) for at, name in files(params)]
        self.fold = alike(params.get("ignore", ()))
        first = context.columns
        names = list(first)
        for second in self.second_inputs:
            check_names(first, second, pointer, self.fold)
            if same_places(first, len(first), second, self.fold) != [*range(len(second.columns))]:
                known = set(map(self.fold, names))
                names += [name for name in second.columns if self.fold(name) not in known]
        self.matched = list(names)
        self.remarks = NearColumns.of(names, len(first))
        if "source" in params:
            names.append(_new(params["source"], names, f"{pointer}/source"))
        before = byte_dialect_of(context)
        self.same = names == first and not before.dialect.skip_space
        super().__init__(context, names, pointer)
        self.names, self.width = names, len(first)
        self.called = self._called(params, pointer)
        self.out = 0

    def _called(self, params: dict[str, Any], pointer: str) -> list[list[bytes]]:
        """For each file, the first one first, the cell that says which it is; none of them where nobody asks."""
        files: list[FileId | None] = [None, *params["files"]]
        if "source" not in params:
            return [[] for _ in files]
        given = params.get("names", [])
        default = ["" if name is None else str(name) for name in files[len(given) :]]
        return [[encoded(name, self.byte_dialect, f"{pointer}/names")] for name in [*given, *default]]

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
        more = [*[b""] * (len(self.matched) - self.width), *self.called[0]]
        rows, part = [], Part(self.bound)
        for number, row in enumerate(batch.rows):
            if not part.takes(len(batch.raw[number]) + len(self.names) + sum(map(len, more)), row):
                break
            fields = batch.fields(number)
            if more:
                fields = [*fields, *[b""] * (self.width - len(fields))]
            rows.append([*fields[: self.width], *more, *fields[self.width :]])
        return batch_of(rows, batch.rows[: len(rows)], self.byte_dialect, self.bound)

    def more(self) -> Iterator[Batch]:
        """The other files' records, written in this one's dialect; fields beyond their header stay last."""
        for second, called in zip(self.second_inputs, self.called[1:], strict=True):
            places = same_places(self.matched, self.width, second, self.fold)
            for batch in second.batches():
                for few in some(batch, len(places)):
                    with second.blamed():
                        yield self._placed(second, few, places, called)

    def _placed(self, second: SecondInput, batch: Batch, places: list[int | None], called: list[bytes]) -> Batch:
        rows, width = [], len(second.columns)
        for number, row in enumerate(batch.rows):
            self.bound.check(len(batch.raw[number]) + len(places) + sum(map(len, called)), row)
            fields: list[bytes | None] = [*batch.fields(number)]
            fields += [None] * (width - len(fields))
            cells = [None if place is None else fields[place] for place in places]
            made = second.into(self.byte_dialect, [*cells, *fields[width:]])
            rows.append([*made[: len(cells)], *called, *made[len(cells) :]])
        return batch_of(rows, batch.rows, self.byte_dialect, self.bound)

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"out": self.out}


def _new(name: str, names: list[str], pointer: str) -> str:
    if name in names:
        raise InvalidInput(f"source: there is a column {name!r} already; choose another name.", pointer=pointer)
    return name


OPERATION = Operation(
    name="concat",
    kind="mapper",
    summary="Add the records of other files, columns matched by name.",
    purpose="Combine and compare files",
    words="append merge stack union months exports",
    params=Params,
    example={"op": "concat", "files": [2, 3]},
    build=Concat,
    files=files,
    nameless=nameless,
    traits=traits,
    spreads=lambda _: True,
)
