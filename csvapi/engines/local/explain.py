"""The explanation of every dropped record, written from the decisions: one CSV record each."""

from __future__ import annotations

import csv
import io
from contextlib import ExitStack
from functools import partial
from itertools import chain, compress, count
from operator import getitem
from typing import TYPE_CHECKING

from csvapi.csvio.disk import disk_budget
from csvapi.csvio.sink import Sink, emptied
from csvapi.engines.local.decisions import GOES, decision_file, duplicate_file
from csvapi.engines.local.outputs import side_by_side

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
    """`bases` are the records before each range, and all of them. `row` counts from 1; `step` from 1, 0 for a ragged
    record; `kept_row` only where another record stands for it.

    The ranges are written side by side and then put together.
    """
    with disk_budget(), emptied(target) as file:
        out = Sink(file, hashed=False)
        out.write(HEADER)
        work = partial(_write, plan, workspace, bases)
        side_by_side(work, len(bases) - 1, [out], workspace, report)


def _write(plan: Plan, workspace: Path, bases: list[int], number: int, sinks: list[Sink], report: Report) -> None:
    begin, end = bases[number : number + 2]
    explain_records(plan, workspace, begin, end, begin + 1, sinks[0], report)


def explain_records(plan: Plan, workspace: Path, begin: int, end: int, row: int, out: Sink, report: Report) -> None:
    """Write the explanation of the records number `begin` to `end` of the decisions, the first of which is in `row`."""
    texts = [_text(plan, step, reason) for step, reason in plan.codes]
    ends = [[b"%02d%b\n" % (last, text) for text in texts] for last in range(_TOGETHER)]
    decided, repeated = decision_file(workspace), duplicate_file(workspace)
    with ExitStack() as stack:
        file = stack.enter_context(decided.open("rb"))
        file.seek(begin)
        rows = stack.enter_context(repeated.open("rb")) if repeated.exists() else None
        if rows:
            rows.seek(8 * begin)
        while decisions := file.read(min(_BATCH, end - begin)):
            if rows:
                some = memoryview(rows.read(8 * len(decisions))).cast("q")
                out.write(_with_kept_rows(decisions, row, texts, some))
            else:
                out.write_all(list(_lines(decisions, row, texts, ends)))
            begin, row = begin + len(decisions), row + len(decisions)
            report((0, 0, 0))


def _lines(decisions: bytes, row: int, texts: list[bytes], ends: list[list[bytes]]) -> Iterator[bytes]:
    """The lines of records that were dropped without another record in their place. Formats 100 row numbers at a time
    by sharing their leading digits, so that no bytecode runs for each record."""
    at = min(max(_TOGETHER - row, 0), len(decisions))
    yield _with_kept_rows(decisions[:at], row, texts, [0] * at)
    while at < len(decisions):
        hundreds, first = divmod(row + at, _TOGETHER)
        some = decisions[at : at + _TOGETHER - first]
        lines = map(getitem, compress(ends[first:], some.translate(GOES)), some.translate(None, _KEPT))
        yield (b"%d" % hundreds).join(chain((b"",), lines))
        at += len(some)


def _with_kept_rows(decisions: bytes, row: int, texts: list[bytes], leaders: Sequence[int]) -> bytes:
    """The lines of records, each with the row in `leaders` that was kept in its place, 0 for none."""
    goes = decisions.translate(GOES)
    rows = map(str, compress(count(row), goes))
    reasons = map([text.decode("latin-1") for text in texts].__getitem__, decisions.translate(None, _KEPT))
    kept = [f"{of}\n" if of else "\n" for of in compress(leaders, goes)]
    return "".join(chain.from_iterable(zip(rows, reasons, kept, strict=True))).encode("latin-1")


def _text(plan: Plan, step: int, reason: str) -> bytes:
    """The columns between `row` and `kept_row`, which are the same for all records with one decision."""
    target = io.StringIO()
    name = plan.steps[step - 1].operation.name if step else ""
    csv.writer(target, lineterminator=",").writerow(["", plan.before + step if step else 0, name, reason])
    return target.getvalue().encode("utf-8", "surrogatepass")
