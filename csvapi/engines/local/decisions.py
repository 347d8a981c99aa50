"""What was decided about every record, one byte each, in a file that the passes and processes of a stage share.

0 keeps a record; any other byte is one of `Plan.codes`. While the first pass reads the ranges side by side, nobody
knows how many records each of them has, so each range writes a file of its own; `join` makes one of them.

Memory: a pass has the decisions about one batch. Those who mark records of the whole file map it and say how much of
it may stay in memory, as mapped pages count in full against the limit of a worker.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from csvapi.csvio.disk import disk_budget
from csvapi.spill.shared_file import Shared, trimmer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LENGTH = 4  # bytes of a record's length
STAYS = b"\1" + bytes(255)  # a decision as a mask byte
GOES = b"\0" + b"\1" * 255
_COPY = 64 << 20
_ROW = 8  # bytes of a row that a record repeats


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
    """Join the decisions of the ranges with these numbers into one file; does nothing if they were not kept."""
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


def make_duplicate_file(workspace: Path, records: int) -> None:
    """Make the file of the rows that records repeat, full length, before processes share it."""
    Shared(duplicate_file(workspace), _ROW * records).close()


class Marks:
    """The decisions about all records of the file in memory and, if `explain`, the rows that they repeat.

    `most` bytes of them may stay there: `trim` is to be called after a few thousand marks and gives back what is more.
    """

    def __init__(self, workspace: Path, records: int, *, explain: bool, most: int) -> None:
        self._files = [Shared(decision_file(workspace), records)]
        if explain:
            self._files.append(Shared(duplicate_file(workspace), _ROW * records))
        self.decisions = self._files[0].view
        self.repeated = self._files[1].view if explain else None
        self.fits = sum(len(file.view) for file in self._files) <= most
        self.trim = trimmer(self._files, most)

    def repeats(self, row: int, of: int) -> None:
        """Note that a record repeats another one; both are counted from 0."""
        if self.repeated is not None:
            self.repeated[_ROW * row : _ROW * (row + 1)] = (of + 1).to_bytes(_ROW, sys.byteorder)

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files:
            file.close()


class Decisions:
    """The decisions about the records of one range, before which the file has `base` records. The first pass (`new`)
    appends them, later passes change them in place. Unless they are `kept`, nothing is written."""

    def __init__(self, workspace: Path, number: int, base: int, *, new: bool, kept: bool) -> None:
        self.base = base
        self.file = _part(workspace, number).open("wb") if new and kept else None
        self.known = None if new else decision_file(workspace).open("r+b")

    def read(self, start: int, count: int) -> bytearray:
        """The decisions of `count` records of the range from number `start` on; all 0 in the first pass."""
        found = bytearray(count)
        if self.known:
            self.known.seek(self.base + start)
            self.known.readinto(found)
        return found

    def write(self, start: int, decisions: bytearray) -> None:
        """Set the decisions of records of the range from number `start` on. Raises `WorkspaceFull` when the disk is
        full."""
        if self.file:
            with disk_budget(len(decisions)):
                self.file.write(decisions)
        elif self.known:
            self.known.seek(self.base + start)
            with disk_budget():
                self.known.write(decisions)

    def close(self) -> None:
        """Close the files."""
        for file in (self.file, self.known):
            if file:
                with disk_budget():
                    file.close()
