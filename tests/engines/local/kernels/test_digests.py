"""A digest depends on the key alone, not on where it lies; it is the sum its source describes."""

from __future__ import annotations

import os
import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.wire import Wire
from csvapi.engines.local.kernels import SECRET
from csvapi.engines.local.kernels.digests import LONGEST, Digester, joined
from csvapi.engines.local.kernels.table import PADDING
from csvapi.engines.local.kernels.tables import Tables

keys = st.lists(st.one_of(st.binary(max_size=40), st.binary(min_size=LONGEST - 9, max_size=LONGEST + 9)), min_size=1)
digester = Digester(os.urandom(SECRET))


def by_hand(key: bytes) -> tuple[int, int]:
    """The digest of one key in Python's integers."""
    padded = key + bytes(-len(key) % 4)
    words = struct.unpack(f"<{len(padded) // 4}I", padded)
    halves = [0, 0]
    for number, (factors, odd) in enumerate(zip(digester.factors.tolist(), digester.odd.ravel().tolist(), strict=True)):
        total = int(factors[-1]) * len(key) + sum(int(factor) * word for factor, word in zip(factors, words))  # noqa: B905
        halves[number // 4] = halves[number // 4] << 16 | total * odd % 2**64 >> 48
    return halves[0], halves[1]


@given(some=keys, between=st.binary(max_size=3))
def test_digests_are_of_keys(some: list[bytes], between: bytes) -> None:
    lengths = np.array([len(key) for key in some])
    starts = np.cumsum(lengths + len(between)) - lengths
    text = b"".join(between + key for key in some) + os.urandom(PADDING)
    here = digester.of_spans(text, starts, lengths)
    there = digester.of_keys(some)
    assert [half.tolist() for half in here] == [half.tolist() for half in there]
    assert len(set(zip(*(half.tolist() for half in here), strict=True))) == len(set(some))
    for key, first, second in zip(some, *(half.view(np.uint64).tolist() for half in here), strict=True):
        if len(key) <= LONGEST:
            assert (first, second) == by_hand(key)


def test_sums_stay_exact() -> None:
    """The largest that can occur is a whole number in floating point."""
    most = np.full(LONGEST // 4 + 1, float(2**32 - 1))
    assert np.abs(digester.factors).max() <= 2**14
    assert (2.0**14 * most).sum() <= 2**53


def test_columns_are_joined_as_keys_are() -> None:
    table = Tables(Wire.of(Dialect()), 3, lambda _: True, lambda _: False).take(
        b"a,,bc\r\n1,22,\r\n,x,y\r\n", 0, 0, final=True
    )
    assert table is not None
    text, starts, lengths = joined(table, [2, 0], np.array([0, 2]))
    assert [text[a : a + n] for a, n in zip(starts.tolist(), lengths.tolist(), strict=True)] == [b"bc,a", b"y,"]
