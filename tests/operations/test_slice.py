"""slice against Python's slices, over random files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.errors import InvalidInput
from csvapi.operations import load_steps
from tests.engines import model
from tests.engines.running import WAYS, cases, execute, expect, reused

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect

few = st.integers(0, 6)
slices = st.one_of(
    st.builds(lambda n: {"head": n}, few),
    st.builds(lambda n: {"tail": n}, few),
    st.builds(lambda n: {"drop_last": n}, few),
    st.builds(lambda start, more: {"start": start + 1, "stop": start + 1 + more}, few, few),
    st.builds(lambda start: {"start": start + 1}, few),
)


def stays(count: int, chosen: dict[str, int]) -> list[bool]:
    rows = list(range(count))
    if "head" in chosen:
        left = rows[: chosen["head"]]
    elif "drop_last" in chosen:
        left = rows[: -chosen["drop_last"]] if chosen["drop_last"] else rows
    elif "tail" in chosen:
        left = rows[-chosen["tail"] :] if chosen["tail"] else []
    else:
        left = rows[chosen["start"] - 1 : chosen.get("stop")]
    return [row in left for row in rows]


@pytest.mark.parametrize("way", ["plain", "small blocks", "parallel"])
@settings(reused, max_examples=25)
@given(case=cases(), chosen=slices, before=st.booleans())
def test_slices_are_the_models(
    tmp_path: Path, way: str, case: tuple[Dialect, str], chosen: dict[str, int], before: bool
) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    distinct = model.dedup(model.keys(parsed.rows, None), "first") if before else [True] * len(parsed.rows)
    among = iter(stays(sum(distinct), chosen))
    kept = [stay and next(among) for stay in distinct]
    steps: list[dict[str, Any]] = [{"op": "slice", **chosen}]
    output, dropped, (receipt, why) = execute(
        tmp_path, text, dialect, [{"op": "dedup"}, *steps] if before else steps, **WAYS[way]
    )
    assert (output, dropped) == expect(parsed, kept)
    assert receipt["records"]["dropped"] == len(why) == kept.count(False)


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({}, "/head"),
        ({"head": 1, "tail": 1}, "/head"),
        ({"start": 3, "stop": 2}, "/stop"),
        ({"head": -1}, "/head"),
        ({"start": 0}, "/start"),
        ({"head": "3"}, "/head"),
    ],
)
def test_bad_slices_are_refused(step: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "slice", **step}])
    assert caught.value.pointer == "/steps/0" + pointer
