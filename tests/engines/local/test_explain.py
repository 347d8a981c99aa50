"""Explanations longer than the runs of rows they are written in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from csvapi.csvio.dialect import Dialect
from tests.engines.running import WAYS, execute

if TYPE_CHECKING:
    from pathlib import Path

STEP = {
    "op": "filter",
    "filters": [{"column": "a", "operator": ">=", "value": 2}, {"column": "b", "operator": "!=", "value": "0"}],
}
REASONS = ['not (a >= 2)', 'not (b != "0")']  # fmt: skip


@pytest.mark.parametrize("count", [98, 99, 100, 101, 1234])
@pytest.mark.parametrize("way", ["plain", "parallel", "csv", "csv, parallel"])
def test_every_row_is_explained_under_its_number(tmp_path: Path, count: int, way: str) -> None:
    rows = [(row % 5, row % 7) for row in range(1, count + 1)]
    text = "a,b\n" + "".join(f"{a},{b}\n" for a, b in rows)
    expected = [
        [str(row), "1", "filter", REASONS[0] if a < 2 else REASONS[1], ""]
        for row, (a, b) in enumerate(rows, start=1)
        if a < 2 or b == 0
    ]
    options: dict[str, Any] = WAYS[way]
    *_, (_, explained) = execute(tmp_path, text, Dialect(), [STEP], **options)
    assert explained == expected
