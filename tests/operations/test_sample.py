"""sample: the size asked for, the same for the same seed however it runs, each record as likely as any other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.errors import InvalidInput
from csvapi.operations import load_steps
from tests.engines import model
from tests.engines.running import WAYS, cases, execute, reused
from tests.operations.tables import table

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect

chosen = st.one_of(
    st.builds(lambda size, seed: {"size": size, "seed": seed}, st.integers(0, 8), st.integers(0, 3)),
    st.builds(lambda share: {"fraction": share}, st.sampled_from([0, 0.3, 1])),
)


@settings(reused, max_examples=25)
@given(case=cases(), params=chosen)
def test_samples_are_parts_and_repeatable(tmp_path: Path, case: tuple[Dialect, str], params: dict[str, Any]) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    found = [
        execute(tmp_path, text, dialect, [{"op": "sample", **params}], **WAYS[way])
        for way in ("plain", "tiny blocks", "parallel")
    ]
    assert [each[:2] for each in found] == [found[0][:2]] * 3
    records = found[0][2][0]["records"]
    assert records["in"] == len(parsed.rows)
    if "size" in params:
        assert records["kept"] == min(params["size"], len(parsed.rows))
    else:
        assert params["fraction"] not in (0, 1) or records["kept"] == params["fraction"] * len(parsed.rows)


def test_every_record_is_as_likely_as_any_other(tmp_path: Path) -> None:
    text = "n\n" + "".join(f"{number}\n" for number in range(8))
    counts: Counter[str] = Counter()
    for seed in range(400):
        found, _ = table(tmp_path, text, [{"op": "sample", "size": 2, "seed": seed}])
        counts.update(row[0] for row in found.rows)
    assert len(counts) == 8
    assert all(60 <= count <= 140 for count in counts.values()), "expected 100 each, deviation 9"


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({}, "/size"),
        ({"size": 1, "fraction": 0.5}, "/size"),
        ({"fraction": 1.5}, "/fraction"),
        ({"size": 1.5}, "/size"),
    ],
)
def test_bad_samples_are_refused(step: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "sample", **step}])
    assert caught.value.pointer == "/steps/0" + pointer


def test_a_sample_may_stand_between_a_filter_and_a_dedup(tmp_path: Path) -> None:
    """The first pass is the sample's then, and the last one only copies."""
    steps = [
        {"op": "filter", "filters": [{"column": "a", "operator": "!=", "value": "3"}]},
        {"op": "sample", "size": 100},
        {"op": "dedup"},
    ]
    found, _ = table(tmp_path, "a\n" + "1\n2\n3\n" * 50, steps)
    assert found.rows == [["1"], ["2"]]
