"""The parameters of a replacement within a text."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from csvapi.steps.params import Alternative, compiled
from csvapi.steps.template import template


class Replacement(Schema):
    """`text` literally, or `pattern` as RE2; in `with` `\\1` stands for a pattern's first group (`steps.template`)."""

    text = fields.String(
        validate=validate.Length(min=1, error="must not be empty."),
        metadata={"description": "What to look for, literally."},
    )
    pattern = fields.String(metadata={"description": "What to look for, as RE2."})
    with_ = fields.String(
        data_key="with",
        attribute="with",
        required=True,
        metadata={"description": "What stands there instead; of a pattern `\\1` is the first group."},
    )
    alternatives = (Alternative("Text", ("text",)), Alternative("Pattern", ("pattern",)))

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: object) -> None:
        """Refuse anything but one of a text and a pattern."""
        if ("text" in data) == ("pattern" in data):
            raise ValidationError("give either text or pattern.", "text")
        if "pattern" in data:
            template(data["with"], compiled(data["pattern"], "pattern"))
