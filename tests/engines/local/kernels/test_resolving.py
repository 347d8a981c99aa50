"""The NumPy decision equals the dictionary's, and a run that uses it gives the same bytes."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options, run
from csvapi.engines.local.kernels import resolving
from csvapi.spill import duplicates

if TYPE_CHECKING:
    from pathlib import Path

apart = st.integers(-3, 3).map(lambda number: number << 40)
halves = st.one_of(  # many share only their first half, or only its high bits
    st.lists(st.tuples(first, st.integers(0, 1)), max_size=60) for first in (st.integers(-3, 3), apart)
)


@given(keys=halves, keep=st.sampled_from(["first", "last", "none"]))
def test_decisions_are_equal(keys: list[tuple[int, int]], keep: duplicates.Keep) -> None:
    first, second = ([key[half] for key in keys] for half in (0, 1))
    expected = duplicates.repeats(first, second, keep)
    dropped, leaders = resolving.repeats(np.array(first, np.int64), np.array(second, np.int64), keep)
    assert sorted(zip(dropped.tolist(), leaders.tolist(), strict=True)) == sorted(zip(*expected, strict=True))


@pytest.mark.parametrize("keep", ["first", "last", "none"])
@pytest.mark.parametrize("memory", [1 << 28, 20_000])
def test_runs_are_equal(tmp_path: Path, keep: str, memory: int) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["id", "n"], *([f"a\n{i * i % 997}", i % 7] for i in range(3_000))])
    source = tmp_path / "in"
    source.write_text(text.getvalue(), newline="")
    steps = [{"op": "dedup", "keep": keep}]
    results = []
    for options in (Options(fast=False), Options(smallest_fast=0, memory=memory, processes=2, smallest_range=1)):
        out = io.BytesIO()
        why = tmp_path / "why"
        receipt = run(source, Dialect(), steps, out, options=Options(**{**vars(options), "explain": True}),
                      workspace=tmp_path, explain=why)  # fmt: skip
        results.append((out.getvalue(), receipt.as_json(), why.read_bytes()))
    assert results[0] == results[1]
