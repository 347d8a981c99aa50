"""What must hold of the kernel's judgement of cells, whatever the text: by plain Python."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from csvapi.native.checking import ALLOWED, ASK, MATCH, CellRules, Kind, check_cells
from csvapi.native.profiling import ValueCounter
from csvapi.steps.dates import moment
from tests.native.checks import mask, scan
from tests.native.column_checks import kind_of

if TYPE_CHECKING:
    from random import Random

    from tests.native.cases import Case


def rules(case: Case, random: Random) -> None:
    """A cell is allowed, or to be matched, if it is plainly what it must be; those that are not are asked about."""
    index, good = scan(case)
    column, keep = random.randrange(case.form.width), None if random.randrange(2) else mask(random, len(good))
    given = _drawn_rules(random)
    known = ValueCounter(random.choice((1, 3, 50)), random.randbytes(16), case.allocate)
    allowed: set[bytes] = set()
    for _ in range(3):
        found = check_cells(index, column, given, keep, known)
        for at, record in enumerate(good):
            if keep is not None and keep[at] != 1:
                assert found.each[at] == ALLOWED
            elif given.kind == Kind.LEARNED and (cell := record.fields[column]):
                assert found.each[at] == (ALLOWED if cell in allowed else ASK)
            else:
                assert found.each[at] == _answer(record.fields[column], given, utf8=case.form.utf8)
        assert (found.ask, found.match) == (found.each.count(ASK), found.each.count(MATCH))
        for first in known.records(0)[:1]:
            allowed.add(good[first].fields[column])
            known.set_count(0, 1)


def _drawn_rules(random: Random) -> CellRules:
    draw = random.choice
    kind = draw([*Kind])
    least, greatest = (None, None) if random.randrange(2) else (Decimal("-0.5"), Decimal("77.05"))
    if kind in (Kind.DATE, Kind.DATETIME, Kind.TIME) and least is not None:
        least, greatest = Decimal(3600 * 12), Decimal(63_777_888_999)
    return CellRules(
        kind,
        empty=draw([True, False]),
        points=draw([True, False]),
        fewest=draw([0, 0, 2]),
        most=draw([3, 30, 10**30]),
        least=least if kind not in (Kind.TEXT, Kind.LEARNED) else None,
        greatest=greatest if kind not in (Kind.TEXT, Kind.LEARNED) else None,
        matched=draw([True, False]),
    )


def _answer(cell: bytes, given: CellRules, *, utf8: bool) -> int:
    if not cell:
        return ALLOWED if given.empty else ASK
    value = _value(cell, given)
    if value is None or not given.fewest <= (len(cell.decode()) if utf8 else len(cell)) <= given.most:
        return ASK
    least, greatest = given.least, given.greatest
    inside = (least is None or value >= least) and (greatest is None or value <= greatest)
    return ASK if not inside else MATCH if given.matched else ALLOWED


def _value(cell: bytes, given: CellRules) -> Decimal | None:
    if given.kind == Kind.TEXT:
        return Decimal(0)
    if given.kind == Kind.NUMBER:
        plain = kind_of(cell) in (("integer", "number") if given.points else ("integer",))
        return Decimal(cell.decode()) if plain else None
    form = _FORMS[given.kind]
    found = moment(("0001-01-01T" if given.kind == Kind.TIME else "") + cell.decode()) if form.fullmatch(cell) else None
    return None if found is None else Decimal(found[0])


_FORMS = {
    Kind.DATE: re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    Kind.DATETIME: re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z?"),
    Kind.TIME: re.compile(rb"[0-9]{2}:[0-9]{2}:[0-9]{2}"),
}
OF_RULES = (rules,)
