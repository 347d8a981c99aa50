"""Conditions as they are shown to people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from csvapi.steps.step import Column

_SHOWN = 200  # characters of a condition in a reason


def called(column: Column) -> str:
    """A column as people call it."""
    return column if isinstance(column, str) else f"column {column['index']}"


def shown(node: dict[str, Any]) -> str:
    """A condition as people write it."""
    if "column" not in node and "operator" in node:
        return f"(record {node['operator']})"
    if "column" not in node:
        return json.dumps(node, ensure_ascii=False, sort_keys=True)
    value = json.dumps(node["value"], ensure_ascii=False) if "value" in node else ""
    return f"({called(node['column'])} {node['operator']} {value})".replace(" )", ")")


def clipped(text: str) -> str:
    """A condition as it is written beside each record that it drops; a long one is cut."""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
