"""What the service sends that is more than a dictionary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ENDED = frozenset({"succeeded", "failed", "cancelled"})


@dataclass(frozen=True)
class Row:
    """A record: its number (from 1), its line (from 1), its byte (from 0), its cells as text, None where absent."""

    row: int
    line: int
    byte: int
    values: tuple[str | None, ...]
    columns: tuple[str, ...]

    def __getitem__(self, column: str) -> str | None:
        """The cell of a column. Raises KeyError for a name that no column has, or several have."""
        if self.columns.count(column) != 1:
            raise KeyError(f"{self.columns.count(column)} columns are named {column!r}")
        at = self.columns.index(column)
        return self.values[at] if at < len(self.values) else None

    def as_dict(self) -> dict[str, str | None]:
        """The cells by the names of their columns; of columns of one name, the last."""
        padded = self.values + (None,) * len(self.columns)
        return dict(zip(self.columns, padded, strict=False))


@dataclass(frozen=True)
class Dropped:
    """Why a record went: the step that dropped it (from 1; 0 is `on_ragged`), and the record that it repeats."""

    row: int
    line: int
    byte: int
    step: int
    operation: str
    reason: str
    kept_row: int | None

    @classmethod
    def of(cls, line: str) -> Dropped:
        """From a line of NDJSON; members that a newer service adds are left out."""
        found = json.loads(line)
        return cls(**{name: found.get(name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Event:
    """An event of a task: `state` with the task as it is then, or `progress` with its figures."""

    event: str
    id: str
    data: Mapping[str, Any]


class EventParser:
    """Server-Sent Events from their lines (WHATWG HTML, section 9.2), as far as csvapi sends them."""

    def __init__(self) -> None:
        self.last_id = ""
        self._fields: dict[str, str] = {}

    def take(self, line: str) -> Event | None:
        """The event that this line ends, if it ends one."""
        if line:
            name, _, value = line.partition(":")
            self._fields[name] = value.removeprefix(" ")
            return None
        found, self._fields = self._fields, {}
        if "data" not in found:
            return None
        self.last_id = found.get("id", self.last_id)
        return Event(found.get("event", "message"), self.last_id, json.loads(found["data"]))
