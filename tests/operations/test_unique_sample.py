"""The sample of values in a receipt, whatever comes after unique."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.operations.tables import FAST_WAYS, PARALLEL, table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("way", [*FAST_WAYS.values(), PARALLEL])
@pytest.mark.parametrize("after", [[], [{"op": "slice", "tail": 2}], [{"op": "sample", "size": 2}], [{"op": "dedup"}]])
def test_each_value_is_in_it_once(tmp_path: Path, way: dict[str, Any], after: list[dict[str, Any]]) -> None:
    _, receipt = table(tmp_path, "k,v\na,1\nb,2\na,3\nc,4\n", [{"op": "unique", "column": "k"}, *after], **way)
    assert receipt["dropped_by_step"][0]["sample"] == ["a", "b", "c"]
