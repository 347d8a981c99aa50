"""The reasons of a run with the line and the byte of each record, which the explanation of a pass does not have."""

from __future__ import annotations

import csv
import sys
from itertools import chain
from typing import TYPE_CHECKING, Any

from csvapi.csvio.locations import spans, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect
    from csvapi.csvio.locations import Span

COLUMNS = ["row", "line", "byte", "step", "operation", "reason", "kept_row"]


def locate(
    source: Path, dialect: Dialect, reasons: Path, target: Path, heartbeat: Callable[[], None], steps: int = sys.maxsize
) -> None:
    """Add line and byte of each record to the engine's reasons: one pass over the source, whose records the first
    `steps` steps are given; what later ones drop is in no line of it."""
    columns, at = start(source, dialect)
    located(reasons, spans(source, dialect, len(columns), at), target, heartbeat, headed=True, steps=steps)


def located(
    reasons: Path,
    found: Iterator[Span],
    target: Path,
    heartbeat: Callable[[], None],
    *,
    headed: bool,
    steps: int = sys.maxsize,
) -> None:
    """The same with the records of `found`, which begin with or before the first one that went; both files have a line
    of names above, or none."""
    with reasons.open(newline="", encoding="utf-8", errors="surrogatepass") as file:
        rows = csv.reader(file)
        with target.open("w", newline="", encoding="utf-8", errors="replace") as out:
            writer = csv.writer(out, lineterminator="\n")
            if headed:
                next(rows)
                writer.writerow(COLUMNS)
            _join(rows, found, writer, heartbeat, steps)


def _join(
    rows: Iterator[list[str]], spans: Iterator[Span], writer: Any, heartbeat: Callable[[], None], steps: int
) -> None:
    """Join by row number; a row of an earlier step's output has no position in the source."""
    wanted = next(rows, None)
    for span in spans:
        heartbeat()
        if wanted and int(wanted[1]) > steps:
            break
        while wanted and int(wanted[1]) <= steps and span.begin.row <= int(wanted[0]) < span.end.row:
            location = span.location(int(wanted[0]) - span.begin.row)
            writer.writerow([location.row, location.line, location.byte, *wanted[1:]])
            wanted = next(rows, None)
        if wanted is None:
            return
    writer.writerows([row[0], "", "", *row[1:]] for row in chain([wanted] if wanted else [], rows))
