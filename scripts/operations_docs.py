"""Write docs/operations.md from the catalogue of operations; `--check` only says whether it is fresh."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marshmallow import fields, validate

from csvapi.operations import by_purpose, catalogue
from csvapi.steps.params import FileField, ShapedField
from csvapi.steps.renaming import RenameField

if TYPE_CHECKING:
    from csvapi.operations import Operation

_TYPES = (
    (FileField, "file"),
    (RenameField, "object or list"),
    (fields.Boolean, "true or false"),
    (fields.Integer, "integer"),
    (fields.Float, "number"),
    (fields.String, "text"),
    (fields.Nested, "object"),
    (fields.Dict, "object"),
)
PAGE = Path(__file__).parents[1] / "docs" / "operations.md"
TOP = """# Operations

A task is a list of steps, one after the other; a step is an operation with its parameters, as JSON. The same JSON is
used by the API, the command line (`csvapi process --steps`) and receipts. This page is written from the catalogue in
`csvapi/operations` by `scripts/operations_docs.py`; `GET /api/v1/operations` tells the same with JSON Schemas.

A **selector** copies the records it keeps byte for byte. A **mapper** writes records anew in the file's own dialect. A
**sorter** puts records in another order, byte for byte. A **reducer** writes another file: a table about the records,
or the records in another format. Steps run in one pass over the file where that is possible. After `sort`, `join`,
`concat`, `explode`, `unpivot`, a reducer, `select` with `drop_empty`, or `set` with `fill_previous`, the next steps
read what that step wrote: rows in explanations and reports are then rows of that. Memory stays within the task's limit;
what does not fit goes to the workspace.

A column is its exact name, or its position from 1 as `{"index": 3}`. Values are text and stay text.

**Numbers and dates** are the same in every operation. Outer spaces aside (space, tab, U+00A0, U+202F), a number is an
optional sign, digits with an optional point (`7`, `-.5`, `5.`, `007`) and an optional exponent (`1e5`), with at most
1,000 significant digits and an exponent within ±400. NaN and INF are no numbers. Numbers are compared and summed
exactly. A date is ISO 8601: `2024-01-31`, `2024-01-31T10:00`, `2024-01-31 10:00:00.1234567 +01:00`, `… UTC`; without
an offset it is taken as UTC. In other ways numbers and dates are written only in a **format** that is given as `as`;
none is guessed: `{"number": {"decimal": ",", "group": ".", "currency": true, "percent": true, "accounting": true}}`
has each of its parts where it is needed (`group` stands between every three digits, or is `"indian"`: 12,34,567; with
`percent` `5%` is 0.05; with `accounting` `(5)` is -5), and `{"date": "%d.%m.%Y"}` has the directives %d %m %Y %y %H
%I %p %M %S %f %z %b %B %j %% (names of months are English, %y from 69 on is 19xx).
"""


def page() -> str:
    parts = [TOP, _overview()]
    parts += [_operation(operation) for operation in catalogue().values()]
    return "\n".join(parts)


def _overview() -> str:
    lines = []
    for purpose, operations in by_purpose().items():
        lines += [f"**{purpose}**", "", "| Operation | Kind | What it does |", "|---|---|---|"]
        lines += [f"| [`{each.name}`](#{each.name}) | {each.kind} | {each.summary} |" for each in operations]
        lines.append("")
    return "\n".join(lines)


def _operation(operation: Operation) -> str:
    example = json.dumps(operation.example, ensure_ascii=False)
    built = operation.build.__doc__ or ""
    notes = "" if built.startswith("build(") else " ".join(built.split())
    text = f"## {operation.name}\n\n{operation.summary}\n\n```json\n{example}\n```\n"
    table = _parameters(operation.params().fields)
    return text + (f"\n{table}" if table else "") + (f"\n{notes}\n" if notes else "")


def _parameters(given: dict[str, fields.Field[Any]], before: str = "") -> str:
    rows = list(_rows(given, before))
    if not rows:
        return ""
    return "| Parameter | Type | Meaning |\n|---|---|---|\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _rows(given: dict[str, fields.Field[Any]], before: str) -> list[tuple[str, str, str]]:
    rows = []
    for name, field in given.items():
        called = before + (field.data_key or name)
        required = ", required" if field.required else ""
        meaning = str(field.metadata.get("description", "")).replace("|", "\\|")
        rows.append((f"`{called}`", _type(field) + required, meaning))
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            listed = "[]" if isinstance(field, fields.List) else ""
            rows += _rows(inner.schema.fields, f"{called}{listed}.")
    return rows


def _type(field: fields.Field[Any]) -> str:
    if isinstance(field, fields.List):
        return f"list of {_type(field.inner)}"
    if isinstance(field, ShapedField):
        return field.kinds
    one_of = [each.choices for each in [field.validate, *field.validators] if isinstance(each, validate.OneOf)]
    if one_of:
        return " · ".join(f"`{choice}`" for choice in one_of[0])
    return next((word for kind, word in _TYPES if isinstance(field, kind)), "value")


def main() -> int:
    if "--check" in sys.argv:
        return 0 if PAGE.read_text(encoding="utf-8") == page() else 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
