"""Database values as JSON and back: a value without a JSON type is an object with a single key."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

_TIME, _BYTES, _NUMBER = "$time", "$bytes", "$number"


def dump(row: dict[str, Any]) -> bytes:
    """The row as one line of JSON."""
    return json.dumps(row, default=_tagged, ensure_ascii=False, separators=(",", ":")).encode()


def load(line: bytes) -> dict[str, Any]:
    """The row of a line that `dump` wrote."""
    return {name: _plain(value) for name, value in json.loads(line).items()}


def _tagged(value: Any) -> dict[str, str]:
    match value:
        case datetime():
            return {_TIME: value.isoformat()}
        case bytes():
            return {_BYTES: base64.b64encode(value).decode()}
        case Decimal():
            return {_NUMBER: str(value)}
    raise TypeError(f"a value of type {type(value).__name__} has no place in an archive")


def _plain(value: Any) -> Any:
    match value:
        case {"$time": str(when)}:
            return datetime.fromisoformat(when)
        case {"$bytes": str(encoded)}:
            return base64.b64decode(encoded)
        case {"$number": str(number)}:
            return Decimal(number)
    return value
