"""What must hold of the kernel's functions over whole columns, whatever the text: by plain Python."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from csvapi.native import profiling
from csvapi.native.profiling import NONE, REGISTERS, Summary, ValueCounter
from csvapi.native.structures import SCALES
from csvapi.steps.dates import moment
from csvapi.steps.hyperloglog import hashed
from csvapi.steps.numbers import number
from tests.native.checks import mask, scan

if TYPE_CHECKING:
    from random import Random

    from csvapi.native.structures import KindStruct
    from tests.native.cases import Case

_PLAIN = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?")
_MOMENT = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}:[0-9]{2}Z?)?")
OTHER, UNKNOWN = "other", "unknown"
_SOME = 1 << 62  # below it are a quarter of all hashes


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
        unknown, below = summary.add(index, column, registers, keep, _SOME)
        _check_below(summary, below, dict(cells), len(index))
        _check_records(case, summary, unknown, cells, known, order)
        assert summary.found.empty == time * (len(alive) - len(cells))
        _check_kinds(summary, [cell for _, cell in cells], time)
        known = _ends(summary, dict(cells), known, order)
    assert registers == _registers([cell for _, cell in cells])
    again = bytearray(REGISTERS)
    hashes = profiling.raise_registers([cell for _, cell in cells], again)
    assert list(hashes) == [hashed(cell) for _, cell in cells]
    assert again == registers


def _check_below(summary: Summary, below: bytearray, cells: dict[int, bytes], records: int) -> None:
    wanted = [record in cells and hashed(cells[record]) < _SOME for record in range(records)]
    assert list(map(bool, below)) == wanted
    assert summary.found.below == sum(wanted)


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
        assert list(unknown) == [kind_of(text) == UNKNOWN for text in texts]
        assert summary.found.unknown == sum(unknown)
        strangers = dict(zip(("integer", "number", "date"), summary.found.stranger, strict=True))
        assert strangers == {kind: _first_stranger(kind, texts) for kind in strangers}
        _check_kinds(summary, cells, time)


def _first_stranger(kind: str, cells: list[bytes]) -> int:
    of = (kind, UNKNOWN, "integer") if kind == "number" else (kind, UNKNOWN)
    return next((at for at, cell in enumerate(cells) if kind_of(cell) not in of), NONE)


def _check_records(
    case: Case,
    summary: Summary,
    unknown: bytearray,
    cells: list[tuple[int, bytes]],
    known: tuple[bytes, bytes] | None,
    order: _Order,
) -> None:
    """Which records a call names."""
    found, kinds = summary.found, {at: kind_of(cell) for at, cell in cells}
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
            ordered = sorted((moment(cell.decode()) or (0, ""), cell) for cell in cells if kind_of(cell) == "date")
            _check_ends(kind, [(seconds, cell) for (seconds, _), cell in ordered])
        else:
            of = [cell for cell in cells if kind_of(cell) in ("integer", "number") and _scale(cell) == scale]
            ordered_ = sorted((int(Decimal(cell.decode()).scaleb(scale)), cell) for cell in of)
            _check_ends(kind, ordered_)
            assert profiling.total(kind) == times * sum(number_ for number_, _ in ordered_)
        count = sum(kind_of(cell) == "date" for cell in cells) if scale == SCALES else len(of)
        assert kind.count == times * count


def _check_ends(kind: KindStruct, ordered: list[tuple[int, bytes]]) -> None:
    if ordered:
        assert (kind.least.number, kind.least.text) == ordered[0]
        assert (kind.most.number, kind.most.text) == ordered[-1]


def kind_of(cell: bytes) -> str:
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


OF_COLUMNS = (values, summaries, kinds_of_values)
