"""The page of figures can be read back, so that a later run adds to it."""

from __future__ import annotations

from pathlib import Path

from benchmarks import page, report

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


def test_the_figures_come_back_as_they_stand_there() -> None:
    found = page.results(PAGE, "1GB")
    written = PAGE.read_text().partition(report.BEGIN)[2].partition(report.END)[0]
    assert report.markdown(found).strip() == written.strip()


def test_there_are_none_of_another_size() -> None:
    assert page.results(PAGE, "3GB") == {}
