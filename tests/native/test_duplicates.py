"""Which records repeat a key, by partitions and a table of limited size."""

from __future__ import annotations

import mmap
from pathlib import Path
from random import Random

import pytest
from hypothesis import given

from csvapi.native.duplicates import Resolver
from csvapi.native.form import Form
from csvapi.native.partitions import Partitions, entries
from csvapi.process.memory import limited
from tests.native import duplicate_checks
from tests.native.cases import Case
from tests.native.drawn import patient, sources

NOTHING = Case(Form(width=1), "utf-8", b"", final=True)


@patient
@given(source=sources)
def test_repeats_are_those_of_the_model(source: Random) -> None:
    duplicate_checks.repeats(NOTHING, source)


def test_more_keys_than_fit_are_said() -> None:
    resolver = Resolver("first", 1, 2, bytearray(3), None)
    found = entries(bytes(range(48)), range(3))
    assert resolver.decide(found, 0) is None
    resolver.begin()
    assert resolver.decide(found[:6], 0) == 0


def test_a_row_beyond_the_decisions_is_not_written() -> None:
    decisions = bytearray(1)
    resolver = Resolver("first", 1, 9, decisions, None)
    assert resolver.decide(entries(bytes(32), range(2)), 0) is None
    assert resolver.decide(entries(bytes(16), range(1)), 1 << 60) is None
    assert decisions == b"\0"


@pytest.mark.parametrize(("count", "room"), [(0, 1), (3, 1), (2, 0)])
def test_partitions_are_a_power_of_two(count: int, room: int) -> None:
    with pytest.raises(ValueError, match="a power of two of partitions"):
        Partitions(count, room, lambda *_: None)


def test_a_large_table_of_few_keys_stays_out_of_memory() -> None:
    """A partition of one key, a million times, makes the table for all partitions large."""
    decisions = bytearray(4)
    resolver = Resolver("first", 1, 8_000_000, decisions, None)
    before = _resident()
    for _ in range(3):
        resolver.begin()
        assert resolver.decide(bytes(entries(bytes(16) * 2, range(2))), 0) == 1
    assert _resident() - before < 50 << 20
    resolver.close()


def test_there_is_never_a_second_table() -> None:
    """A table may be as large as all that a task may have."""
    decisions = bytearray(4)
    with limited(250 << 20):
        resolver = Resolver("first", 1, 8_000_000, decisions, None)
        for _ in range(3):
            resolver.begin()
            assert resolver.decide(bytes(entries(bytes(16) * 2, range(2))), 0) == 1
        with pytest.raises(MemoryError):
            Resolver("first", 1, 8_000_000, decisions, None)
    resolver.close()


def _resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE
