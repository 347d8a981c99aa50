"""Profiles of columns on disk: each part has all columns over some records, and a column's parts are read together.

Memory: one column's profile. Disk: some hundred bytes per column and part, and the values each part knows, which are no
more than its records have. Raises `WorkspaceFull` when the disk is.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvapi.csvio.disk import disk_budget
from csvapi.steps.column_profile import ColumnProfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

_SIZE = 8  # bytes that say how long a packed profile is


@dataclass(frozen=True)
class Written:
    """A file of parts, and where each one begins."""

    path: Path
    starts: list[int]


class PartsWriter:
    """Takes the parts of one range in order."""

    def __init__(self, path: Path) -> None:
        self.written = Written(path, [])

    def add(self, profiles: Iterable[ColumnProfile]) -> None:
        """Write a part: the profile of each column, in their order."""
        with disk_budget(), self.written.path.open("ab") as file:
            self.written.starts.append(file.tell())
            for each in profiles:
                data = each.packed()
                with disk_budget(len(data)):
                    file.write(len(data).to_bytes(_SIZE))
                    file.write(data)


class PartsReader(AbstractContextManager["PartsReader"]):
    """Each call of `column` gives the next column over all records of all ranges.

    `written` are the ranges in order, each with the number of records before it.
    """

    def __init__(self, written: Sequence[tuple[Written, int]], bound: int, room: int) -> None:
        self.bound, self.room = bound, room
        self.files: list[int] = []
        self.parts: list[list[int]] = []  # file, position of the next column, records before
        for each, before in written:
            if each.starts:
                self.files.append(os.open(each.path, os.O_RDONLY))
                self.parts += [[self.files[-1], start, before] for start in each.starts]

    def __exit__(self, *_: object) -> None:
        for file in self.files:
            os.close(file)

    def column(self, heartbeat: Callable[[], None]) -> ColumnProfile:
        """The profile of the next column. Calls `heartbeat` before each part, which may raise."""
        whole: ColumnProfile | None = None
        for part in self.parts:
            heartbeat()
            file, position, before = part
            size = int.from_bytes(os.pread(file, _SIZE, position))
            found = ColumnProfile.unpacked(os.pread(file, size, position + _SIZE), self.room)
            part[1] += _SIZE + size
            if whole is None and not before:
                whole = found
            else:
                whole = whole or ColumnProfile(self.bound, self.room)
                whole.merge(found, before)
        return whole or ColumnProfile(self.bound, self.room)
