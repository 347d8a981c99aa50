"""Sorted runs in shares of their keys, on which processes work side by side.

Only for keys that begin with eight bytes of a hash, so that the shares are about the same size.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from csvapi.spill.record_sort import SHARES, NativeSortedRuns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from csvapi.spill.external_sort import SortedRuns
    from csvapi.spill.workspace import Result, Workspace

    Runs = SortedRuns | NativeSortedRuns
    Work = Callable[[Sequence[Runs], Workspace, int], Result]

_WORTH, _PART = 16 << 20, 16  # bytes on disk, or a part of the memory, for which processes are worth their start


def in_shares(runs: Sequence[Runs], workspace: Workspace, work: Work[Result]) -> list[Result]:
    """What `work` makes of each share of some runs, as many as there are cores; their files are gone then.

    It is given the share of each of the runs, a workspace with its share of the memory, and the number of the share,
    which the names of its files must have. If the workspace is `shared` what it gives back is pickled.
    """
    native = [each for each in runs if isinstance(each, NativeSortedRuns)]
    count = min(workspace.cores, SHARES) if len(native) == len(runs) else 1
    if count == 1 or sum(each.size for each in native) < min(_WORTH, workspace.memory // _PART):
        return [work(runs, workspace, 0)]
    for each in native:
        each.free()
    room = replace(workspace, memory=workspace.memory // count, shared=True, cores=1)
    shares = ([each.share(number, count) for each in native] for number in range(count))
    try:
        return workspace.side_by_side([partial(_worked, work, room, share, at) for at, share in enumerate(shares)])
    finally:
        for path in (path for each in native for path in each.files):
            path.unlink()


def _worked(
    work: Work[Result], workspace: Workspace, share: Sequence[Runs], number: int, heartbeat: Callable[[], None]
) -> Result:
    return work(share, replace(workspace, heartbeat=heartbeat), number)
