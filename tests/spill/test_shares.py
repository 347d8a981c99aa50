"""Sorted runs in shares: as many as there are cores, where that is worth it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from csvapi.spill.external_sort import SortedRuns
from csvapi.spill.record_sort import SHARES, NativeSortedRuns, pairs, sorter
from csvapi.spill.shares import in_shares
from csvapi.spill.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from csvapi.spill.shares import Runs

MEMORY = 1 << 12
KEYS = [bytes([at * 7 % 256]) * 9 for at in range(500)]


def runs_of(workspace: Workspace, keys: list[bytes]) -> Runs:
    runs = sorter(workspace, "runs")
    for key in keys:
        runs.add([key], [key])
    return runs


def keys_of(runs: Sequence[Runs], workspace: Workspace, number: int) -> tuple[int, int, bool, list[bytes]]:
    workspace.heartbeat()
    return number, workspace.memory, workspace.shared, [key for key, _ in pairs(runs, workspace)]


@pytest.mark.parametrize(("cores", "shares"), [(1, 1), (2, 2), (3, 3), (999, SHARES)])
def test_each_core_has_a_share(tmp_path: Path, cores: int, shares: int) -> None:
    workspace = Workspace(tmp_path, MEMORY, native=True, cores=cores)
    found = in_shares([runs_of(workspace, KEYS)], workspace, keys_of)
    assert [each[:3] for each in found] == [(number, MEMORY // shares, shares > 1) for number in range(shares)]
    assert [key for *_, keys in found for key in keys] == sorted(KEYS)
    assert all(keys for *_, keys in found)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("native", "keys"), [(True, KEYS[:3]), (False, KEYS)])
def test_few_records_and_those_of_python_are_not_shared(tmp_path: Path, native: bool, keys: list[bytes]) -> None:
    workspace = Workspace(tmp_path, MEMORY, native=native, cores=2)
    runs = runs_of(workspace, keys)
    assert isinstance(runs, NativeSortedRuns if native else SortedRuns)
    assert in_shares([runs], workspace, keys_of) == [(0, MEMORY, False, sorted(keys))]


def test_no_file_is_left_where_a_share_fails(tmp_path: Path) -> None:
    def fail(runs: Sequence[Runs], workspace: Workspace, number: int) -> None:
        raise OSError(number)

    workspace = Workspace(tmp_path, MEMORY, native=True, cores=2)
    with pytest.raises(OSError, match="0"):
        in_shares([runs_of(workspace, KEYS)], workspace, fail)
    assert not list(tmp_path.iterdir())


def test_who_does_the_tasks_hears_that_they_go_on(tmp_path: Path) -> None:
    heard: list[str] = []
    workspace = Workspace(tmp_path, MEMORY, native=True, cores=2)
    runs = runs_of(workspace, KEYS)
    workspace = replace(workspace, side_by_side=lambda tasks: [task(lambda: heard.append("beat")) for task in tasks])
    in_shares([runs], workspace, keys_of)
    assert len(heard) > 2
