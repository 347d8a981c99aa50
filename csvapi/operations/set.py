"""set: change the values of some columns: trim, collapse, replace, case, fill, Unicode form."""

from __future__ import annotations

from operator import ne
from typing import TYPE_CHECKING, Any, cast

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.rewriting import Rewriting
from csvapi.errors import InvalidInput, TooLarge
from csvapi.native.rewriting import CellTexts
from csvapi.steps.cell_changes import CellChanges
from csvapi.steps.growth import Part, TooLong
from csvapi.steps.mapping import Mapper
from csvapi.steps.params import Alternative, columns_field, compiled, flag
from csvapi.steps.step import Operation, Traits
from csvapi.steps.template import template
from csvapi.steps.text_changes import CASES, changes
from csvapi.steps.writing import Written, batch_of, encoded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.batch import Batch
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.step import Column, Context, Counts

_REMEMBERED, _SHARE = 1 << 22, 128  # bytes of memory for cells and their new values, at most; and of which part of it
_LONGEST, _ENTRY = 700, 250  # of them for one cell, and besides its text
_LONG_RECORD = 4096  # bytes, on average: of such ones the kernel takes no copies
_LONGER = 2  # times the records that their new values may take together, where the kernel writes them


class Replacement(Schema):
    """`text` literally, or `pattern` as RE2; in `with` `\\1` stands for a pattern's first group (`steps.template`)."""

    text = fields.String(
        validate=validate.Length(min=1, error="must not be empty."),
        metadata={"description": "What to look for, literally."},
    )
    pattern = fields.String(metadata={"description": "What to look for, as RE2."})
    with_ = fields.String(
        data_key="with",
        attribute="with",
        required=True,
        metadata={"description": "What stands there instead; of a pattern `\\1` is the first group."},
    )
    alternatives = (Alternative("Text", ("text",)), Alternative("Pattern", ("pattern",)))

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: object) -> None:
        """Refuse anything but one of a text and a pattern."""
        if ("text" in data) == ("pattern" in data):
            raise ValidationError("give either text or pattern.", "text")
        if "pattern" in data:
            template(data["with"], compiled(data["pattern"], "pattern"))


class Params(Schema):
    """The parameters of set."""

    columns = columns_field(metadata={"description": "The columns to change; without it, all."})
    nfc = flag("Compose characters (Unicode NFC), so that equal text is equal.")
    trim = flag("Remove white space, zero width spaces and byte order marks at both ends.")
    collapse = flag("Make one space of each run of white space.")
    replace = fields.List(
        fields.Nested(Replacement),
        validate=validate.Length(min=1, max=100, error="must hold 1 to {max} replacements."),
        metadata={"description": "Replacements, one after the other."},
    )
    case = fields.String(
        validate=validate.OneOf((*CASES, "title"), error="must be one of: {choices}."),
        metadata={"description": "upper, lower, or title: each word with a capital first."},
    )
    fill = fields.String(metadata={"description": "What an empty value becomes."})
    fill_previous = flag("An empty value becomes the one above it in its column.")
    alternatives = (
        Alternative("With fill", ("fill",)),
        Alternative("Without fill", (), ("fill_previous",)),
    )

    @validates_schema
    def something_to_do(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a step that would change nothing, or fill in two ways."""
        if not any(value for name, value in data.items() if name != "columns"):
            raise ValidationError("give at least one of nfc, trim, collapse, replace, case, fill, fill_previous.")
        if "fill" in data and data.get("fill_previous"):
            raise ValidationError("give either fill or fill_previous.", "fill")


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, with its pointer within the step."""
    return [(f"/columns/{number}", column) for number, column in enumerate(params.get("columns", ()))]


def traits(params: dict[str, Any]) -> Traits:
    """How the engine runs it: only `fill_previous` depends on the records before."""
    previous = bool(params.get("fill_previous"))
    return Traits("mapper", stateless=not previous, settles=previous)


class Set(Written, Mapper):
    """Changes cells as text. One pass, stateless but for `fill_previous`; memory: a part, and some short cells.

    An absent field stays absent. A cell with bytes that are no text is not shown to a pattern.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        super().__init__(context, context.columns, pointer)
        named = [context.position(column, pointer + at) for at, column in columns(params)]
        self.positions = sorted(set(named)) or range(len(context.columns))
        self.names = context.columns
        self.changes = changes(params, context.max_record, self._heartbeat)
        self.pointer = pointer
        self.previous: dict[int, bytes] | None = {} if params.get("fill_previous") else None
        self.known: dict[bytes, bytes] = {}
        self.remembered = self.changed = 0
        self.memory = _REMEMBERED
        width, number = len(context.columns), {position: at for at, position in enumerate(self.positions)}
        order = [width + number[position] if position in number else position for position in range(width)]
        self.rewriting = Rewriting(self.byte_dialect, order, self.bound.limit)
        self.same = Rewriting(self.byte_dialect, range(width), self.bound.limit)
        self.kernel = CellChanges.of(params, self.byte_dialect, self._known_value)

    def prepare(self, workspace: Workspace) -> Counts:
        """Forget the values above, and fit what is remembered to the memory. See `Behaviour.prepare`."""
        self.previous = None if self.previous is None else {}
        self.memory = min(_REMEMBERED, workspace.memory // _SHARE)
        return {}

    def _heartbeat(self) -> None:
        self.heartbeat()

    def map(self, batch: Batch) -> Batch:
        """The first records of the batch, as many as fit into a part; of an indexed one all, whose other columns
        never become objects."""
        if self.rewriting.takes(batch) and self.previous is None and (written := self._indexed(batch)) is not None:
            return written
        rows: list[list[bytes]] = []
        part = Part(self.bound)
        for index, row in enumerate(batch.rows):
            fields = list(batch.fields(index))
            size, changed = self._change(fields, len(batch.raw[index]), row)
            if not part.takes(size, row):
                break
            rows.append(fields)
            self.changed += changed
        return batch_of(rows, batch.rows[: len(rows)], self.byte_dialect, self.bound)

    def _indexed(self, batch: IndexedBatch) -> Batch | None:
        """Write the batch by the kernel; None where the values are much longer than the records or the kernel cannot
        write them, so that an error can be located record by record."""
        room = _LONGER * batch.index.size
        if batch.index.size > _LONG_RECORD * len(batch.index):
            return None
        try:
            found = (self.kernel.texts if self.kernel else self._texts)(batch, self.positions, room)
        except (InvalidInput, TooLarge):
            return None
        if found is None:
            return None
        texts, changed = found
        written = self.rewriting.of(batch, texts) if changed else self.same.of(batch)
        if written is not None:
            self.changed += changed
        return written

    def _texts(self, batch: IndexedBatch, positions: Sequence[int], room: int) -> tuple[list[CellTexts], int] | None:
        """What the cells of these columns become, and how many change; None beyond `room` bytes."""
        texts, changed = [], 0
        for position in positions:
            cells = batch.cells(position)
            values = self._values(cells, batch.rows, position, room)
            if values is None:
                return None
            texts.append(CellTexts.of(values))
            room -= len(texts[-1].text)
            if room < 0:
                return None
            changed += sum(map(ne, cells, values))
        return texts, changed

    def _known_value(self, cell: bytes, row: int, position: int) -> bytes:
        known = self.known.get(cell)
        return self._value(cell, row, position) if known is None else known

    def _values(self, cells: list[bytes], rows: Sequence[int], position: int, room: int) -> list[bytes] | None:
        """What the cells of a column become; None as soon as the new texts take more than `room` bytes."""
        values = list(map(self.known.get, cells))
        for index, value in enumerate(values) if None in values else ():
            if value is None:
                values[index] = made = self._known_value(cells[index], rows[index], position)
                if (room := room - len(made)) < 0:
                    return None
        return cast("list[bytes]", values)

    def _change(self, fields: list[bytes], size: int, row: int) -> tuple[int, int]:
        """Change the fields of a record of `size` bytes: how many it has then, and how many fields are others."""
        changed, width, known, previous = 0, len(fields), self.known.get, self.previous
        for position in self.positions:
            if position >= width:
                break
            cell = fields[position]
            value = known(cell)
            if value is None:
                value = self._value(cell, row, position)
            if previous is not None:
                value = _filled(previous, position, value)
            if value != cell:
                fields[position] = value
                size += len(value) - len(cell)
                changed += 1
                if size > self.bound.limit:
                    raise self.bound.refused(size, row, self.names[position])
        return size, changed

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"changed": self.changed}

    def _value(self, cell: bytes, row: int, position: int) -> bytes:
        """What a cell becomes, which is remembered where it is short."""
        value = self._made(cell, row, position)
        size = len(cell) + len(value) + _ENTRY
        if size <= _LONGEST:
            if self.remembered > self.memory:
                self.known.clear()
                self.remembered = 0
            self.known[cell] = value
            self.remembered += size
        return value

    def _made(self, cell: bytes, row: int, position: int) -> bytes:
        text = cell.decode(self.byte_dialect.inner, self.byte_dialect.errors)
        try:
            for change in self.changes:
                text = change(text)
        except TooLong as error:
            raise self.bound.refused(error.size, row, self.names[position]) from error
        return encoded(text, self.byte_dialect, self.pointer)


def _filled(previous: dict[int, bytes], position: int, value: bytes) -> bytes:
    if value:
        previous[position] = value
    return value or previous.get(position, b"")


OPERATION = Operation(
    name="set",
    kind="mapper",
    summary="Change values: trim, collapse spaces, replace, change case, fill empty ones, compose Unicode.",
    purpose="Change columns and values",
    words="clean upper uppercase lowercase spaces blanks find dates iso decimal comma currency percent format phone",
    params=Params,
    example={"op": "set", "columns": ["email"], "trim": True, "case": "lower", "fill": "unknown"},
    build=Set,
    columns=columns,
    traits=traits,
)
