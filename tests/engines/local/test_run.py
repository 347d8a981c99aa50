"""The engine against the naive model: every operation, every path, every accident."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engines import model
from tests.engines.running import WAYS, cases, execute, expect, reused

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect


@pytest.mark.parametrize("way", WAYS)
@reused
@given(case=cases(), keep=st.sampled_from(["first", "last", "none"]), whole=st.booleans())
def test_dedup_is_the_models(tmp_path: Path, way: str, case: tuple[Dialect, str], keep: str, whole: bool) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    positions = None if whole or not parsed.header else [len(parsed.header) - 1]
    step: dict[str, Any] = {"op": "dedup", "keep": keep}
    if positions:
        step["columns"] = [{"index": position + 1} for position in positions]
    stays = model.dedup(model.keys(parsed.rows, positions), keep)
    output, dropped, (receipt, why) = execute(tmp_path, text, dialect, [step], **WAYS[way])
    assert (output, dropped) == expect(parsed, stays)
    assert receipt["records"] == {"in": len(stays), "kept": sum(stays), "dropped": len(stays) - sum(stays)}
    assert receipt["found"]["blank_lines"] == parsed.blank
    ragged = [len(row) != len(parsed.header) for row in parsed.rows]
    assert receipt["found"]["ragged"]["count"] == sum(ragged)
    assert [int(each[0]) for each in why] == [row for row, stay in enumerate(stays, 1) if not stay]
