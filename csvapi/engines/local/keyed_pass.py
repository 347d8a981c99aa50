"""What happens between two passes of a keyed step: the records that repeat a key are found, and marked."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from csvapi.engines.local.decisions import Shared, decision_file, duplicate_file
from csvapi.engines.local.mark_duplicates import Duplicates
from csvapi.engines.local.processes import run_all
from csvapi.spill.ranked_keys import ranked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from csvapi.engines.local.processes import Report
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.selecting import KeyedSelector


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

    def mark_by_rank(self, workspace: Workspace, parts: Sequence[Any]) -> int:
        """The same by rank, of what the ranges gave: the step says which records go."""
        dropped = 0
        with (
            Shared(decision_file(workspace.folder), self.records) as decisions,
            Shared(duplicate_file(workspace.folder), 8 * self.records * self.explain) as repeated,
        ):
            for row, leader, reason in self.built.repeats(ranked(parts, workspace), self.bases):
                dropped += 1
                decisions[row] = self.codes[reason]
                if self.explain:
                    repeated[8 * row : 8 * row + 8] = (leader + 1).to_bytes(8, sys.byteorder)
        return self._settled(workspace.folder, dropped)

    def _settled(self, workspace: Path, dropped: int) -> int:
        with Shared(decision_file(workspace), self.records) as decisions:
            self.built.decided(lambda row: decisions[row] in self.codes)
        return dropped
