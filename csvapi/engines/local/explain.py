"""The explanation of every dropped record, written from the fates: one CSV record each, in the order of the file."""

from __future__ import annotations

import csv
import io
from functools import partial
from itertools import chain, compress, count
from operator import getitem
from typing import TYPE_CHECKING

from csvapi.csvio.disk import disk_budget
from csvapi.csvio.sink import Sink, emptied
from csvapi.engines.local.decisions import fate_file, twin_file
from csvapi.engines.local.outputs import side_by_side
from csvapi.engines.local.range_pass import GOES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from csvapi.engines.local.plan import Plan
    from csvapi.engines.local.processes import Report

HEADER = b"row,step,operation,reason,kept_row\n"
_BATCH = 1 << 16
_TOGETHER = 100  # rows that have all digits but the last two in common
_KEPT = b"\0"


def write_explanation(plan: Plan, workspace: Path, bases: list[int], target: Path, report: Report) -> None:
    """`row` counts from 1; `step` from 1, 0 for a ragged record; `kept_row` only where another record stands for it.

    The ranges are written side by side and then put together.
    """
    texts = [_text(plan, step, reason) for step, reason in plan.codes]
    with disk_budget(), emptied(target) as file:
        out = Sink(file, hashed=False)
        out.write(HEADER)
        work = partial(_write, workspace, bases, texts)
        side_by_side(work, len(bases), [out], workspace, report, apart=False)


def _write(
    workspace: Path, bases: list[int], texts: list[bytes], number: int, sinks: list[Sink], report: Report
) -> None:
    """The explanation of one range."""
    twins = twin_file(workspace, number)
    leaders = memoryview(twins.read_bytes()).cast("q") if twins.exists() else None
    ends = [[b"%02d%b\n" % (row, text) for text in texts] for row in range(_TOGETHER)]
    with fate_file(workspace, number).open("rb") as file:
        row = bases[number] + 1
        while fates := file.read(_BATCH):
            if leaders:
                some, leaders = leaders[: len(fates)], leaders[len(fates) :]
                sinks[0].write(_with_kept_rows(fates, row, texts, some))
            else:
                sinks[0].write_all(list(_lines(fates, row, texts, ends)))
            row += len(fates)
            report((0, 0, 0))


def _lines(fates: bytes, row: int, texts: list[bytes], ends: list[list[bytes]]) -> Iterator[bytes]:
    """What is said of records for which no other one stands. Of a hundred rows the digits they share are what joins
    the ends of their lines: no step of the interpreter for a record."""
    at = min(max(_TOGETHER - row, 0), len(fates))
    yield _with_kept_rows(fates[:at], row, texts, [0] * at)
    while at < len(fates):
        hundreds, first = divmod(row + at, _TOGETHER)
        some = fates[at : at + _TOGETHER - first]
        lines = map(getitem, compress(ends[first:], some.translate(GOES)), some.translate(None, _KEPT))
        yield (b"%d" % hundreds).join(chain((b"",), lines))
        at += len(some)


def _with_kept_rows(fates: bytes, row: int, texts: list[bytes], leaders: Sequence[int]) -> bytes:
    """What is said of records, each with the row in `leaders` that stands for it, 0 for none."""
    goes = fates.translate(GOES)
    rows = map(str, compress(count(row), goes))
    reasons = map([text.decode("latin-1") for text in texts].__getitem__, fates.translate(None, _KEPT))
    kept = [f"{of}\n" if of else "\n" for of in compress(leaders, goes)]
    return "".join(chain.from_iterable(zip(rows, reasons, kept, strict=True))).encode("latin-1")


def _text(plan: Plan, step: int, reason: str) -> bytes:
    """What stands between row and kept_row for one fate."""
    target = io.StringIO()
    name = plan.steps[step - 1].operation.name if step else ""
    csv.writer(target, lineterminator=",").writerow(["", plan.before + step if step else 0, name, reason])
    return target.getvalue().encode("utf-8", "surrogatepass")
