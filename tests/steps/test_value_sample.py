"""The sample of a column's values is the same however they come, and what it counts is exact."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.steps.hyperloglog import FEW, Distinct, hashed
from csvapi.steps.value_sample import LONGEST, MOST, ValueSample


def expected(counted: Counter[bytes]) -> dict[bytes, int]:
    smallest = sorted(counted, key=hashed)[:MOST]
    found: Counter[bytes] = Counter()
    for value in smallest:
        found[value if len(value) <= LONGEST else b""] += counted[value]
    return dict(found)


@given(
    seed=st.integers(0, 1 << 30),
    different=st.integers(1, 1500),
    parts=st.integers(1, 5),
)
def test_any_order_and_any_parts_give_the_same(seed: int, different: int, parts: int) -> None:
    random = Random(seed)
    values = [b"%d" % random.randrange(different) * random.choice((1, 1, 30)) for _ in range(2000)]
    whole = ValueSample()
    for start in range(parts):
        part = ValueSample()
        for some in (values[start::parts][:300], values[start::parts][300:]):
            counted = Counter(some)
            part.add(counted, list(map(hashed, counted)))
        whole.merge(part)
        assert len(whole.found) <= 2 * MOST
    assert whole.counted() == expected(Counter(values))


@pytest.mark.parametrize("parts", [1, 3])
def test_distinct_samples_what_it_forgets(parts: int) -> None:
    random = Random(parts)
    values = [b"v%d" % random.randrange(5 * FEW) for _ in range(10 * FEW)]
    whole = Distinct(0)
    for number in range(parts):
        part = Distinct(0)
        for start in range(0, 10 * FEW, 500):
            part.add(Counter(values[start : start + 500][number::parts]))
        whole.merge(part)
    assert whole.registers
    assert whole.looked_at() == expected(Counter(values))
