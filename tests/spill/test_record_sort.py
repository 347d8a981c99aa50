"""Records with keys that are more than the memory: in order; and a disk that becomes full."""

from __future__ import annotations

import pickle
import resource
from operator import itemgetter
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.disk import Limits, limited
from csvapi.errors import OutputLimit
from csvapi.spill.record_sort import SHARES, NativeSortedRuns, pairs
from csvapi.spill.workspace import Workspace
from tests.engines.running import reused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEMORY = 1 << 12


def runs_of(folder: Path, memory: int = MEMORY, name: str = "runs") -> NativeSortedRuns:
    return NativeSortedRuns(Workspace(folder, memory, native=True), name)


def take(runs: NativeSortedRuns, items: list[tuple[bytes, bytes]]) -> NativeSortedRuns:
    for start in range(0, len(items), 100):
        some = items[start : start + 100]
        runs.add([key + b"\0" for key, _ in some], [record for _, record in some])
    return runs


@settings(reused, max_examples=20)
@given(source=st.randoms(use_true_random=False), keys=st.integers(1, 10**6), longest=st.sampled_from([300, 3_000]))
def test_records_are_in_order_and_equal_keys_as_they_came(
    tmp_path: Path, source: Random, keys: int, longest: int
) -> None:
    count = 1 + source.randrange(20_000 // longest)
    items = [(b"%d" % source.randrange(keys), b"x" * source.randrange(longest)) for _ in range(count)]
    runs = take(runs_of(tmp_path), items)
    found = list(pairs([runs], Workspace(tmp_path, MEMORY, native=True)))
    assert found == [(key + b"\0", record) for key, record in sorted(items, key=lambda item: item[0])]
    assert not list(tmp_path.iterdir())


def test_runs_of_another_process_are_on_disk(tmp_path: Path) -> None:
    runs = take(runs_of(tmp_path), [(b"%d" % (at % 99), b"x" * 1_000) for at in range(10)])
    runs.free()
    assert not runs.is_in_memory
    assert len(runs.files) == len(list(tmp_path.iterdir())) > 2


@settings(reused, max_examples=30)
@given(
    source=st.randoms(use_true_random=False),
    records=st.integers(0, 300),
    count=st.sampled_from([1, 2, 3, 16, SHARES + 1]),
)
def test_shares_are_all_records_and_leave_the_files(tmp_path: Path, source: Random, records: int, count: int) -> None:
    items = [(source.randbytes(8), b"%d" % at * 9) for at in range(records)]
    parts = [take(runs_of(tmp_path, name=name), items[at::2]) for at, name in enumerate("ab")]
    for part in parts:
        part.free()
    before, workspace, found = sorted(tmp_path.iterdir()), Workspace(tmp_path, MEMORY, native=True), []
    for number in range(count):
        shares = [pickle.loads(pickle.dumps(part.share(number, count))) for part in parts]
        found += pairs(shares, workspace)
        assert sorted(tmp_path.iterdir()) == before
    as_they_came = [(key + b"\0", record) for key, record in items[::2] + items[1::2]]
    assert found == sorted(as_they_came, key=itemgetter(0))
    assert sum(part.size for part in parts) == sum(path.stat().st_size for path in before)
    for path in before:
        path.unlink()


def test_the_budget_of_the_disk_holds_for_runs(tmp_path: Path) -> None:
    items = [(b"%d" % at, b"x" * 1_000) for at in range(10)]
    with limited(Limits(output=5_000), [tmp_path]), pytest.raises(OutputLimit, match="temporary files"):
        take(runs_of(tmp_path), items).free()


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may have more than 10,000 bytes: as on a full disk, a write takes what there is room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("small_files")
def test_no_run_is_cut_short_without_an_error(tmp_path: Path) -> None:
    runs = take(runs_of(tmp_path, 1 << 16), [(b"1", b"x" * 9_000), (b"2", b"y" * 2_000)])
    with pytest.raises(OSError, match="File too large"):
        runs.free()
