"""What was decided about every record, one byte each, in a file that the passes and processes of a stage share.

0 keeps a record; any other byte is one of `Plan.codes`. While the first pass reads the ranges side by side, nobody
knows how many records each of them has, so each range writes a file of its own; `join` makes one of them.
"""

from __future__ import annotations

import mmap
import os
from typing import TYPE_CHECKING

from csvapi.csvio.disk import disk_budget

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

LENGTH = 4  # bytes of a record's length
_COPY = 64 << 20


def decision_file(workspace: Path) -> Path:
    """For each record of the stage its decision, one byte (see `plan`)."""
    return workspace / "decisions"


def duplicate_file(workspace: Path) -> Path:
    """For each record the row (from 1, in the whole file) of the one it repeats, 8 bytes; 0 for none."""
    return workspace / "duplicate-of"


def length_file(workspace: Path, number: int) -> Path:
    """For each record of a range its bytes in the file, as 4 bytes."""
    return workspace / f"lengths-{number}"


def _part(workspace: Path, number: int) -> Path:
    return workspace / f"decisions-{number}"


def join(workspace: Path, ranges: Sequence[int]) -> None:
    """Make one file of what the ranges of the first pass decided, by their numbers; nothing where they kept nothing."""
    first = _part(workspace, ranges[0])
    if not first.exists():
        return
    with first.open("r+b", buffering=0) as target:
        target.seek(0, os.SEEK_END)
        for number in ranges[1:]:
            part = _part(workspace, number)
            with part.open("rb", buffering=0) as source, disk_budget(part.stat().st_size):
                while os.sendfile(target.fileno(), source.fileno(), None, _COPY):
                    pass
            part.unlink()
    first.replace(decision_file(workspace))


class Shared:
    """A file of the workspace as memory that all processes of a run see; made as long as `size`."""

    def __init__(self, path: Path, size: int) -> None:
        with path.open("a+b") as file:
            missing = size - path.stat().st_size
            with disk_budget(max(0, missing)):
                if missing > 0:  # room that is missing is an error here, and in a mapped page the end of the process
                    os.posix_fallocate(file.fileno(), 0, size)
            self.map = mmap.mmap(file.fileno(), size) if size else None
        self.view = memoryview(self.map) if self.map is not None else memoryview(bytearray())

    def __enter__(self) -> memoryview:
        return self.view

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.view.release()
        if self.map is not None:
            self.map.close()


class Decisions:
    """Those about a range's records, of which `base` others come before: written record by record by the first pass
    (`new`), changed in place by later ones. Where they are not `kept`, nothing is written."""

    def __init__(self, workspace: Path, number: int, base: int, *, new: bool, kept: bool) -> None:
        self.base = base
        path = decision_file(workspace)
        self.file = _part(workspace, number).open("wb") if new and kept else None
        self.shared = None if new else Shared(path, path.stat().st_size)

    def read(self, start: int, count: int) -> bytearray:
        """The decisions of `count` records of the range from number `start` on; all 0 in the first pass."""
        if self.shared is None:
            return bytearray(count)
        start += self.base
        return bytearray(self.shared.view[start : start + count])

    def write(self, start: int, decisions: bytearray) -> None:
        """Set the decisions of records of the range from number `start` on. Raises `WorkspaceFull` when the disk is."""
        if self.file:
            with disk_budget(len(decisions)):
                self.file.write(decisions)
        elif self.shared:
            start += self.base
            self.shared.view[start : start + len(decisions)] = decisions

    def close(self) -> None:
        """Close the files."""
        if self.file:
            self.file.close()
        if self.shared:
            self.shared.__exit__(None, None, None)
