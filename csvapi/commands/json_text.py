"""Arguments that are JSON."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any


def json_value(text: str) -> Any:
    """An argument that is JSON, whatever its type."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"is not JSON: {error}{_json_hint(text, str(error))}") from error


def _json_hint(text: str, fault: str) -> str:
    if os.path.isfile(text):  # noqa: PTH113  a text that is no path at all is no error here
        return f'; it is the name of a file, whose content is "$(cat {text})"'
    return "; in JSON a backslash is written twice" if "escape" in fault else ""


def json_object(text: str) -> dict[str, Any]:
    """An argument that is a JSON object."""
    value = json_value(text)
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError('must be a JSON object, such as {"delimiter": ";"}')
    return value
