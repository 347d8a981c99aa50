"""The key columns of two files: `on` where their names are the same, `left_on` and `right_on` where they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from marshmallow import ValidationError

from csvapi.steps.growth import KEY_COLUMNS

if TYPE_CHECKING:
    from csvapi.steps.step import Column


def check_keys(data: dict[str, Any]) -> None:
    """Raise `ValidationError` for key columns that are given twice, not at all, not in pairs, or too many."""
    if ("on" in data) == ("left_on" in data or "right_on" in data):
        raise ValidationError("give either on, or left_on and right_on.", "on")
    if "on" not in data and len(data.get("left_on", ())) != len(data.get("right_on", ())):
        raise ValidationError("must name as many columns as left_on.", "right_on")
    name = "on" if "on" in data else "left_on"
    if len(data.get(name, ())) > KEY_COLUMNS:
        raise ValidationError(f"must name at most {KEY_COLUMNS} columns.", name)


def keys(params: dict[str, Any], side: Literal["left_on", "right_on"]) -> list[tuple[str, Column]]:
    """The key columns of one of the files, each with its pointer within the step."""
    of = "on" if "on" in params else side
    return [(f"/{of}/{number}", column) for number, column in enumerate(params[of])]
