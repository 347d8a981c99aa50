"""Key columns that are compared as numbers or dates: the parameter that says so, and the keys of their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError

from csvapi.steps.asked import not_comparable, note
from csvapi.steps.params import COLUMN, ColumnField
from csvapi.steps.sort_keys import value_key
from csvapi.steps.values import AsField, Format, format_of
from csvapi.steps.writing import byte_dialect_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from csvapi.csvio.batch import Batch, Cell
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.steps.remarks import Remark
    from csvapi.steps.step import Column, Context

    Fold = Callable[[Cell, ByteDialect], Cell]

_VALUE, _OTHER = b"#", b"="  # before the key of a value, and before the text of a cell that has none


class TypedColumnField(ColumnField):
    """A column whose cells are compared as text, or with {"column": …, "as": …} as numbers or dates."""

    kinds = 'column, or `{"column": …, "as": …}`'

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.as_ = AsField("text", "number", "date")
        typed = {
            "type": "object",
            "title": "Compared column",
            "description": "A column with what its values are compared as.",
            "required": ["column", "as"],
            "properties": {
                "column": {"$ref": "Column", "title": "Column", "description": "The column."},
                "as": {
                    "title": "As",
                    "description": "What values are compared as.",
                    "default": "text",
                    "allOf": [self.as_.shape],
                },
            },
            "additionalProperties": False,
        }
        self.shape = {"oneOf": [COLUMN, typed]}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict) or "column" not in value:
            return super()._deserialize(value, attr, data, **kwargs)
        if set(value) != {"column", "as"}:
            raise ValidationError(
                'must be a column, or one with what it is compared as: {"column": "a", "as": "date"}.'
            )
        return {"column": super()._deserialize(value["column"], attr, data, **kwargs), "as": self._as(value["as"])}

    def _as(self, value: Any) -> Any:
        try:
            return self.as_.deserialize(value)
        except ValidationError as error:
            raise ValidationError({"as": error.messages}) from error


@dataclass
class Typed:
    """How the cells of one column are compared: as what they are in the format, where they are that; two others are
    equal as text, and equal to no value. `asked` counts them; `pointer` is where the request names the column."""

    position: int
    form: Format
    asked: Remark
    pointer: str

    def keys(self, batch: Batch, fold: Fold) -> list[Cell]:
        """For each record the bytes by which its cell is compared; an empty cell and an absent field stay what they
        are. `fold` is for what is compared as text."""
        cells, byte_dialect = batch.column(self.position), batch.byte_dialect
        values = [value_key(cell, byte_dialect, self.form) if cell else None for cell in cells]
        each = zip(values, batch.rows, cells, strict=True)
        bad = [(row, cell) for value, row, cell in each if value is None and cell]
        note(self.asked, len(cells) - cells.count(None) - cells.count(b""), bad)
        return [
            _other(fold(cell, byte_dialect)) if value is None else _VALUE + value
            for value, cell in zip(values, cells, strict=True)
        ]


def _other(cell: Cell) -> Cell:
    return _OTHER + cell if cell else cell


def column_of(given: Any) -> Column:
    """The column of a valid value of the field."""
    column: Column = given["column"] if isinstance(given, dict) and "column" in given else given
    return column


def pointers(given: list[Any]) -> list[tuple[str, Column]]:
    """The columns of a list `columns` of such values, each with its pointer within the step."""
    return [
        (f"/columns/{number}" + ("/column" if column_of(each) is not each else ""), column_of(each))
        for number, each in enumerate(given)
    ]


def compared(given: list[Any], context: Context, pointer: str) -> tuple[list[int], dict[int, Typed]]:
    """The positions of the columns of such a list, and by their place among these those that are compared as numbers or
    dates. A column may be compared in several ways; one that is named twice alike counts once."""
    forms: dict[tuple[int, Any], str] = {}
    for each, (at, column) in zip(given, pointers(given), strict=True):
        form = format_of(each["as"]) if column is not each else None
        forms.setdefault((context.position(column, pointer + at), form), at.removesuffix("/column"))
    found: dict[int, Typed] = {}
    for place, ((position, form), at) in enumerate(forms.items()):
        if form:
            remark = not_comparable(context.columns[position], [form.kind], byte_dialect_of(context))
            found[place] = Typed(position, form, remark, at)
    return [position for position, _ in forms], found
