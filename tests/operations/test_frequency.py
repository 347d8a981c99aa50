"""frequency against a Counter, over random files."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.errors import InvalidInput
from csvapi.operations import load_steps
from tests.engines import model
from tests.engines.running import cases, reused
from tests.operations.tables import FAST_WAYS, PARALLEL, table

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect


@pytest.mark.parametrize("way", [*FAST_WAYS.values(), PARALLEL])
@settings(reused, max_examples=25)
@given(case=cases(), top=st.sampled_from([None, 1, 2]))
def test_counts_are_the_models(tmp_path: Path, way: dict[str, int], case: tuple[Dialect, str], top: int | None) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    if not parsed.header or (not dialect.double_quote and not dialect.escape):
        return
    counted = Counter(row[0] for row in parsed.rows)
    expected = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0].encode("utf-8")))
    if dialect.encoding not in ("utf-8", "latin-1"):
        expected = [pair for pair in expected if pair[0].isascii()]
        if len(expected) < len(counted):
            return
    step = {"op": "frequency", "column": {"index": 1}} | ({"top": top} if top else {})
    found, receipt = table(tmp_path, text, [step], dialect, **way)
    total = len(parsed.rows)
    assert found.rows == [[value, str(count), f"{count / total:.6f}"] for value, count in expected[:top]]
    assert receipt["dropped_by_step"][0]["distinct"] == len(counted)


def test_a_table_is_a_file_for_the_next_step(tmp_path: Path) -> None:
    steps = [
        {"op": "frequency", "column": "a"},
        {"op": "filter", "filters": [{"column": "count", "operator": ">", "value": 1}]},
    ]
    found, receipt = table(tmp_path, "a\nx\ny\nx\n", steps)
    assert (found.header, found.rows) == (["value", "count", "share"], [["x", "2", "0.666667"]])
    assert receipt["records"] == {"in": 3, "kept": 1, "dropped": 1}


def test_bad_parameters_are_refused() -> None:
    for step, pointer in (({}, "/column"), ({"column": "a", "top": 0}, "/top")):
        with pytest.raises(InvalidInput) as caught:
            load_steps([{"op": "frequency", **step}])
        assert caught.value.pointer == "/steps/0" + pointer
