"""What must hold of counting by buckets: the counts are those of plain Python, and what has no room is named."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from csvapi.native.buckets import BucketTable
from csvapi.native.profiling import REGISTERS, Summary, ValueCounter
from csvapi.steps.buckets import MOMENT_WIDTHS, NUMBER_WIDTHS, code_of
from csvapi.steps.dates import moment
from tests.native.checks import mask, scan
from tests.native.column_checks import kind_of

if TYPE_CHECKING:
    from random import Random

    from tests.native.cases import Case

Codes = tuple[Counter[int], Counter[int]]  # of numbers, and of moments


def spreads(case: Case, random: Random) -> None:
    """Counts of a column's cells, and of its counted values, over several calls with wider and wider buckets."""
    index, good = scan(case)
    column, keep = random.randrange(case.form.width), None if random.randrange(2) else mask(random, len(good))
    cells = [record.fields[column] for at, record in enumerate(good) if keep is None or keep[at] == 1]
    table = BucketTable(random.choice((1, 3, 5_000)), random.randbytes(16), case.allocate)
    widths = sorted(random.sample(range(len(NUMBER_WIDTHS)), 2))
    for level in (0, *widths):
        table.widen(NUMBER_WIDTHS[level], MOMENT_WIDTHS[2 * level])
        summary = Summary()
        summary.add(index, column, bytearray(REGISTERS), keep, 0, table)
        lost = [good[at].fields[column] for at, byte in enumerate(table.lost) if byte]
        _check(table, summary, cells, lost, level)
        counter = ValueCounter(1_000, random.randbytes(16), case.allocate)
        done = counter.add(index, column, keep)
        counted = Counter(
            record.fields[column] for at, record in enumerate(good[:done]) if keep is None or keep[at] == 1
        )
        summary.add_kinds(counter, table)
        names = [text for text, byte in zip(filter(None, counted), table.lost, strict=True) if byte]
        _check(table, summary, list(counted.elements()), [text for text in names for _ in range(counted[text])], level)


def _check(table: BucketTable, summary: Summary, cells: list[bytes], lost: list[bytes], level: int) -> None:
    """What is in the table and what was lost are the cells."""
    used = table.structure.used
    assert used <= table.structure.most
    numbers, moments = (Counter(dict(each)) for each in table.taken())
    assert len(numbers) + len(moments) == used
    assert bool(lost) == bool(summary.found.lost)
    of_cells, of_lost = codes(cells, level), codes(lost, level)
    assert (numbers + of_lost[0], moments + of_lost[1]) == of_cells
    assert not set(numbers) & set(of_lost[0])
    if lost:
        assert used == table.structure.most


def codes(cells: list[bytes], level: int) -> Codes:
    """The first codes of the buckets of what the kernel knows to be a number or a moment."""
    numbers, moments = Counter[int](), Counter[int]()
    for cell in filter(None, cells):
        if kind_of(cell) in ("integer", "number"):
            code = code_of(Decimal(cell.decode()))
            numbers[code - code % NUMBER_WIDTHS[level]] += 1
        elif kind_of(cell) == "date":
            seconds, _ = moment(cell.decode()) or (0, "")
            moments[seconds - seconds % MOMENT_WIDTHS[2 * level]] += 1
    return numbers, moments
