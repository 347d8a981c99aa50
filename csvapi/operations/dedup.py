"""dedup: drop records that repeat another, whole or in some columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema

from csvapi.steps.keyed import Keyed
from csvapi.steps.params import IGNORABLE, choice, columns_field, ignore_field
from csvapi.steps.step import Operation

if TYPE_CHECKING:
    from csvapi.steps.step import Column, Context


class Params(Schema):
    """The parameters of dedup."""

    columns = columns_field(metadata={"description": "Columns to compare; without it, whole records are compared."})
    keep = choice(
        "first",
        "last",
        "none",
        description="Which record of a group of equal ones stays; default first.",
        default="first",
    )
    ignore = ignore_field(*IGNORABLE)
    empty = choice(
        "compare",
        "keep",
        description="Records whose compared columns are all empty: compare them as any others, or keep all of them; "
        "default compare.",
        default="compare",
    )


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, with its pointer within the step."""
    return [(f"/columns/{number}", column) for number, column in enumerate(params.get("columns", ()))]


def build(params: dict[str, Any], context: Context, pointer: str) -> Keyed:
    """Compare fields as text, as tuples; the order of the file is kept."""
    positions = [context.position(column, pointer + at) for at, column in columns(params)] or None
    ignore, keeps_empty = frozenset(params.get("ignore", ())), params.get("empty") == "keep"
    return Keyed.of(positions, context, params.get("keep", "first"), ignore=ignore, keeps_empty=keeps_empty)


OPERATION = Operation(
    name="dedup",
    kind="selector",
    stateless=True,
    summary="Drop records that repeat another one, whole or in the columns you choose.",
    params=Params,
    example={"op": "dedup", "columns": ["email"], "keep": "first", "ignore": ["case"]},
    build=build,
    keyed=True,
    columns=columns,
)
