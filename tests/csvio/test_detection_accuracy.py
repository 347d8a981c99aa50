"""Detection measured on files of known dialects (`make detect-eval` does it on more), beside other detectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.detection.judge import Verdict, judge
from benchmarks.detection.made import made
from benchmarks.detection.peers import clever, right, sniffer

if TYPE_CHECKING:
    from collections.abc import Callable

    from csvapi.csvio.dialect import Dialect

FILES, PEERS = 240, 60
LEAST = {"right": 0.96, "fields": 0.96, "header": 0.97, "preamble": 0.97}
"""The share of all files, clean and dirty."""
LEAST_CLEAN = 0.98


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return [judge(made(seed)) for seed in range(FILES)]


@pytest.mark.parametrize("what", LEAST)
def test_files_are_read_as_they_were_written(verdicts: list[Verdict], what: str) -> None:
    wrong = [each.seed for each in verdicts if not getattr(each, what)]
    assert len(wrong) <= FILES * (1 - LEAST[what]), wrong


def test_clean_files_are_read_as_they_were_written(verdicts: list[Verdict]) -> None:
    clean = [each for each in verdicts if "clean" in each.kinds]
    wrong = [each.seed for each in clean if not each.right]
    assert len(wrong) <= len(clean) * (1 - LEAST_CLEAN), wrong


@pytest.mark.parametrize("peer", [sniffer, clever])
def test_no_published_detector_is_better(verdicts: list[Verdict], peer: Callable[[str], Dialect | None]) -> None:
    assert sum(each.fields for each in verdicts[:PEERS]) >= sum(_finds(peer, seed) for seed in range(PEERS))


def _finds(peer: Callable[[str], Dialect | None], seed: int) -> bool:
    file = made(seed)
    try:
        got = peer(file.text[:6000])
    except Exception:  # noqa: BLE001  # whatever it fails with, it has not found a dialect
        return False
    return got is not None and right(file, got)
