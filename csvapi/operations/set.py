"""set: change the values of some columns: trim, collapse, replace, case, fill, Unicode form, format."""

from __future__ import annotations

from operator import ne
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.rewriting import Rewriting
from csvapi.errors import InvalidInput, TooLarge
from csvapi.native.rewriting import CellTexts
from csvapi.steps.cell_changes import CellChanges
from csvapi.steps.cell_values import CellValues
from csvapi.steps.growth import KEY_COLUMNS, Part
from csvapi.steps.mapping import Mapper
from csvapi.steps.misses import Misses
from csvapi.steps.params import Alternative, columns_field, flag
from csvapi.steps.reformat import Reformat, Reformatting, formats
from csvapi.steps.replacement import Replacement
from csvapi.steps.step import Operation, Traits
from csvapi.steps.text_changes import CASES, changes
from csvapi.steps.writing import Written, batch_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.batch import Batch
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.step import Column, Context, Counts

_LONG_RECORD = 4096  # bytes, on average: of such ones the kernel takes no copies
_LONGER = 2  # times the records that their new values may take together, where the kernel writes them


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
    reformat = fields.Nested(
        Reformatting,
        metadata={"description": "Write numbers or dates of one format in another; others stay. It needs columns."},
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
            raise ValidationError(
                "give at least one of nfc, trim, collapse, replace, reformat, case, fill, fill_previous."
            )
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

    An absent field stays absent. A cell with bytes that are no text is not shown to a pattern. What does not have the
    format that `reformat` reads keeps it, and is counted; an empty cell stays empty.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        super().__init__(context, context.columns, pointer)
        named = {at: context.position(column, pointer + at) for at, column in columns(params)}
        if "reformat" in params and not 0 < len(named) <= KEY_COLUMNS:  # an id is not to become a number by accident
            detail = f"columns: reformat needs 1 to {KEY_COLUMNS} columns, by name or position, and has {len(named)}."
            raise InvalidInput(detail, pointer=f"{pointer}/columns")
        self.positions = sorted(set(named.values())) or range(len(context.columns))
        self.names = context.columns
        reformat = Reformat(*formats(params["reformat"])) if "reformat" in params else None
        made = changes(params, context.max_record, self._heartbeat, reformat)
        self.cells = CellValues(made, reformat, self.byte_dialect, self.bound, context.columns)
        self.misses = Misses.of(reformat, named, context, self.byte_dialect) if reformat else None
        self.remarks = list(self.misses.remarks.values()) if self.misses else []
        self.previous: dict[int, bytes] | None = {} if params.get("fill_previous") else None
        self.changed = 0
        width, number = len(context.columns), {position: at for at, position in enumerate(self.positions)}
        order = [width + number[position] if position in number else position for position in range(width)]
        self.rewriting = Rewriting(self.byte_dialect, order, self.bound.limit)
        self.same = Rewriting(self.byte_dialect, range(width), self.bound.limit)
        self.kernel = CellChanges.of(params, self.byte_dialect, self.cells.value)

    def prepare(self, workspace: Workspace) -> Counts:
        """Forget the values above, and fit what is remembered to the memory. See `Behaviour.prepare`."""
        self.previous = None if self.previous is None else {}
        self.cells.fit(workspace.memory)
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
            if self.misses:
                self.misses.see_record(row, batch.fields(index), fields)
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
            if self.misses:
                self.misses.count()
        return written

    def _texts(self, batch: IndexedBatch, positions: Sequence[int], room: int) -> tuple[list[CellTexts], int] | None:
        """What the cells of these columns become, and how many change; None beyond `room` bytes."""
        texts, changed = [], 0
        if self.misses:
            self.misses.forget()
        for position in positions:
            cells = batch.cells(position)
            values = self.cells.values(cells, batch.rows, position, room)
            if values is None:
                return None
            texts.append(CellTexts.of(values))
            room -= len(texts[-1].text)
            if room < 0:
                return None
            changed += sum(map(ne, cells, values))
            if self.misses:
                self.misses.see(position, batch.rows, cells, values)
        return texts, changed

    def _change(self, fields: list[bytes], size: int, row: int) -> tuple[int, int]:
        """Change the fields of a record of `size` bytes: how many it has then, and how many fields are others."""
        changed, width, known, previous = 0, len(fields), self.cells.known.get, self.previous
        for position in self.positions:
            if position >= width:
                break
            cell = fields[position]
            value = known(cell)
            if value is None:
                value = self.cells.value(cell, row, position)
            if previous is not None:
                value = _filled(previous, position, value)
            fields[position] = value
            if value != cell:
                size += len(value) - len(cell)
                changed += 1
                if size > self.bound.limit:
                    raise self.bound.refused(size, row, self.names[position])
        return size, changed

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"changed": self.changed} | (self.misses.counts() if self.misses else {})


def _filled(previous: dict[int, bytes], position: int, value: bytes) -> bytes:
    if value:
        previous[position] = bytes(value)
    return value or previous.get(position, b"")


OPERATION = Operation(
    name="set",
    kind="mapper",
    summary="Change values: trim, collapse spaces, replace, change case or format, fill empty ones, compose Unicode.",
    purpose="Change columns and values",
    words="clean upper uppercase lowercase spaces blanks find replace regex dates dd mm yyyy "
    "iso decimal comma currency money amounts numbers percent phone umlauts",
    params=Params,
    example={"op": "set", "columns": ["email"], "trim": True, "case": "lower", "fill": "unknown"},
    build=Set,
    columns=columns,
    traits=traits,
)
