"""unique: the first record for each distinct value of one or several columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, validates_schema

from csvapi.steps.keyed import Keyed
from csvapi.steps.params import IGNORABLE, Alternative, ColumnField, columns_field, ignore_field
from csvapi.steps.step import Operation

if TYPE_CHECKING:
    from csvapi.steps.step import Column, Context


class Params(Schema):
    """The parameters of unique."""

    column = ColumnField(metadata={"description": "The column whose values are to be distinct."})
    columns = columns_field(metadata={"description": "Several columns, compared together."})
    ignore = ignore_field(*IGNORABLE)
    alternatives = (Alternative("One column", ("column",)), Alternative("Several columns", ("columns",)))

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: object) -> None:
        """Refuse anything but one of column and columns."""
        if ("column" in data) == ("columns" in data):
            raise ValidationError("give either column or columns.", "column")


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, with its pointer within the step."""
    if "column" in params:
        return [("/column", params["column"])]
    return [(f"/columns/{number}", column) for number, column in enumerate(params["columns"])]


def build(params: dict[str, Any], context: Context, pointer: str) -> Keyed:
    """Whole records come out, in the order of the file; the receipt has the number of values and ten of them."""
    positions = [context.position(column, pointer + at) for at, column in columns(params)]
    return Keyed.of(positions, context, "first", ignore=frozenset(params.get("ignore", ())), sampled=True)


OPERATION = Operation(
    name="unique",
    kind="selector",
    stateless=True,
    summary="Keep the first record for each distinct value of a column.",
    purpose="Find duplicates",
    words="distinct duplicates one per first",
    params=Params,
    example={"op": "unique", "column": "email"},
    build=build,
    keyed=True,
    columns=columns,
    spreads=lambda _: True,
)
