"""derive: a column of values that are made of others, of the record's place or of the file's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.csvio.batch import BLOCK_SIZE
from csvapi.csvio.rewriting import Rewriting
from csvapi.errors import InvalidInput
from csvapi.native.rewriting import CellTexts
from csvapi.steps.derived import Constant, FirstFilled, Joined, Masked, RowNumber, parts
from csvapi.steps.emptiness import blank_values, note_blank
from csvapi.steps.growth import CELLS, Part
from csvapi.steps.hashed import Hash, hashed
from csvapi.steps.mapping import Mapper
from csvapi.steps.params import Alternative, ColumnField, columns_field, flag, whole
from csvapi.steps.step import Operation, Traits
from csvapi.steps.writing import Written, batch_of, byte_dialect_of, encoded

if TYPE_CHECKING:
    from csvapi.csvio.batch import Batch
    from csvapi.csvio.indexed import IndexedBatch
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.derived import Source
    from csvapi.steps.step import Column, Context, Counts

SOURCES = ("template", "constant", "row_number", "first_filled", "file_name", "mask", "hash")
_ROOM = 16 * BLOCK_SIZE  # bytes that the values of a batch may take together, where the kernel writes them
_PIECES = 1 << 20  # of which they may be put together
_KEPT = 4  # characters that a mask keeps


class Mask(Schema):
    """What is masked, and how."""

    column = ColumnField(required=True, metadata={"description": "The column whose values are masked."})
    keep = whole(
        f"How many characters at the end stay; default {_KEPT}. A value with no more is masked whole.", 0, default=_KEPT
    )
    with_ = fields.String(
        data_key="with",
        attribute="with",
        validate=validate.Length(equal=1, error="must be one character."),
        metadata={"description": "The character that stands for each other one; default *.", "default": "*"},
    )


def _yes(description: str) -> fields.Boolean:
    """A source that has no more to say than that it is wanted."""
    wanted = validate.Equal(True, error="must be true, or left out.")
    return fields.Boolean(truthy={True}, falsy={False}, validate=wanted, metadata={"description": description})


class Params(Schema):
    """The parameters of derive."""

    column = ColumnField(
        required=True, metadata={"description": "The new column's name; with over, the column to write over."}
    )
    over = flag("Write over a column that the file has, instead of adding one after the last.")
    template = fields.String(
        metadata={
            "description": "Text with columns in braces, as in {first} {last}; {#3} is the third column, and {{ and }} "
            "are braces."
        }
    )
    constant = fields.String(metadata={"description": "The same text in every record."})
    row_number = _yes("The record's number in the file that the step reads, from 1; dropped records count, too.")
    first_filled = columns_field(metadata={"description": "The first value of these columns that is not empty."})
    file_name = _yes("The name of the input file.")
    mask = fields.Nested(Mask, metadata={"description": "A column's values, but only their last characters."})
    hash = fields.Nested(
        Hash, metadata={"description": "The keyed hash (HMAC-SHA-256) of a column's values: a pseudonym of each."}
    )

    alternatives = (
        Alternative("Template", ("template",)),
        Alternative("Constant", ("constant",)),
        Alternative("Row number", ("row_number",), changes={"row_number": {"const": True}}),
        Alternative("First filled value", ("first_filled",)),
        Alternative("File name", ("file_name",), changes={"file_name": {"const": True}}),
        Alternative("Masked value", ("mask",)),
        Alternative("Keyed hash", ("hash",)),
    )

    @validates_schema
    def one_source(self, data: dict[str, Any], **_: object) -> None:
        """Refuse anything but one source of values, and a new column without a name."""
        given = [name for name in SOURCES if name in data]
        if len(given) != 1:
            raise ValidationError(f"give exactly one of {', '.join(SOURCES)}.", given[1] if given else "template")
        if isinstance(data["column"], dict) and not data.get("over"):
            raise ValidationError('must be a name; only with "over": true it may be a position.', "column")
        if "template" in data:
            parts(data["template"])


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name and the file must have, with its pointer within the step."""
    found: list[tuple[str, Column]] = [("/column", params["column"])] if params.get("over") else []
    found += [("/template", part[0]) for part in parts(params.get("template", "")) if isinstance(part, tuple)]
    found += [(f"/first_filled/{number}", column) for number, column in enumerate(params.get("first_filled", ()))]
    found += [(f"/{source}/column", params[source]["column"]) for source in ("mask", "hash") if source in params]
    return found


def keys(params: dict[str, Any]) -> list[str]:
    """Which parameters name a key."""
    return ["hash"] if "hash" in params else []


def traits(params: dict[str, Any]) -> Traits:
    """How the engine runs it: a row's number depends on the records before; a file's name is noted in one place."""
    return Traits("mapper", stateless=not (params.get("row_number") or params.get("file_name")))


class Derive(Written, Mapper):
    """The new column is the last one, before what a record has beyond the header; a record without some of the header's
    fields gets empty ones. Records are written anew, all other values stay as they are. A file without a header gets
    the column without its name. One pass, stateless but for `row_number` and `file_name`; memory: a part.

    A hash is the HMAC-SHA-256 of the value's text in UTF-8: the same value has the same hash with the same key, in
    every file and run, so that pseudonymised files can be joined; an empty value stays empty. Nobody finds the value
    from its hash without the key. Who has the key, or may use it, can try values until one fits: short ones, such as
    phone numbers, dates of birth or postcodes, are soon found. Spaces and case count: trim and lower them first.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        name, width = params["column"], len(context.columns)
        over = bool(params.get("over"))
        if not over and name in context.columns:
            detail = f'column: there is a column {name!r} already; choose another name, or write over it: "over": true.'
            raise InvalidInput(detail, pointer=f"{pointer}/column")
        super().__init__(context, context.columns if over else [*context.columns, name], pointer)
        self.over, self.width = over, width
        self.position = context.position(name, f"{pointer}/column") if over else width
        self.name = self.after.columns[self.position]
        self.named = b"" if over else encoded(name, self.byte_dialect, f"{pointer}/column")
        self.file_name = context.file_name if params.get("file_name") else None
        self.source = _source(params, context, pointer)
        order = [width if over and at == self.position else at for at in range(len(self.after.columns))]
        self.rewriting = Rewriting(self.byte_dialect, order, self.bound.limit)
        self.filled = 0
        found = isinstance(self.source, FirstFilled)
        self.remarks = [blank_values(f"first filled values for {self.name!r}")] if found else []

    def prepare(self, workspace: Workspace) -> Counts:
        """See `Behaviour.prepare`; the receipt says which name was written."""
        self.filled = 0
        return {} if self.file_name is None else {"file_name": self.file_name}

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """See `Headed.head`: the names, and the new column's."""
        return self.top(fields if self.over or not fields else [*fields, self.named])

    def map(self, batch: Batch) -> Batch:
        """The first records of the batch, as many as fit into a part; of an indexed one all, whose other columns
        never become objects."""
        if self.rewriting.takes(batch) and (written := self._indexed(batch)) is not None:
            return written
        batch = batch.part(0, max(1, CELLS // max(1, self.source.pieces)))
        cells = [[cell or b"" for cell in batch.column(position)] for position in self.source.positions]
        count = self._fitting(batch, self.source.sizes(cells, batch.rows))
        numbers = batch.rows[:count]
        values = self.source.values([column[:count] for column in cells], numbers)
        note_blank(self.remarks, values, numbers, self.byte_dialect)
        rows = [self._with(batch.fields(index), value) for index, value in enumerate(values)]
        return batch_of(rows, numbers, self.byte_dialect, self.bound)

    def _indexed(self, batch: IndexedBatch) -> Batch | None:
        """None where the values are many times as long as the records, or not for the kernel to write."""
        if batch.width != self.width or self.source.pieces * len(batch) > _PIECES:
            return None
        cells = [batch.cells(position) for position in self.source.positions]
        if sum(self.source.sizes(cells, batch.rows)) > _ROOM:
            return None
        values = self.source.values(cells, batch.rows)
        written = self.rewriting.of(batch, [CellTexts.of(values)])
        if written is not None:
            note_blank(self.remarks, values, batch.rows, self.byte_dialect)
        return written

    def _fitting(self, batch: Batch, sizes: list[int]) -> int:
        """How many of the first records are a part, with values of these sizes."""
        part = Part(self.bound)
        for index, (row, size) in enumerate(zip(batch.rows, sizes, strict=True)):
            fields = batch.fields(index)
            others = [*fields[: self.position], *fields[self.position + self.over :]]
            together = sum(map(len, others)) + max(len(others), self.position) + 1 + size
            self.bound.check(together, row, self.name)
            if not part.takes(together, row):
                break
        return part.count

    def _with(self, fields: list[bytes], value: bytes) -> list[bytes]:
        """The fields of a record with the value among them."""
        missing = [b""] * (self.position - len(fields))
        self.filled += len(missing)
        return [*fields[: self.position], *missing, value, *fields[self.position + self.over :]]

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"filled": self.filled}


def _source(params: dict[str, Any], context: Context, pointer: str) -> Source:
    byte_dialect = byte_dialect_of(context)
    if "constant" in params:
        return Constant(encoded(params["constant"], byte_dialect, f"{pointer}/constant"))
    if params.get("row_number"):
        return RowNumber()
    if params.get("file_name"):
        if context.file_name == "":
            detail = "file_name: standard input has no name; give a constant instead, or the file by its path."
            raise InvalidInput(detail, pointer=f"{pointer}/file_name")
        return Constant(encoded(context.file_name or "", byte_dialect, f"{pointer}/file_name"))
    if "mask" in params:
        mask = params["mask"]
        mark = encoded(mask.get("with", "*"), byte_dialect, f"{pointer}/mask/with")
        position = context.position(mask["column"], f"{pointer}/mask/column")
        return Masked(byte_dialect, position, mask.get("keep", _KEPT), mark)
    if "hash" in params:
        return hashed(params["hash"], context, f"{pointer}/hash") or Constant(b"")
    if "first_filled" in params:
        named = enumerate(params["first_filled"])
        found = [context.position(column, f"{pointer}/first_filled/{number}") for number, column in named]
        return FirstFilled(list(dict.fromkeys(found)))
    return _joined(params["template"], context, f"{pointer}/template")


def _joined(template: str, context: Context, pointer: str) -> Joined:
    """Each column is read once, however often it stands there."""
    number: dict[int, int] = {}
    made: list[bytes | int] = []
    for part in parts(template):
        if isinstance(part, str):
            made.append(encoded(part, byte_dialect_of(context), pointer))
        else:
            made.append(number.setdefault(context.position(part[0], pointer), len(number)))
    return Joined(made, tuple(number))


OPERATION = Operation(
    name="derive",
    kind="mapper",
    summary="Add a column: a template, constant, row number, first filled value, file name, mask or keyed hash.",
    purpose="Change columns and values",
    words="new column number concatenate combine coalesce fill empty another pseudonymise anonymise gdpr personal data",
    params=Params,
    example={"op": "derive", "column": "contact", "template": "{email} ({id})"},
    build=Derive,
    columns=columns,
    traits=traits,
    keys=keys,
)
