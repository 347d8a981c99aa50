"""Records with keys that are more than the memory: in order, whoever writes the runs; and a disk that becomes full."""

from __future__ import annotations

import resource
import threading
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.csvio.disk import Limits, limited
from csvapi.errors import OutputLimit
from csvapi.spill.record_sort import NativeSortedRuns, pairs
from csvapi.spill.workspace import Workspace
from tests.engines.running import reused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

CORES = pytest.mark.parametrize("cores", [1, 2])


def taken(folder: Path, items: list[tuple[bytes, bytes]], cores: int, memory: int = 1 << 12) -> NativeSortedRuns:
    runs = NativeSortedRuns(Workspace(folder, memory, native=True, cores=cores), "runs")
    for key, record in items:
        runs.add([key + b"\0"], [record])
    return runs


@CORES
@reused
@given(items=st.lists(st.tuples(st.binary(max_size=3).map(lambda key: key.hex().encode()), st.binary(max_size=300))))
def test_records_are_in_order_and_equal_keys_as_they_came(
    tmp_path: Path, cores: int, items: list[tuple[bytes, bytes]]
) -> None:
    runs = taken(tmp_path, items * 9, cores)
    found = list(pairs([runs], Workspace(tmp_path, 1 << 12, native=True, cores=cores)))
    assert found == [(key + b"\0", record) for key, record in sorted(items * 9, key=lambda item: item[0])]
    assert not list(tmp_path.iterdir())


@CORES
def test_runs_of_another_process_are_on_disk(tmp_path: Path, cores: int) -> None:
    runs = taken(tmp_path, [(b"%d" % Random(at).randrange(99), b"x" * 50) for at in range(500)], cores)
    runs.free()
    assert not runs.is_in_memory
    assert len(runs.files) == len(list(tmp_path.iterdir())) > 3
    assert not [each for each in threading.enumerate() if each.name.startswith("beside")]


@CORES
def test_the_budget_of_the_disk_holds_for_runs(tmp_path: Path, cores: int) -> None:
    with limited(Limits(output=20_000), [tmp_path]), pytest.raises(OutputLimit, match="temporary files"):
        taken(tmp_path, [(b"%d" % at, b"x" * 100) for at in range(1000)], cores).free()


@pytest.fixture
def small_files() -> Iterator[AbstractContextManager[None]]:
    """No file may have more than 10,000 bytes: as on a full disk, a write takes what there is room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@CORES
@pytest.mark.usefixtures("small_files")
def test_no_run_is_cut_short_without_an_error(tmp_path: Path, cores: int) -> None:
    runs = taken(tmp_path, [(b"1", b"x" * 9_000), (b"2", b"y" * 2_000)], cores, 1 << 16)
    with pytest.raises(OSError, match="File too large"):
        runs.free()
