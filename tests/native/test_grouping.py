"""Values are counted as a Counter counts them, and come in the order of their counts."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given

from csvapi.native.grouping import Groups, Stop, put_counts
from csvapi.native.profiling import ValueCounter
from csvapi.native.sorting import Block, Strings
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources
from tests.native.groups import groups


@patient
@given(case=drawn, source=sources)
def test_columns_of_any_text(case: Case, source: Random) -> None:
    groups(case, source)


def test_a_full_block_stops_it() -> None:
    counts, found = Block(1 << 16), Groups(b",", [b",1\n"])
    counts.add(Strings([(1).to_bytes(8, "little")] * 9), Strings([b"%d\0\0" % digit for digit in range(9)]))
    (piece,) = counts.sorted(1 << 16, whole=True)
    lines, at, text = Block(200), 0, b""
    while True:
        at, stop = found.add(piece, lines, at, final=True)
        text += b"".join(map(bytes, lines.sorted(500)))
        lines.clear()
        if stop == Stop.END:
            break
        assert stop == Stop.FULL
    assert text == b"".join(b"%d,1\n" % digit for digit in range(9))
    assert found.lines == 9


def test_a_value_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no value 1 among 0"):
        put_counts(ValueCounter(1, bytes(16)), Block(100), 1)
