"""The explanation of every dropped record, written from the fates: one CSV record each, in the order of the file."""

from __future__ import annotations

import csv
import io
from itertools import compress, count, repeat
from typing import TYPE_CHECKING

from csvapi.csvio.spill import disk_budget
from csvapi.engines.fates import fate_file, twin_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from csvapi.engines.plan import Plan

HEADER = b"row,step,operation,reason,kept_row\n"
_BATCH = 1 << 16
_GOES = b"\0" + b"\1" * 255


def write_explanation(plan: Plan, workspace: Path, bases: list[int], target: Path, alive: Callable[[], None]) -> None:
    """`row` counts from 1; `step` from 1, 0 for a ragged record; `kept_row` only where another record stands for it."""
    texts = [_text(plan, step, reason) for step, reason in plan.codes]
    with disk_budget(), target.open("wb") as out:
        out.write(HEADER)
        for number, base in enumerate(bases):
            twins = twin_file(workspace, number)
            leaders = memoryview(twins.read_bytes()).cast("q") if twins.exists() else None
            with fate_file(workspace, number).open("rb") as file:
                start = 0
                while fates := file.read(_BATCH):
                    goes = fates.translate(_GOES)
                    rows = compress(count(base + start + 1), goes)
                    of = compress(leaders[start : start + len(fates)], goes) if leaders else repeat(0)
                    lines = (
                        b"%d%b%b\n" % (row, texts[fate], b"%d" % leader if leader else b"")
                        for row, fate, leader in zip(rows, compress(fates, goes), of, strict=False)
                    )
                    out.write(b"".join(lines))
                    start += len(fates)
                    alive()


def _text(plan: Plan, step: int, reason: str) -> bytes:
    """What stands between row and kept_row for one fate."""
    target = io.StringIO()
    name = plan.steps[step - 1].operation.name if step else ""
    csv.writer(target, lineterminator=",").writerow(["", plan.before + step if step else 0, name, reason])
    return target.getvalue().encode("utf-8", "surrogatepass")
