"""What happens between two passes of a keyed step: the records that repeat a key are found, and marked."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from csvapi.engines.local.decisions import Marks, decision_file, make_duplicate_file
from csvapi.engines.local.mark_duplicates import Duplicates
from csvapi.engines.local.processes import run_all
from csvapi.engines.local.range_result import settled
from csvapi.native.entries import LaterMarks
from csvapi.spill.ranked_keys import repeated
from csvapi.spill.record_sort import in_order
from csvapi.spill.shares import in_shares

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from csvapi.engines.local.processes import Report
    from csvapi.engines.local.range_result import Found
    from csvapi.spill.shares import Runs
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.remarks import Sighting
    from csvapi.steps.selecting import KeyedSelector

_SHARE = 4  # part of the memory that the marks may take while entries are merged
_TRIMMED = 4096  # marks between two looks at what they take


@dataclass(frozen=True)
class Repeats:
    """Marks the records of one keyed step that go, with the one of its `codes` for the reason, and says so to the step.

    `bases` are the records before each range, `records` all of them, `step` counts from 0.
    """

    built: KeyedSelector
    step: int
    codes: Sequence[int]
    bases: list[int]
    records: int
    explain: bool
    processes: int

    def mark_in_partitions(self, workspace: Path, memory: int, partitions: int, *, native: bool, report: Report) -> int:
        """By the place in the file, each partition of the keys by itself; gives the number of records dropped."""
        place = (workspace, self.step, self.built.retain, self.codes[0], self.bases, self.records)
        resolver = Duplicates(*place, explain=self.explain, memory=memory, native=native)
        resolver.prepare()
        groups = [range(first, partitions, self.processes) for first in range(min(self.processes, partitions))]
        dropped = sum(run_all([partial(resolver.mark, group) for group in groups], report))
        for path in workspace.glob(f"keys-{self.step}-*"):
            path.unlink()
        return self._settled(workspace, dropped)

    def mark_by_rank(self, workspace: Workspace, ranges: Sequence[Found]) -> int:
        """The same by rank, of what the ranges gave, in shares of the keys side by side: the step says which go."""
        if self.explain:
            make_duplicate_file(workspace.folder, self.records)
        dropped, parts = 0, [cast("Runs", each.gathered) for each in ranges]
        for some, seen in in_shares(parts, workspace, self._mark_share):
            dropped += some
            for remark, found in zip(self.built.remarks, seen, strict=True):
                remark.add(found.of, found.count, [(spot.row, spot.value) for spot in found.spots])
        return self._settled(workspace.folder, dropped)

    def _mark_share(self, parts: Sequence[Runs], workspace: Workspace, _: int) -> tuple[int, list[Sighting]]:
        """Mark the records of some keys; what that adds to the remarks of the step, which may be in a process of its
        own."""
        most = workspace.memory // _SHARE
        marks = Marks(workspace.folder, self.records, explain=self.explain, most=most)
        with settled([self.built]), closing(marks):
            later = workspace.native and not self.built.grouped
            dropped = (self._mark_later if later else self._mark_repeats)(workspace, parts, marks)
            return dropped, [remark.seen for remark in self.built.remarks]

    def _mark_later(self, workspace: Workspace, parts: Sequence[Runs], marks: Marks) -> int:
        """By the kernel: all but the first of each key go."""
        dropped = 0
        with closing(LaterMarks(self.bases, self.codes[0], marks.decisions, marks.repeated)) as later:
            for entries in in_order(parts, workspace):
                dropped += later.add(entries)
                marks.trim()
        return dropped

    def _mark_repeats(self, workspace: Workspace, parts: Sequence[Runs], marks: Marks) -> int:
        """By the step."""
        dropped, self.built.heartbeat = 0, workspace.heartbeat
        for row, leader, reason in self.built.repeats(repeated(parts, workspace), self.bases):
            dropped += 1
            marks.decisions[row] = self.codes[reason]
            marks.repeats(row, leader)
            if dropped % _TRIMMED == 0:
                marks.trim()
        return dropped

    def _settled(self, workspace: Path, dropped: int) -> int:
        """Let the step ask for the decisions about some records."""
        with decision_file(workspace).open("rb") as file:

            def goes(row: int) -> bool:
                file.seek(row)
                return file.read(1)[0] in self.codes

            self.built.decided(goes)
        return dropped
