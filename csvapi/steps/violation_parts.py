"""Violations of one range on disk, until the ranges before it are known to have so many records and lines.

Memory: a part of them. Raises `WorkspaceFull` when the disk is, `OutputLimit` when the report becomes too large.
"""

from __future__ import annotations

from pickle import dumps, load
from typing import TYPE_CHECKING

from csvapi.csvio.disk import disk_budget, expect
from csvapi.steps.growth import EACH, PART

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Located = tuple[int, int, str, bytes, str]  # row and line, both of the range, column, value, rule

_MARKS = 6  # delimiters and line end of a record, and the least that a row and a line have


class ViolationsWriter:
    """Takes the violations of one range in order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("wb")
        self.some: list[Located] = []
        self.size = self.written = 0

    def add(self, violation: Located) -> None:
        """Take the next violation."""
        self.some.append(violation)
        size = sum(map(len, violation[2:]))
        self.size += EACH + size
        self.written += size + _MARKS
        if self.size >= PART:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        expect(self.written)
        data = dumps(self.some, protocol=5)
        with disk_budget(len(data)):
            self.file.write(data)
        self.some, self.size = [], 0

    def abandon(self) -> None:
        """Close the file, which is not going to be read."""
        self.file.close()

    def close(self) -> None:
        """Write what is held, and close the file."""
        self.flush()
        with disk_budget():
            self.file.close()


def violations(path: Path) -> Iterator[list[Located]]:
    """What a writer took, some at a time."""
    size = path.stat().st_size
    with path.open("rb") as file:
        while file.tell() < size:
            yield load(file)  # noqa: S301  we wrote it ourselves
