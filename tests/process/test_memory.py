"""The hard limit of a process's memory: what it has and so much more, whatever libraries it loads."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from multiprocessing import get_context

import pytest

from csvapi.engines.local.processes import run_all
from csvapi.errors import OutOfMemory
from csvapi.process import memory
from csvapi.process.memory import MIB


def taken(size: int) -> int:
    return len(bytearray(size))


def test_a_process_gets_what_it_may_have_and_no_more() -> None:
    with memory.limited(64 * MIB):
        assert taken(32 * MIB)
        with pytest.raises(MemoryError):
            taken(128 * MIB)
    assert taken(128 * MIB)


def test_the_error_names_the_limit_and_the_setting() -> None:
    with memory.limited(64 * MIB):
        error = memory.passed()
        assert taken(128 * MIB), "there is room to say so"
    assert error.context == {"limit": 64 * MIB}
    assert "CSVAPI_TASK_MEMORY" in error.detail
    assert "limit" not in memory.passed().context, "without a limit it is the machine's memory"


def test_what_is_needed_can_be_asked_for_before() -> None:
    memory.need(1 << 50)
    with memory.limited(64 * MIB):
        memory.need(32 * MIB)
        with pytest.raises(MemoryError):
            memory.need(128 * MIB)


def test_what_a_library_takes_is_no_part_of_it() -> None:
    with memory.limited(64 * MIB):
        with memory.importing():
            library = bytearray(128 * MIB)
        assert taken(32 * MIB)
        with pytest.raises(MemoryError):
            taken(128 * MIB)
    assert library


def test_each_process_of_a_run_has_its_share() -> None:
    """On top of what it has itself: what its parent has taken already does not count."""

    def task(size: int) -> Callable[[object], int]:
        return lambda _report: taken(size)

    with memory.limited(memory.BESIDES + 64 * MIB):
        mine = bytearray(128 * MIB)
        assert run_all([task(96 * MIB)] * 2, lambda _: None) == [96 * MIB] * 2
        with pytest.raises(OutOfMemory) as refused:
            run_all([task(MIB), task(4096 * MIB)], lambda _: None)
    assert refused.value.context == {"limit": memory.BESIDES + 32 * MIB}
    assert mine


def test_libraries_set_no_memory_aside_unless_the_environment_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"OMP_NUM_THREADS": "3"})
    memory.frugal_libraries()
    assert os.environ == {**memory.LIBRARIES, "OMP_NUM_THREADS": "3"}


def _faults(keep: object) -> int:
    """Page faults of a new process that takes three MiB and frees them a hundred times."""
    if keep:
        memory.keep_freed_memory()
    sizes = [MIB] * 3
    [bytearray(size) for size in sizes]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(100):
        [bytearray(size) for size in sizes]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_freed_memory_is_kept_for_what_is_needed_next() -> None:
    pages = 300 * MIB // resource.getpagesize()
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        given_back, kept = (pool.apply(_faults, (keep,)) for keep in (False, True))
    assert given_back > pages // 2
    assert kept < pages // 20
