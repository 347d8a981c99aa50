"""Lengths of records come back from the bucket as they were, and short ones take a byte each."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from csvapi.engines.cluster.lengths import packed, unpacked


@given(lengths=st.lists(st.one_of(st.integers(0, 255), st.integers(0, (1 << 32) - 1))))
def test_lengths_come_back(lengths: list[int]) -> None:
    data = array("I", lengths).tobytes()
    assert unpacked(packed(data)) == data


def test_short_ones_take_a_byte() -> None:
    assert sum(map(len, packed(array("I", range(200)).tobytes()))) == 200
