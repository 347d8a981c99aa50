"""What must hold of groups: counts, exact sums, means, extremes, first and last texts are those of plain Python."""

from __future__ import annotations

import re
from array import array
from decimal import Decimal, localcontext
from struct import Struct
from typing import TYPE_CHECKING, Any

from csvapi.native.aggregating import Figures, GroupTable, Kind, What
from csvapi.native.figures import HASH, Chosen, GroupLines, How, Style, hashes, unpacked
from csvapi.native.grouping import Stop
from csvapi.native.sorting import Block, Strings
from csvapi.spill.record_sort import pairs_of
from csvapi.steps.dates import moment
from csvapi.steps.exact_sums import SUM, mean_text, sum_text
from csvapi.steps.numbers import number
from tests.native import model
from tests.native.checks import mask, scan

if TYPE_CHECKING:
    from random import Random

    from csvapi.native.index import RecordIndex
    from tests.native.cases import Case

_ITEM = Struct("<II")
_PLAIN = re.compile(rb"-?(?=(?:[0-9]\.?){1,18}\Z)[0-9]+(?:\.[0-9]+)?")
_MOMENT = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}:[0-9]{2}Z?)?")
_HOWS = {What.COUNT: How.COUNT, What.SUM: How.SUM}
_KINDS = {Kind.NUMBERS: [What.COUNT, What.SUM, What.LEAST, What.GREATEST], Kind.RECORDS: [What.COUNT]}
_KINDS |= {Kind.TEXTS: [*What][:1] + [*What][2:], Kind.MOMENTS: [What.COUNT, What.LEAST, What.GREATEST]}
Group = dict[bytes, tuple[int, list[Any]]]


def aggregates(case: Case, random: Random) -> None:
    """Groups of any columns, whatever the memory, and the records that are written of them."""
    index, good = scan(case)
    width = case.form.width
    parts = [[random.randrange(width) for _ in range(random.randrange(3))] for _ in range(random.choice((1, 1, 2)))]
    figures = _drawn(random, width)
    keep = None if random.randrange(2) else bytes(byte == 1 for byte in mask(random, len(good)))
    rows = array("Q", sorted(random.sample(range(10 * len(good) + 1), len(good)))) if random.randrange(2) else None
    marks, found = bytearray(len(good)), Block(1 << 20, case.allocate)
    few = random.choice((0, 0, 3, 1_000))
    table = GroupTable(figures, parts, random.choice((0, 1_000, 1 << 20)), random.randbytes(16), case.allocate, few)
    seen = _fold(case, index, table, found, (marks, keep, rows))
    taken = [at for at in range(len(good)) if (keep is None or keep[at]) and not marks[at]]
    records = [(rows[at] if rows else at, good[at].fields) for at in taken]
    for number_, (column, kind) in enumerate(figures.sources):
        cells = [record[column] for _, record in records]
        missing = [cell for cell in cells if _value(cell, kind) is None]
        assert seen[number_] == (len(missing), len([*filter(None, missing)]))
    assert all(_may_be_marked(good[at].fields, parts, figures, case) for at, mark in enumerate(marks) if mark)
    expected = _expected(records, parts, figures, case.form.delimiter)
    assert _merged(found, figures) == expected
    if len(parts) == 1:
        _check_lines(case, found, figures, len(parts[0]), expected)
    _check_items(case, found, figures, expected)


def _drawn(random: Random, width: int) -> Figures:
    sources = [(random.randrange(width), random.choice([*Kind])) for _ in range(random.choice((1, 2, 4)))]
    numbers = range(len(sources))
    made = [(number_, random.choice(_KINDS[sources[number_][1]])) for number_ in random.choices(numbers, k=3)]
    return Figures(sources, made)


def _fold(
    case: Case, index: RecordIndex, table: GroupTable, found: Block, of: tuple[bytearray, bytes | None, Any]
) -> list[tuple[int, int]]:
    """Put the groups into a block, those of a full table in between."""
    (marks, keep, rows), done, marked = of, 0, 0
    seen = [(0, 0)] * len(table.figures.sources)
    while True:
        added = table.add(index, 0, marks, keep, rows, done)
        seen = [(a + c, b + d) for (a, b), (c, d) in zip(seen, added.seen, strict=True)]
        done, marked = added.done, marked + added.marked
        full = bool(len(table))
        assert table.put(found) == len(table)
        table.clear()
        if done == len(index):
            assert marked == marks.count(1)
            return seen
        if not full:  # no table has room for it
            marks[done], done, marked = 1, done + 1, marked + 1


def _value(cell: bytes, kind: Kind) -> Any:
    """What a cell is ordered by; None where it has no value."""
    if kind == Kind.RECORDS:
        return True
    if kind == Kind.TEXTS or not cell:
        return cell or None
    text = cell.decode("latin-1")
    return number(text) if kind == Kind.NUMBERS else moment(text)


def _may_be_marked(cells: list[bytes], parts: list[list[int]], figures: Figures, case: Case) -> bool:
    """Whether Python may be asked about a record: for its key, its length, or a value that is not plainly one."""
    special = (case.form.delimiter, b"\n", b"\r")
    if any(mark in cells[column] for part in parts for column in part for mark in special):
        return True
    plain = {Kind.NUMBERS: _PLAIN, Kind.MOMENTS: _MOMENT}
    of_kind = [(cells[at], kind) for at, kind in figures.sources if kind in plain and cells[at]]
    unsure = (not plain[kind].fullmatch(cell) or _value(cell, kind) is None for cell, kind in of_kind)
    return any(unsure) or sum(map(len, cells)) > 100


def _key(cells: list[bytes], parts: list[list[int]], delimiter: bytes) -> bytes:
    texts = [delimiter.join(cells[column] for column in part) for part in parts]
    return hashes(texts[:1])[0] + b"".join(text + b"\0\0" for text in texts) + b"\0\0"


def _expected(records: list[tuple[int, list[bytes]]], parts: list[list[int]], figures: Figures, by: bytes) -> Group:
    groups: dict[bytes, list[tuple[int, list[bytes]]]] = {}
    for row, cells in records:
        groups.setdefault(_key(cells, parts, by), []).append((row, cells))
    return {
        key: (
            min(row for row, _ in some),
            [_figure(some, figures.sources[at], what) for at, what in figures.aggregates],
        )
        for key, some in groups.items()
    }


def _figure(records: list[tuple[int, list[bytes]]], source: tuple[int, Kind], what: What) -> Any:
    column, kind = source
    each = [(_value(cells[column], kind), row, cells[column]) for row, cells in records]
    there = sorted((value for value in each if value[0] is not None), key=lambda value: value[1])
    if what == What.COUNT:
        return len(there)
    if what == What.SUM:
        with localcontext(SUM):
            return sum((value for value, _, _ in there), Decimal(0)), len(there)
    if not there:
        return None
    if what in (What.FIRST, What.LAST):
        return there[0 if what == What.FIRST else -1][2]
    return (min if what == What.LEAST else max)(there, key=lambda value: value[0])[2]


def _items(block: Block) -> list[tuple[bytes, bytes]]:
    return [pair for piece in block.sorted(1 << 16, whole=True) for pair in pairs_of(piece)]


def _merged(block: Block, figures: Figures) -> Group:
    """What the items of each group say together; items of one table come in the order of their records."""
    groups: dict[bytes, list[tuple[int, list[Any]]]] = {}
    for key, record in _items(block):
        groups.setdefault(key, []).append(unpacked(record, figures))
    return {
        key: (
            min(order for order, _ in some),
            [
                _together([each[at] for _, each in some], what, figures.sources[source][1])
                for at, (source, what) in enumerate(figures.aggregates)
            ],
        )
        for key, some in groups.items()
    }


def _together(each: list[Any], what: What, kind: Kind) -> Any:
    if what == What.COUNT:
        return sum(each)
    if what == What.SUM:
        values = [(Decimal(f"{found.total}e-{found.scale}"), found.numbers) for found in each]
        with localcontext(SUM):
            return sum((total for total, _ in values), Decimal(0)), sum(count for _, count in values)
    there: list[Chosen] = sorted(filter(None, each), key=lambda found: found.order)
    if kind == Kind.NUMBERS:
        assert all(Decimal(f"{found.number}e-{found.scale}") == number(found.text.decode()) for found in there)
    if not there or what in (What.FIRST, What.LAST):
        return there[0 if what == What.FIRST else -1].text if there else None
    return (min if what == What.LEAST else max)(there, key=lambda found: _value(found.text, kind)).text


def _check_lines(case: Case, block: Block, figures: Figures, keys: int, expected: Group) -> None:
    """Each group comes once, as a record or for Python, with its first record's order; the records are the groups'."""
    hows = {What.COUNT: [How.COUNT], What.SUM: [How.SUM, How.MEAN]}
    columns = [(at, how) for at, (_, what) in enumerate(figures.aggregates) for how in hows.get(what, [How.TEXT])]
    style = Style(case.form.delimiter, case.form.quote if case.form.doubled else b"", b"\r\n")
    byte_dialect = model.byte_dialect_of(case.form, case.encoding)
    writer, lines = GroupLines(figures, columns, style, keys, 90, case.allocate), Block(1 << 20, case.allocate)
    odd = _written(writer, block, lines)
    written = {int.from_bytes(order): line for order, line in _items(lines)}
    assert writer.lines == len(written) == len(expected) - len(odd)
    assert len(set(odd)) == len(odd)
    for key, (order, made) in expected.items():
        if key not in odd:
            row = key[HASH:-4].split(style.delimiter) if keys > 1 else [key[HASH:-4]][:keys]
            row += [_cell(made[number_], how) for number_, how in columns]
            assert [written[order]] == byte_dialect.write([row], "\r\n")
    assert len(odd) <= 1 + sum(_may_be_odd(key, made, style) for key, (_, made) in expected.items())


def _check_items(case: Case, block: Block, figures: Figures, expected: Group) -> None:
    """The same of items: the order of a group's first record and its cells, with the whole key."""
    columns = [(at, _HOWS.get(what, How.TEXT)) for at, (_, what) in enumerate(figures.aggregates)]
    style, lines = Style(case.form.delimiter, b"", b"\n"), Block(1 << 20, case.allocate)
    odd = _written(GroupLines(figures, columns, style, None, 0, case.allocate), block, lines)
    found = dict(pairs_of(lines.items))
    assert {*found, *odd} == {*expected}
    assert len(found) + len(odd) == len(expected)
    for key, record in found.items():
        order, made = expected[key]
        cells = [_cell(made[number_], how) for number_, how in columns]
        assert record == order.to_bytes(8) + style.delimiter.join(cells)
    assert len(odd) <= 1 + sum(_may_be_odd(b"key" * 4, made, style) for _, made in expected.values())


def _written(writer: GroupLines, block: Block, lines: Block) -> list[bytes]:
    """Put what the kernel makes of sorted items into `lines`; the keys of those that it leaves."""
    odd, data, at = [], b"".join(map(bytes, block.sorted(1 << 16, whole=True))), 0
    view, final = memoryview(bytearray(data)), bool(len(data) % 2)  # the last group is complete, or may not be
    while at < len(data):
        at, stop = writer.add(view, lines, at, final=final)
        assert stop in ((Stop.ODD, *(() if final else (Stop.OPEN,))) if at < len(data) else (Stop.END,))
        if at < len(data):
            size, _ = _ITEM.unpack_from(data, at)
            odd.append(key := data[at + _ITEM.size : at + _ITEM.size + size])
            while data[at + _ITEM.size :].startswith(key) and at < len(data):
                at += _ITEM.size + sum(_ITEM.unpack_from(data, at))
            assert stop == Stop.ODD or at == len(data)
    return odd


def _cell(made: Any, how: How) -> bytes:
    if how == How.COUNT:
        return b"%d" % made
    if how == How.TEXT:
        return made or b""
    if not made[1]:
        return b""
    return (sum_text(made[0]) if how == How.SUM else mean_text(*made)).encode()


def _may_be_odd(key: bytes, made: list[Any], style: Style) -> bool:
    texts = b"".join([key[HASH:-4], *(each for each in made if isinstance(each, bytes))])
    special = not style.quote and any(mark in texts for mark in (style.delimiter, b"\0", b"\n", b"\r"))
    exponent = any(isinstance(each, tuple) and each[1] and b"e" in _cell(each, How.MEAN) for each in made)
    return special or exponent or len(texts) > 20 or not texts


def block_of(items: list[tuple[bytes, bytes]], size: int = 1 << 20) -> Block:
    """Items as Python has them."""
    block = Block(size)
    block.add(Strings([record for _, record in items]), Strings([key for key, _ in items]))
    return block
