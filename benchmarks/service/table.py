"""The figures as Markdown, beside those of an earlier measurement, and in docs/performance.md."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median

from benchmarks.report import insert
from benchmarks.settings import HERE

PAGE = HERE.parent / "docs" / "performance.md"
MARKERS = "<!-- service: begin -->", "<!-- service: end -->"

Figures = dict[str, dict[str, float]]  # by database, then by what they are


def medians(runs: dict[str, list[dict[str, float]]]) -> Figures:
    """Of the runs on each database, the median of each figure."""
    return {
        name: {what: median(one[what] for one in each if what in one) for what in _named(each)}
        for name, each in runs.items()
    }


def table(now: Figures, before: Figures) -> str:
    """A column for each database and, where there are earlier figures, one for these before it."""
    columns = [
        column
        for name, found in now.items()
        for column in ([(f"{name} before", before[name])] if name in before else []) + [(name, found)]
    ]
    lines = [f"| Medians | {' | '.join(name for name, _ in columns)} |", f"|---|{'---|' * len(columns)}"]
    for what in _named([found for _, found in columns]):
        cells = (f"{found[what]:.1f}" if what in found else "" for _, found in columns)
        lines.append(f"| {what} | {' | '.join(cells)} |")
    return "\n".join(lines)


def kept(path: Path, figures: Figures) -> None:
    """Keep the figures, for a later measurement to be compared with."""
    path.write_text(json.dumps(figures, indent=1))


def earlier(path: str) -> Figures:
    """The figures that were kept; none where no file is named."""
    found: Figures = json.loads(Path(path).read_text()) if path else {}
    return found


def publish(text: str) -> None:
    """Put the text into docs/performance.md."""
    insert(PAGE, text, MARKERS)


def _named(each: list[dict[str, float]]) -> list[str]:
    return list(dict.fromkeys(what for one in each for what in one))
