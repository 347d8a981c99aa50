"""The page of figures is what the report makes of those that were kept when it was written."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import report

ROOT = Path(__file__).parents[2]


def test_the_page_has_the_figures_that_were_measured() -> None:
    found = json.loads((ROOT / "benchmarks" / "results-1GB.json").read_text())
    page = (ROOT / "docs" / "performance.md").read_text()
    for text, (begin, end) in (
        (report.markdown(found), (report.BEGIN, report.END)),
        (report.summary(found), report.SUMMARY),
    ):
        assert page.partition(begin)[2].partition(end)[0].strip() == text.strip()
