"""filter: keep the records that meet conditions."""

from __future__ import annotations

import json
from itertools import compress
from math import isfinite
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.csvio.blocks import Block, Mask
from csvapi.errors import InvalidInput
from csvapi.operations.conditions import NEGATIVE, All, Leaf, Node, Not, Text, Typed, any_of, inverse, text_test
from csvapi.operations.params import ColumnField, compiled, ignore_field, load
from csvapi.operations.step import Operation
from csvapi.operations.values import PARSERS, as_bytes, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.operations.step import Column, Context, Counts

COMPARISONS = ("==", "!=", ">", ">=", "<", "<=")
TEXT = ("contains", "not_contains", "starts_with", "ends_with", "matches")
LISTS = ("in", "not_in")
BARE = ("is_empty", "not_empty")
NULL = "must not be null; cells are text: for empty ones use the operator is_empty or not_empty, without a value."
MAX_LEAVES = 100
MAX_DEPTH = 10


class Condition(Schema):
    """One leaf: a column, an operator and a value."""

    column = ColumnField(required=True)
    operator = fields.String(
        required=True,
        validate=validate.OneOf((*COMPARISONS, *TEXT, *LISTS, *BARE), error="must be one of: {choices}."),
    )
    value = fields.Raw(error_messages={"null": NULL})
    as_ = fields.String(
        data_key="as",
        attribute="as",
        validate=validate.OneOf(("auto", "text", "number", "date"), error="must be one of: {choices}."),
    )
    ignore = ignore_field("case")

    @validates_schema
    def value_fits(self, data: dict[str, Any], **_: object) -> None:
        name, value = data["operator"], data.get("value")
        if name in BARE:
            if "value" in data:
                raise ValidationError(f"{name} takes no value; leave it out.", "value")
            return
        if "value" not in data:
            raise ValidationError(f"{name} needs a value.", "value")
        if name in LISTS and not (isinstance(value, list) and value):
            raise ValidationError(f"{name} needs a list of at least one value.", "value")
        for each in value if isinstance(value, list) and name in LISTS else [value]:
            _check_value(name, each, data.get("as", "auto"))


def _check_value(name: str, value: object, kind: str) -> None:
    if value is None:
        raise ValidationError(NULL, "value")
    if not isinstance(value, (str, int, float)):
        raise ValidationError("must be a text, a number, true or false.", "value")
    if isinstance(value, float) and not isfinite(value):
        raise ValidationError("must be a finite number.", "value")
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise ValidationError("holds half of a character (a lone surrogate).", "value")
    if name in TEXT:
        if kind in ("number", "date"):
            raise ValidationError(f"{name} compares text; leave it out.", "as")
        if name == "matches":
            compiled(value, "value")
    elif kind in PARSERS and PARSERS[kind](as_bytes(value)) is None:
        raise ValidationError(f"{value!r} is not a {kind}.", "value")


class Params(Schema):
    filters = fields.List(
        fields.Nested(Condition),
        validate=validate.Length(min=1, max=MAX_LEAVES, error="must hold 1 to {max} conditions."),
        metadata={"description": "Conditions that must all hold."},
    )
    where = fields.Dict(metadata={"description": "A tree of conditions: all, any, not, and conditions as leaves."})

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: object) -> None:
        if ("filters" in data) == ("where" in data):
            raise ValidationError("give either filters or where.", "filters")
        if "where" in data:
            try:
                leaves = _leaves(data["where"], "")
            except InvalidInput as error:
                raise ValidationError(_nest(error.pointer, error.detail)) from error
            if len(leaves) > MAX_LEAVES:
                raise ValidationError(f"must hold 1 to {MAX_LEAVES} conditions.", "where")


def _nest(pointer: str, detail: str) -> dict[str, Any]:
    """A message in marshmallow's shape, as deep as `pointer`."""
    tree: Any = [detail.split(": ", 1)[-1]]
    for name in reversed(["where", *pointer.split("/")[1:]]):
        tree = {name: tree}
    return dict(tree)


def _leaves(node: Any, pointer: str, depth: int = 0) -> list[tuple[str, dict[str, Any]]]:
    """Every leaf below `node` with its pointer. Raises `InvalidInput` where the tree is not one."""
    if depth > MAX_DEPTH:
        raise InvalidInput(f"must be at most {MAX_DEPTH} levels deep.", pointer=pointer)
    if not isinstance(node, dict):
        raise InvalidInput("must be an object: a condition, or one of all, any, not.", pointer=pointer)
    for name in ("all", "any"):
        if name in node and set(node) == {name}:
            if not isinstance(node[name], list) or not node[name]:
                raise InvalidInput("must be a list of at least one condition.", pointer=f"{pointer}/{name}")
            parts = [_leaves(part, f"{pointer}/{name}/{i}", depth + 1) for i, part in enumerate(node[name])]
            return [leaf for part in parts for leaf in part]
    if set(node) == {"not"}:
        return _leaves(node["not"], f"{pointer}/not", depth + 1)
    return [(pointer, load(Condition, node, pointer))]


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    if "where" in params:
        return [(f"/where{pointer}/column", leaf["column"]) for pointer, leaf in _leaves(params["where"], "")]
    return [(f"/filters/{number}/column", leaf["column"]) for number, leaf in enumerate(params["filters"])]


class Filter:
    """Keeps the records for which every part holds."""

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.context = context
        self.typed: list[tuple[str, Typed]] = []
        if "where" in params:
            where = params["where"]
            parts = where["all"] if set(where) == {"all"} else [where]
            at = f"{pointer}/where/all/" if set(where) == {"all"} else f"{pointer}/where"
            pointers = [f"{at}{i}" if at.endswith("/") else at for i in range(len(parts))]
        else:
            parts = params["filters"]
            pointers = [f"{pointer}/filters/{number}" for number in range(len(parts))]
        self.parts = [self._node(part, at) for part, at in zip(parts, pointers, strict=True)]
        self.reasons = tuple(f"not {_shown(part)}" for part in parts)

    def keep(self, block: Block) -> Mask:
        return All(self.parts).mask(block)

    def why(self, dropped: Block) -> bytes:
        """The number of the first part that does not hold; what counting cells has counted stays as it is."""
        counts = [test.bad for _, test in self.typed]
        answers = bytearray(len(dropped))
        left: list[int] = list(range(len(dropped)))
        for number, part in enumerate(self.parts):
            mask = part.mask(dropped)
            for index in compress(left, inverse(mask)):
                answers[index] = number
            dropped, left = dropped.select(mask), list(compress(left, mask))
            if not left:
                break
        for (_, test), count in zip(self.typed, counts, strict=True):
            test.bad = count
        return bytes(answers)

    def counts(self) -> Counts:
        """For each typed condition, how many of the cells it was asked about are no such value."""
        return {"not_comparable": {at: test.bad for at, test in self.typed}} if self.typed else {}

    def _node(self, node: dict[str, Any], pointer: str) -> Node:
        if set(node) == {"all"}:
            return All([self._node(part, f"{pointer}/all/{i}") for i, part in enumerate(node["all"])])
        if set(node) == {"any"}:
            return any_of([self._node(part, f"{pointer}/any/{i}") for i, part in enumerate(node["any"])])
        if set(node) == {"not"}:
            return Not(self._node(node["not"], f"{pointer}/not"))
        return self._leaf(node, pointer)

    def _leaf(self, leaf: dict[str, Any], pointer: str) -> Node:
        name = leaf["operator"]
        position = self.context.position(leaf["column"], f"{pointer}/column")
        positive = NEGATIVE.get(name, name)
        node = self._positive(positive, leaf, position, pointer)
        return Not(node) if positive != name else node

    def _positive(self, name: str, leaf: dict[str, Any], position: int, pointer: str) -> Node:
        wire = self.context.wire
        assert wire is not None  # noqa: S101  a filter is built for a file
        if name == "is_empty":
            return Leaf(position, Text("==", b""), absent=True)
        value = leaf["value"]
        if name == "matches":
            search = compiled(value, "value").search

            def found(cells: Sequence[bytes]) -> list[bool]:
                return [search(cell.decode(wire.inner, "replace")) is not None for cell in cells]

            return Leaf(position, found, absent=False)
        if name == "in":
            parts = [self._positive("==", {**leaf, "value": each}, position, pointer) for each in value]
            return any_of(parts)
        fold = "case" in leaf.get("ignore", ())
        kind = leaf.get("as", "auto")
        kind = (kind_of(value) if name in COMPARISONS else "text") if kind == "auto" else kind
        if kind == "text":
            return Leaf(position, text_test(name, value, wire, fold=fold), absent=False)
        test = Typed(name, PARSERS[kind](as_bytes(value)), kind)
        self.typed.append((pointer, test))
        return Leaf(position, test, absent=False)


def _shown(node: dict[str, Any]) -> str:
    """A condition as people write it."""
    if "column" not in node:
        return json.dumps(node, ensure_ascii=False, sort_keys=True)
    value = json.dumps(node["value"], ensure_ascii=False) if "value" in node else ""
    column = node["column"] if isinstance(node["column"], str) else f"column {node['column']['index']}"
    return f"({column} {node['operator']} {value})".replace(" )", ")")


OPERATION = Operation(
    name="filter",
    kind="selector",
    summary="Keep the records that meet the conditions.",
    params=Params,
    example={"op": "filter", "filters": [{"column": "age", "operator": ">=", "value": 18}]},
    build=Filter,
    columns=columns,
)
