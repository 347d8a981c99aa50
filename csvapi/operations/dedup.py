"""dedup: drop records that repeat another, whole or in some columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields, validate

from csvapi.steps.keyed import Keyed
from csvapi.steps.params import IGNORABLE, choice, ignore_field
from csvapi.steps.ranks import KeepField, named, ranks
from csvapi.steps.step import Operation
from csvapi.steps.typed_keys import TypedColumnField, compared, pointers

if TYPE_CHECKING:
    from csvapi.steps.step import Column, Context

_COLUMNS = "Columns to compare, as text or as numbers or dates of a format; without it, whole records are compared."
_KEEP = (
    "Which record of a group of equal ones stays; default first. fullest: the one with the most fields that are not "
    'empty. {"max": COLUMN} or {"min": COLUMN}: the one with the largest or smallest value, as text or as what "as" '
    "says. Of equals the first."
)


class Params(Schema):
    """The parameters of dedup."""

    columns = fields.List(
        TypedColumnField(),
        validate=validate.Length(min=1, error="must name at least one column."),
        metadata={"description": _COLUMNS},
    )
    keep = KeepField("first", "last", "none", "fullest", metadata={"description": _KEEP, "default": "first"})
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
    return pointers(params.get("columns", [])) + named(params.get("keep"))


def build(params: dict[str, Any], context: Context, pointer: str) -> Keyed:
    """Compare fields as tuples, as text; the order of the file is kept. A number or a date equals every other way to
    write it in its format (`1.0` is `1`), and what is none is compared as text and counted; for `keep`, it and an empty
    value lose to any value. One pass for the keys, one that copies; memory: the budget, then the workspace.
    """
    positions, typed = compared(params.get("columns", []), context, pointer)
    keep = params.get("keep", "first")
    decides = ranks(keep, context, pointer)
    return Keyed.of(
        positions or None,
        context,
        "first" if decides else keep,
        ignore=frozenset(params.get("ignore", ())),
        keeps_empty=params.get("empty") == "keep",
        typed=typed,
        ranks=decides,
    )


OPERATION = Operation(
    name="dedup",
    kind="selector",
    stateless=True,
    summary="Drop records that repeat another one, whole or in the columns you choose.",
    purpose="Find duplicates",
    words="duplicates find show remove repeated distinct newest latest fullest merge contacts",
    params=Params,
    example={"op": "dedup", "columns": ["email"], "keep": "first", "ignore": ["case"]},
    build=build,
    keyed=True,
    columns=columns,
    spreads=lambda _: True,
)
