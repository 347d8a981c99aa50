"""The parameters of filter: conditions, and trees of them."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeGuard

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.errors import InvalidInput
from csvapi.steps.params import COLUMN, Alternative, ColumnField, ShapedField, compiled, flag, ignore_field, load
from csvapi.steps.values import AsField, format_of, kind_of, not_a, value_in

if TYPE_CHECKING:
    from csvapi.steps.step import Column

COMPARISONS = ("==", "!=", ">", ">=", "<", "<=")
TEXT = ("contains", "not_contains", "starts_with", "ends_with", "matches")
LISTS = ("in", "not_in")
PAIRS = (*COMPARISONS, *TEXT[:-1])  # may compare two columns
BARE = ("is_empty", "not_empty")
NULL = "must not be null; cells are text: for empty ones use the operator is_empty or not_empty, without a value."
MAX_LEAVES = 100
MAX_DEPTH = 10
MAX_VALUES = 10_000  # of `in` and `not_in`
_HALF = re.compile("[\ud800-\udfff]")
_AS = "What cells are compared as; default auto: the value decides. Or a format of numbers or dates."


_ONE: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_OTHER: dict[str, Any] = {
    "type": "object",
    "title": "Other column",
    "description": "The cell of another column.",
    "required": ["column"],
    "properties": {"column": COLUMN},
    "additionalProperties": False,
}
_SEVERAL: dict[str, Any] = {"type": "array", "minItems": 1, "maxItems": MAX_VALUES, "items": _ONE}


class Condition(Schema):
    """One leaf: a column, an operator and a value, or another column as {"column": …} in place of the value.

    Without a column, is_empty and not_empty are about all cells of a record.
    """

    column = ColumnField(metadata={"description": "The column whose cells are compared."})
    operator = fields.String(
        required=True,
        validate=validate.OneOf((*COMPARISONS, *TEXT, *LISTS, *BARE), error="must be one of: {choices}."),
        metadata={"description": "How they are compared; `matches` takes a pattern as RE2."},
    )
    value = fields.Raw(error_messages={"null": NULL}, metadata={"description": "What they are compared with."})
    as_ = AsField("auto", "text", "number", "date", data_key="as", attribute="as", metadata={"description": _AS})
    ignore = ignore_field("case")
    spaces = flag("To is_empty and not_empty, what holds nothing but white space is empty, too.")
    alternatives = (
        Alternative(
            "Comparison", ("column", "value"), (), {"operator": {"enum": [*COMPARISONS, *TEXT]}, "value": _ONE}
        ),
        Alternative("Two columns", ("column", "value"), (), {"operator": {"enum": [*PAIRS]}, "value": _OTHER}),
        Alternative("List", ("column", "value"), (), {"operator": {"enum": [*LISTS]}, "value": _SEVERAL}),
        Alternative("Emptiness", (), ("column", "spaces"), {"operator": {"enum": [*BARE]}}),
    )

    @validates_schema
    def value_fits(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a value that the operator cannot compare with."""
        name, value = data["operator"], data.get("value")
        if "column" not in data and name not in BARE:
            raise ValidationError("is required.", "column")
        if "spaces" in data and name not in BARE:
            raise ValidationError(f"is for is_empty and not_empty; {name} sees them; leave it out.", "spaces")
        if name in BARE:
            if "value" in data:
                raise ValidationError(f"{name} takes no value; leave it out.", "value")
            return
        if "value" not in data:
            raise ValidationError(f"{name} needs a value.", "value")
        kind = data.get("as", "auto")
        if names_column(value):
            _check_column(name, value, kind)
            return
        for each in _listed(name, value) if name in LISTS else [value]:
            _check_value(name, each, kind)


def names_column(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value is that of another column."""
    return isinstance(value, dict) and set(value) == {"column"}


def _check_column(name: str, value: dict[str, Any], kind: Any) -> None:
    if name not in PAIRS:
        raise ValidationError(f"{name} takes no column, only {', '.join(PAIRS)}.", "value")
    try:
        ColumnField().deserialize(value["column"])
    except ValidationError as error:
        raise ValidationError({"column": error.messages}, "value") from error
    if name in TEXT and kind not in ("auto", "text"):
        raise ValidationError(f"{name} compares text; leave it out.", "as")


def _listed(name: str, value: object) -> list[object]:
    """The values of `in` and `not_in`, if there is at least one and not too many of them; each costs a look-up, when
    the step is built and in every pass."""
    if not isinstance(value, list) or not value:
        raise ValidationError(f"{name} needs a list of at least one value.", "value")
    if len(value) > MAX_VALUES:
        way_out = "put them into a file of one column and use join with how: semi (or anti)"
        raise ValidationError(f"{name} has {len(value)} values, at most {MAX_VALUES} are allowed; {way_out}.", "value")
    return value


def _check_value(name: str, value: object, kind: Any) -> None:
    if value is None:
        raise ValidationError(NULL, "value")
    if not isinstance(value, (str, int, float)):
        raise ValidationError('must be a text, a number, true, false, or a column as {"column": "name"}.', "value")
    if isinstance(value, float) and not isfinite(value):
        raise ValidationError("must be a finite number.", "value")
    if isinstance(value, str) and _HALF.search(value):
        raise ValidationError("holds half of a character (a lone surrogate).", "value")
    if name in TEXT:
        if kind not in ("auto", "text"):
            raise ValidationError(f"{name} compares text; leave it out.", "as")
        if name == "matches":
            compiled(value, "value")
        return
    if kind == "auto" and isinstance(value, str):
        return  # a number, a date or else a text: it always is what its form says
    form = format_of(kind_of(value) if kind == "auto" else kind)
    if form is not None and value_in(value, form) is None:
        raise ValidationError(not_a(value, form), "value")


def _branch(title: str, name: str, description: str, inner: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a branch: an object with nothing but what is under `name`."""
    properties = {name: {**inner, "title": title, "description": description}}
    whole = {"type": "object", "title": title, "description": description, "additionalProperties": False}
    return {**whole, "required": [name], "properties": properties}


_NODE = {"$ref": "Condition tree"}
_NODES = {"type": "array", "minItems": 1, "items": _NODE}


_TREE: dict[str, Any] = {
    "title": "Condition tree",
    "description": f"A condition, or several joined; at most {MAX_DEPTH} levels deep.",
    "oneOf": [
        {"$ref": Condition},
        _branch("All of", "all", "All of these must hold.", _NODES),
        _branch("Any of", "any", "One of these must hold.", _NODES),
        _branch("Not", "not", "This must not hold.", _NODE),
    ],
}


class TreeField(ShapedField, fields.Dict):
    """A tree of conditions; `leaves` checks it."""

    shape = _TREE


class Params(Schema):
    """The parameters of filter."""

    filters = fields.List(
        fields.Nested(Condition),
        validate=validate.Length(min=1, max=MAX_LEAVES, error="must hold 1 to {max} conditions."),
        metadata={"description": "Conditions that must all hold."},
    )
    where = TreeField(metadata={"description": "A tree of conditions: all, any, not, and conditions as leaves."})
    drop_blank_records = flag("Drop records whose fields are all empty or nothing but white space.")
    alternatives = (
        Alternative("List of conditions", ("filters",), ("drop_blank_records",)),
        Alternative("Tree of conditions", ("where",), ("drop_blank_records",)),
        Alternative("Blank records", ("drop_blank_records",), (), {"drop_blank_records": {"const": True}}),
    )

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a step that would drop nothing, one with both `filters` and `where`, and a `where` that is no tree of
        conditions."""
        given = {"filters", "where"} & data.keys()
        if len(given) > 1 or not (given or data.get("drop_blank_records")):
            raise ValidationError("give either filters or where, or drop_blank_records.", "filters")
        if "where" in data:
            try:
                found = leaves(data["where"], "")
            except InvalidInput as error:
                raise ValidationError(_nest(error.pointer, error.detail)) from error
            if len(found) > MAX_LEAVES:
                raise ValidationError(f"must hold 1 to {MAX_LEAVES} conditions.", "where")


def _nest(pointer: str, detail: str) -> dict[str, Any]:
    """A message in marshmallow's shape, as deep as `pointer`."""
    tree: Any = [detail.split(": ", 1)[-1]]
    for name in reversed(["where", *pointer.split("/")[1:]]):
        tree = {name: tree}
    return dict(tree)


def leaves(node: Any, pointer: str, depth: int = 0) -> list[tuple[str, dict[str, Any]]]:
    """Every leaf below `node` with its pointer. Raises `InvalidInput` where the tree is not one."""
    if depth > MAX_DEPTH:
        raise InvalidInput(f"must be at most {MAX_DEPTH} levels deep.", pointer=pointer)
    if not isinstance(node, dict):
        raise InvalidInput("must be an object: a condition, or one of all, any, not.", pointer=pointer)
    for name in ("all", "any"):
        if name in node and set(node) == {name}:
            if not isinstance(node[name], list) or not node[name]:
                raise InvalidInput("must be a list of at least one condition.", pointer=f"{pointer}/{name}")
            parts = [leaves(part, f"{pointer}/{name}/{i}", depth + 1) for i, part in enumerate(node[name])]
            return [leaf for part in parts for leaf in part]
    if set(node) == {"not"}:
        return leaves(node["not"], f"{pointer}/not", depth + 1)
    return [(pointer, load(Condition, node, pointer))]


def columns(params: dict[str, Any]) -> list[tuple[str, Column]]:
    """Every column that the parameters name, each with its pointer within the step."""
    if "where" in params:
        found = [(f"/where{pointer}", leaf) for pointer, leaf in leaves(params["where"], "")]
    else:
        found = [(f"/filters/{number}", leaf) for number, leaf in enumerate(params.get("filters", ()))]
    own = [(f"{at}/column", leaf["column"]) for at, leaf in found if "column" in leaf]
    return own + [
        (f"{at}/value/column", leaf["value"]["column"]) for at, leaf in found if names_column(leaf.get("value"))
    ]
