"""The explanation of every dropped record, written from the fates: one CSV record each, in the order of the file."""

from __future__ import annotations

import csv
import io
from functools import partial
from itertools import chain, compress, count, repeat
from typing import TYPE_CHECKING

from csvapi.csvio.sink import Sink
from csvapi.csvio.spill import disk_budget
from csvapi.engines.fates import fate_file, twin_file
from csvapi.engines.parts import side_by_side
from csvapi.engines.passes import GOES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from csvapi.engines.plan import Plan
    from csvapi.engines.pool import Report

HEADER = b"row,step,operation,reason,kept_row\n"
_BATCH = 1 << 16
_KEPT = b"\0"


def write_explanation(plan: Plan, workspace: Path, bases: list[int], target: Path, report: Report) -> None:
    """`row` counts from 1; `step` from 1, 0 for a ragged record; `kept_row` only where another record stands for it.

    The ranges are written side by side and then put together.
    """
    texts = [_text(plan, step, reason) for step, reason in plan.codes]
    with disk_budget(), target.open("wb") as file:
        out = Sink(file, hashed=False)
        out.write(HEADER)
        work = partial(_write, workspace, bases, texts)
        side_by_side(work, len(bases), [out], workspace, report, apart=False)


def _write(workspace: Path, bases: list[int], texts: list[str], number: int, sinks: list[Sink], report: Report) -> None:
    """The explanation of one range."""
    twins = twin_file(workspace, number)
    leaders = memoryview(twins.read_bytes()).cast("q") if twins.exists() else None
    with fate_file(workspace, number).open("rb") as file:
        start = 0
        while fates := file.read(_BATCH):
            of = leaders[start : start + len(fates)] if leaders else None
            sinks[0].write(_lines(fates, bases[number] + start + 1, texts, of))
            start += len(fates)
            report((0, 0, 0))


def _lines(fates: bytes, first: int, texts: list[str], leaders: Sequence[int] | None) -> bytes:
    """What is said of some records, the first of which is row `first`."""
    goes = fates.translate(GOES)
    rows = map(str, compress(count(first), goes))
    reasons = map(texts.__getitem__, fates.translate(None, _KEPT))
    kept = [str(of or "") + "\n" for of in compress(leaders, goes)] if leaders else repeat("\n")
    return "".join(chain.from_iterable(zip(rows, reasons, kept, strict=False))).encode("latin-1")


def _text(plan: Plan, step: int, reason: str) -> str:
    """What stands between row and kept_row for one fate, a character for each byte."""
    target = io.StringIO()
    name = plan.steps[step - 1].operation.name if step else ""
    csv.writer(target, lineterminator=",").writerow(["", plan.before + step if step else 0, name, reason])
    return target.getvalue().encode("utf-8", "surrogatepass").decode("latin-1")
