"""The page of figures is what the report makes of those that were kept when it was written."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import report

ROOT = Path(__file__).parents[2]


def test_the_page_has_the_figures_that_were_measured() -> None:
    large, small = (json.loads((ROOT / "benchmarks" / f"results-{size}.json").read_text()) for size in ("1GB", "100MB"))
    page = (ROOT / "docs" / "performance.md").read_text()
    first = f"{report.summary(large)}\n\n{report.summary(small)}"
    for text, (begin, end) in ((report.markdown(large), (report.BEGIN, report.END)), (first, report.SUMMARY)):
        assert page.partition(begin)[2].partition(end)[0].strip() == text.strip()
