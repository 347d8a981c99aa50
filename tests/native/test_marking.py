"""What goes of the records of a partition, as machines say it to each other."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given

from csvapi.native.form import Form
from csvapi.native.marking import PartitionRows, mark, shortened
from csvapi.native.memory import Growing, Memory
from csvapi.native.partitions import entries
from tests.native import marking_checks
from tests.native.cases import Case
from tests.native.drawn import patient, sources
from tests.native.memories import Guarded

NOTHING = Case(Form(width=1), "utf-8", b"", final=True, allocate=Guarded)


@patient
@given(source=sources)
def test_what_goes_is_said_by_rows(source: Random) -> None:
    marking_checks.marks(NOTHING, source)


@patient
@given(source=sources)
def test_what_is_named_goes(source: Random) -> None:
    marking_checks.marked(NOTHING, source)


def test_a_row_that_is_too_large_is_refused() -> None:
    assert len(shortened(memoryview(entries(bytes(16), [(1 << 32) - 1])), Growing(Memory))) == 20
    with pytest.raises(ValueError, match="more records than"):
        shortened(memoryview(entries(bytes(16), [1 << 32])), Growing(Memory))


def test_records_that_there_are_not_are_refused() -> None:
    rows = PartitionRows(2, placed=False)
    with pytest.raises(ValueError, match="no records 1 to 3 of 2"):
        rows.numbered(bytes(40), 1, 0)
    with pytest.raises(ValueError, match="no records 0 to 3 of 2"):
        rows.marked(bytes(3), None, 0, 3)
    with pytest.raises(ValueError, match="there is not"):
        mark((5).to_bytes(4, "little"), 1, bytearray(5))
