"""set: change the values of some columns: trim, collapse, replace, case, fill, Unicode form."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.operations.params import columns_field, compiled, flag
from csvapi.operations.step import Operation, Traits
from csvapi.operations.template import template
from csvapi.operations.writing import Written, block_of, encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from csvapi.csvio.blocks import Block
    from csvapi.operations.step import Column, Context, Counts

_REMEMBERED, _LONGEST = 10_000, 500  # distinct cells per step, and bytes of one with its new value: bounds the memory
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_CASES: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": lambda text: _WORD.sub(lambda word: word[0][0].upper() + word[0][1:].lower(), text),
}


class Replacement(Schema):
    """`text` literally, or `pattern` as RE2; in `with` `\\1` stands for a pattern's first group (see `template`)."""

    text = fields.String(validate=validate.Length(min=1, error="must not be empty."))
    pattern = fields.String()
    with_ = fields.String(data_key="with", attribute="with", required=True)

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: object) -> None:
        if ("text" in data) == ("pattern" in data):
            raise ValidationError("give either text or pattern.", "text")
        if "pattern" in data:
            template(data["with"], compiled(data["pattern"], "pattern"))


class Params(Schema):
    columns = columns_field(metadata={"description": "The columns to change; without it, all."})
    nfc = flag("Compose characters (Unicode NFC), so that equal text is equal.")
    trim = flag("Remove white space at both ends.")
    collapse = flag("Make one space of each run of white space.")
    replace = fields.List(
        fields.Nested(Replacement),
        validate=validate.Length(min=1, max=100, error="must hold 1 to {max} replacements."),
        metadata={"description": "Replacements, one after the other."},
    )
    case = fields.String(
        validate=validate.OneOf(_CASES, error="must be one of: {choices}."),
        metadata={"description": "upper, lower, or title: each word with a capital first."},
    )
    fill = fields.String(metadata={"description": "What an empty value becomes."})
    fill_previous = flag("An empty value becomes the one above it in its column.")

    @validates_schema
    def something_to_do(self, data: dict[str, Any], **_: object) -> None:
        if not any(value for name, value in data.items() if name != "columns"):
            raise ValidationError("give at least one of nfc, trim, collapse, replace, case, fill, fill_previous.")
        if "fill" in data and data.get("fill_previous"):
            raise ValidationError("give either fill or fill_previous.", "fill")


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    return [(f"/columns/{number}", column) for number, column in enumerate(params.get("columns", ()))]


def traits(params: dict[str, Any]) -> Traits:
    previous = bool(params.get("fill_previous"))
    return Traits("mapper", ordered=previous, settles=previous)


def changes(params: dict[str, Any]) -> list[Callable[[str], str]]:
    """The changes in the order they are made, whatever the order they were given in."""
    found: list[Callable[[str], str]] = []
    if params.get("nfc"):
        found.append(lambda text: unicodedata.normalize("NFC", text))
    if params.get("trim"):
        found.append(str.strip)
    if params.get("collapse"):
        found.append(lambda text: re.sub(r"\s+", " ", text))
    found += [_replacement(each) for each in params.get("replace", ())]
    if "case" in params:
        found.append(_CASES[params["case"]])
    if "fill" in params:
        found.append(lambda text: text or params["fill"])
    return found


def _replacement(each: dict[str, str]) -> Callable[[str], str]:
    if "text" in each:
        return lambda text: text.replace(each["text"], each["with"])
    pattern = compiled(each["pattern"], "pattern")
    replaced = template(each["with"], pattern)

    def change(text: str) -> str:
        try:
            return str(pattern.sub(replaced, text))
        except UnicodeEncodeError:  # bytes that are no text
            return text

    return change


class Set(Written):
    """Changes cells as text. One pass, stateless but for `fill_previous`; memory: a block, and 10,000 short cells.

    An absent field stays absent. A cell with bytes that are no text is not shown to a pattern.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        super().__init__(context, context.columns)
        named = [context.position(column, pointer + at) for at, column in columns(params)]
        self.positions = sorted(set(named)) or range(len(context.columns))
        self.changes = changes(params)
        self.pointer = pointer
        self.previous: dict[int, bytes] | None = {} if params.get("fill_previous") else None
        self.known: dict[bytes, bytes] = {}
        self.changed = 0

    def prepare(self, room: object) -> None:
        self.previous = None if self.previous is None else {}

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        return self.top(fields)

    def map(self, block: Block) -> Block:
        rows = [list(block.fields(index)) for index in range(len(block))]
        for position in self.positions:
            for row in rows:
                if position < len(row):
                    cell = row[position]
                    value = self._filled(position, self._value(cell))
                    if value != cell:
                        row[position] = value
                        self.changed += 1
        return block_of(rows, block.rows, self.wire)

    def counts(self) -> Counts:
        return {"changed": self.changed}

    def _value(self, cell: bytes) -> bytes:
        value = self.known.get(cell)
        if value is None:
            text = cell.decode(self.wire.inner, self.wire.errors)
            for change in self.changes:
                text = change(text)
            value = encoded(text, self.wire, self.pointer)
            if len(self.known) >= _REMEMBERED:
                self.known.clear()
            if len(cell) + len(value) <= _LONGEST:
                self.known[cell] = value
        return value

    def _filled(self, position: int, value: bytes) -> bytes:
        if self.previous is None:
            return value
        if value:
            self.previous[position] = value
        return value or self.previous.get(position, b"")


OPERATION = Operation(
    name="set",
    kind="mapper",
    summary="Change values: trim, collapse spaces, replace, change case, fill empty ones, compose Unicode.",
    params=Params,
    example={"op": "set", "columns": ["email"], "trim": True, "case": "lower", "fill": "unknown"},
    build=Set,
    columns=columns,
    traits=traits,
)
