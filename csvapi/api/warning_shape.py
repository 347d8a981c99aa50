"""The wire shape of warnings, which tasks, previews and receipts share."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import validate

from csvapi.csvio.data_warnings import CODES


class WarningShape(ma.Schema):
    """What a person would want to know before trusting the result; docs/warnings.md has every code."""

    code = ma.fields.String(
        required=True,
        validate=validate.OneOf(sorted(CODES)),
        metadata={"description": "Stable; docs/warnings.md has them all"},
    )
    detail = ma.fields.String(required=True, metadata={"description": "A sentence for people"})
    step = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "From 1; null: the file itself"})
    column = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The column, where one is meant"}
    )
    file = ma.fields.Raw(
        required=True,
        allow_none=True,
        metadata={"type": ["integer", "string"], "description": "The id of another file that is meant"},
    )
    count = ma.fields.Integer(required=True, metadata={"description": "How many records, cells or lines"})
    of = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "Among how many"})
    row = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "The first one, from 1"})
    line = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "From 1"})
    byte = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "From 0"})
    value = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "What stands there, at most 100 characters"}
    )
    hint = ma.fields.String(required=True, allow_none=True, metadata={"description": "The way out"})


WARNINGS = ma.fields.List(
    ma.fields.Nested(WarningShape),
    required=True,
    metadata={"description": "What to know before trusting the result"},
)
EXAMPLE: dict[str, Any] = {
    "code": "not_comparable",
    "detail": "2 of 1000 cells are no number, so the comparison does not hold for them",
    "step": 1,
    "column": "price",
    "file": None,
    "count": 2,
    "of": 1000,
    "row": 17,
    "line": 18,
    "byte": 612,
    "value": "1,234.50",
    "hint": 'compare them as numbers with "as": {"number": {"group": ","}}',
}
