"""What must hold of the kernel's functions over whole columns, whatever the text: by plain Python."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from csvapi.native import profiling
from csvapi.native.checking import ALLOWED, ASK, MATCH, CellRules, Kind, check_cells
from csvapi.native.library import SCALES
from csvapi.native.profiling import NONE, REGISTERS, Summary, ValueCounter
from csvapi.steps.dates import moment
from csvapi.steps.hyperloglog import hashed
from csvapi.steps.numbers import number
from tests.native.checks import mask, scan

if TYPE_CHECKING:
    from random import Random

    from csvapi.native.library import KindStruct
    from tests.native.cases import Case

_PLAIN = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?")
_MOMENT = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}:[0-9]{2}Z?)?")
OTHER, UNKNOWN = "other", "unknown"


def values(case: Case, random: Random) -> None:
    """Values are counted in the order in which they come; where there is no room for one, nothing after it."""
    index, good = scan(case)
    column, keep = random.randrange(case.form.width), None if random.randrange(2) else mask(random, len(good))
    start, most = random.randrange(len(good) + 1), random.choice((1, 2, 5, 1000))
    counter = ValueCounter(most, random.randbytes(16), case.allocate)
    for _ in range(2):
        done = counter.add(index, column, keep, start)
        alive = [at for at in range(start, done) if keep is None or keep[at] == 1]
        taken = [good[at].fields[column] for at in alive]
        counted = Counter(filter(None, taken))
        assert [good[at].fields[column] for at in counter.records(0)] == list(counted)
        assert list(counter.records(len(counted) // 2)) == [*counter.records(0)][len(counted) // 2 :]
        found = counter.taken()
        assert (dict(zip(found.texts, found.counts, strict=True)), found.texts) == (counted, list(counted))
        assert found.empty == len(taken) - counted.total()
        if done < len(good):
            new = good[done].fields[column]
            assert new not in counted
            assert len(counted) == most or sum(map(len, counted)) + len(new) > 32 * most
        assert not len(counter)


class _Order:
    def __init__(self, ranks: bytes | None) -> None:
        self.ranks = ranks

    def __call__(self, text: bytes) -> bytes:
        return text.translate(self.ranks)


def summaries(case: Case, random: Random) -> None:
    """Counts, sums, extremes and registers are those of the cells, over several calls."""
    index, good = scan(case)
    column, keep = random.randrange(case.form.width), None if random.randrange(2) else mask(random, len(good))
    alive = [at for at in range(len(good)) if keep is None or keep[at] == 1]
    cells = [(at, cell) for at in alive if (cell := good[at].fields[column])]
    ranks = bytes([0, *random.sample(range(1, 256), 255)]) if random.randrange(2) else None
    order, texts = _Order(ranks), [cell for _, cell in cells]
    ends = (min(texts, key=order), max(texts, key=order)) if texts else None
    known = random.choice([None, (b"a", b"a"), ends])
    registers, summary = bytearray(REGISTERS), Summary(ranks)
    if known:
        summary.expect(known)
    for time in (1, 2):
        unknown = summary.add(index, column, registers, keep)
        _check_records(case, summary, unknown, cells, known, order)
        assert summary.found.empty == time * (len(alive) - len(cells))
        _check_kinds(summary, [cell for _, cell in cells], time)
        known = _ends(summary, dict(cells), known, order)
    assert registers == _registers([cell for _, cell in cells])
    again = bytearray(REGISTERS)
    profiling.raise_registers([cell for _, cell in cells], again)
    assert again == registers


def kinds_of_values(case: Case, random: Random) -> None:
    """Counts, sums and extremes of what was counted are those of the cells."""
    index, good = scan(case)
    column, summary = random.randrange(case.form.width), Summary()
    for time in (1, 2):
        counter = ValueCounter(1000, random.randbytes(16), case.allocate)
        done = counter.add(index, column)
        cells = [cell for record in good[:done] if (cell := record.fields[column])]
        texts = list(dict.fromkeys(cells))
        unknown = summary.add_kinds(counter)
        assert list(unknown) == [_kind(text) == UNKNOWN for text in texts]
        assert summary.found.unknown == sum(unknown)
        strangers = dict(zip(("integer", "number", "date"), summary.found.stranger, strict=True))
        assert strangers == {kind: _first_stranger(kind, texts) for kind in strangers}
        _check_kinds(summary, cells, time)


def _first_stranger(kind: str, cells: list[bytes]) -> int:
    of = (kind, UNKNOWN, "integer") if kind == "number" else (kind, UNKNOWN)
    return next((at for at, cell in enumerate(cells) if _kind(cell) not in of), NONE)


def _check_records(
    case: Case,
    summary: Summary,
    unknown: bytearray,
    cells: list[tuple[int, bytes]],
    known: tuple[bytes, bytes] | None,
    order: _Order,
) -> None:
    """Which records a call names."""
    found, kinds = summary.found, {at: _kind(cell) for at, cell in cells}
    asked = {at for at, byte in enumerate(unknown) if byte}
    assert asked == {at for at, kind in kinds.items() if kind == UNKNOWN}
    assert found.unknown == len(asked)
    for kind, record in zip(("integer", "number", "date"), found.stranger, strict=True):
        place = _first_stranger(kind, [cell for _, cell in cells])
        assert record == (place if place == NONE else cells[place][0])
    longest = max((len(cell.decode()) if case.form.utf8 else len(cell) for _, cell in cells), default=0)
    assert found.longest == longest
    texts = [cell for _, cell in cells]
    for record, end, before in zip((found.least, found.most), (min, max), known or (None, None), strict=True):
        if record != NONE:
            assert dict(cells)[record] == end(texts, key=order)
        elif texts:
            assert before is not None
            assert end(before, *texts, key=order) == before


def _ends(
    summary: Summary, cells: dict[int, bytes], known: tuple[bytes, bytes] | None, order: _Order
) -> tuple[bytes, bytes] | None:
    found = summary.found
    least = [cells[found.least]] if found.least != NONE else []
    most = [cells[found.most]] if found.most != NONE else []
    if known is None and not least:
        return None
    return min([*least, *(known or ())[:1]], key=order), max([*most, *(known or ())[1:]], key=order)


def _check_kinds(summary: Summary, cells: list[bytes], times: int) -> None:
    for scale, kind in enumerate(summary.kinds()):
        if scale == SCALES:
            ordered = sorted((moment(cell.decode()) or (0, ""), cell) for cell in cells if _kind(cell) == "date")
            _check_ends(kind, [(seconds, cell) for (seconds, _), cell in ordered])
        else:
            of = [cell for cell in cells if _kind(cell) in ("integer", "number") and _scale(cell) == scale]
            ordered_ = sorted((int(Decimal(cell.decode()).scaleb(scale)), cell) for cell in of)
            _check_ends(kind, ordered_)
            assert profiling.total(kind) == times * sum(number_ for number_, _ in ordered_)
        count = sum(_kind(cell) == "date" for cell in cells) if scale == SCALES else len(of)
        assert kind.count == times * count


def _check_ends(kind: KindStruct, ordered: list[tuple[int, bytes]]) -> None:
    if ordered:
        assert (kind.least.number, kind.least.text) == ordered[0]
        assert (kind.most.number, kind.most.text) == ordered[-1]


def _kind(cell: bytes) -> str:
    if _PLAIN.fullmatch(cell) and sum(map(str.isdigit, cell.decode())) <= 18:
        return "number" if b"." in cell else "integer"
    if _MOMENT.fullmatch(cell) and moment(cell.decode()):
        return "date"
    surely = cell.translate(None, b"0123456789+-.,: \teETZUC\xc2\xa0\xe2\x80\xaf")
    if surely:
        assert not _is_number(cell)
        assert not moment(_text(cell))
    return OTHER if surely else UNKNOWN


def _is_number(cell: bytes) -> bool:
    return number(_text(cell)) is not None


def _text(cell: bytes) -> str:
    return cell.decode("utf-8", "surrogateescape")


def _scale(cell: bytes) -> int:
    return len(cell.partition(b".")[2])


def _registers(cells: list[bytes]) -> bytearray:
    found = bytearray(REGISTERS)
    for value in map(hashed, cells):
        rank = f"{value >> 14:050b}1".index("1") + 1
        found[value % REGISTERS] = max(found[value % REGISTERS], rank)
    return found


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
        plain = _kind(cell) in (("integer", "number") if given.points else ("integer",))
        return Decimal(cell.decode()) if plain else None
    form = _FORMS[given.kind]
    found = moment(("0001-01-01T" if given.kind == Kind.TIME else "") + cell.decode()) if form.fullmatch(cell) else None
    return None if found is None else Decimal(found[0])


_FORMS = {
    Kind.DATE: re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    Kind.DATETIME: re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z?"),
    Kind.TIME: re.compile(rb"[0-9]{2}:[0-9]{2}:[0-9]{2}"),
}
OF_COLUMNS = (values, summaries, kinds_of_values, rules)
