"""Groups hold what plain Python makes of their records, and come out as records or as what Python can read."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from csvapi.native.aggregating import Figures, GroupTable, Kind, What
from csvapi.native.figures import GroupLines, How, Style, hashes, unpacked
from csvapi.native.form import Form
from csvapi.native.grouping import Stop
from csvapi.native.sorting import Block
from csvapi.steps.exact_sums import mean_text, sum_text
from tests.native.aggregates import aggregates, block_of
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources
from tests.native.memories import Guarded

if TYPE_CHECKING:
    from csvapi.native.index import RecordIndex

SUMS = Figures([(1, Kind.NUMBERS)], [(0, What.SUM)])
STYLE = Style(b",", b'"', b"\n")
NUMBERS = ["", "7", "-7", "0.5", "00.50", "-0", "999999999999999999", "-999999999999999.999", "0.000000000000000001",
           "1e5", " 7 ", "+1", "n/a", "2024-02-29", "2024-02-29T10:00:00Z", "2023-02-29"]  # fmt: skip


@patient
@given(case=drawn, source=sources)
def test_columns_of_any_text(case: Case, source: Random) -> None:
    aggregates(case, source)


@patient
@given(
    rows=st.lists(st.tuples(st.sampled_from(["x", "y", ""]), st.sampled_from(NUMBERS), st.sampled_from(NUMBERS))),
    source=sources,
)
def test_columns_of_numbers_and_dates(rows: list[tuple[str, ...]], source: Random) -> None:
    data = "".join(",".join(row) + "\n" for row in rows).encode()
    aggregates(Case(Form(width=3), "utf-8", data, final=True, allocate=Guarded), source)


def indexed(*values: str) -> RecordIndex:
    data = "".join(f"k,{value}\n" for value in values).encode()
    return Case(Form(width=2), "utf-8", data, final=True).index()


def table(figures: Figures, memory: int = 1 << 16) -> GroupTable:
    return GroupTable(figures, [[0]], memory, bytes(16), Guarded)


def _packed(order: int, scale: int, count: int, total: int) -> bytes:
    """The record of a group with a sum, as figures.inc says."""
    signed = total << 1 if total >= 0 else ~(total << 1)
    return b"\0" + order.to_bytes(8, "little") + bytes([scale]) + _in_sevens(count) + _in_sevens(signed)


def _in_sevens(number: int) -> bytes:
    return bytes([number & 127 | 128]) + _in_sevens(number >> 7) if number > 127 else bytes([number])


@patient
@given(total=st.integers(-(2**126), 2**126), count=st.integers(1, 2**40), scale=st.integers(0, 18))
@example(total=0, count=3, scale=2)
@example(total=10**15 - 5, count=10, scale=0)
@example(total=999999999999999500, count=1000, scale=18)
@example(total=2 * 10**14 + 1, count=2, scale=0)
@example(total=10**20, count=1, scale=5)
@example(total=1, count=2**40, scale=18)
@example(total=5 * 10**29 + 5, count=10**10, scale=3)
def test_sums_and_means_are_written_as_decimals_are(total: int, count: int, scale: int) -> None:
    from decimal import Decimal

    record = _packed(9, scale, count, total)
    assert unpacked(record, SUMS) == (9, [(count, total, scale)])
    key = hashes([b"k"])[0]
    last = key + b"l\0\0\0\0", _packed(0, 0, 1, 0)
    (items,) = block_of([(key + b"k\0\0\0\0", record), last]).sorted(1 << 10, whole=True)
    lines = Block(1 << 10, Guarded)
    writer = GroupLines(SUMS, [(0, How.SUM), (0, How.MEAN)], STYLE, 1, 1 << 20, Guarded)
    number = Decimal(f"{total}e-{scale}")
    _, stop = writer.add(items, lines)
    if "e" in mean_text(number, count):
        assert (stop, writer.lines) == (Stop.ODD, 0)
    else:
        assert stop == Stop.OPEN
        (line,) = lines.sorted(1 << 10)
        assert bytes(line).decode() == f"k,{sum_text(number)},{mean_text(number, count)}\n"


def test_sums_beyond_128_bits_are_left_to_python() -> None:
    figures, marks = SUMS, bytearray(1000)
    index = indexed(*["999999999999999999"] * 998, "0.00000000000000001", "1")
    found = table(figures)
    assert found.add(index, 0, marks).marked
    assert marks[:1] == b"\0"
    block = Block(1 << 10)
    assert found.put(block) == 1


def test_parts_of_a_sum_that_is_beyond_128_bits_are_left_to_python() -> None:
    big = _packed(0, 18, 1, (1 << 125) - 1), _packed(1, 0, 1, 1 << 124)
    key, end = (hashes([text])[0] + text + bytes(4) for text in (b"l", b"k"))  # in this order
    items = [(key, big[0]), (key, big[1]), (end, _packed(2, 0, 0, 0))]
    (data,) = block_of(items).sorted(1 << 10, whole=True)
    writer = GroupLines(SUMS, [(0, How.SUM)], STYLE, 1, 1 << 20)
    assert writer.add(data, Block(1 << 10)) == (0, Stop.ODD)
    assert writer.lines == 0


def test_a_full_table_stops_it_and_goes_on_once_it_is_empty() -> None:
    figures = Figures([(1, Kind.TEXTS)], [(0, What.LAST)])
    found, marks = table(figures, 0), bytearray(60)
    index = Case(Form(width=2), "utf-8", b"".join(b"%d,x\n" % n for n in range(60)), final=True).index()
    done, sizes = 0, []
    while done < 60:
        done = found.add(index, 0, marks, start=done).done
        sizes.append(len(found))
        found.clear()
    assert sizes == [16, 16, 16, 12]
    assert not any(marks)


def test_a_full_block_stops_it() -> None:
    figures = Figures([(1, Kind.NUMBERS)], [(0, What.SUM)])
    found = table(figures)
    found.add(
        Case(Form(width=2), "utf-8", b"".join(b"%d,1\n" % n for n in range(30)), final=True).index(), 0, bytearray(30)
    )
    small, at, items = Block(300, Guarded), 0, []
    while at < 30:
        start, at = at, found.put(small, at)
        assert at > start
        items += [bytes(piece) for piece in small.sorted(1 << 10, whole=True)]
        small.clear()
    whole = Block(1 << 14)
    assert found.put(whole) == 30
    assert sorted(b"".join(items)) == sorted(b"".join(map(bytes, whole.sorted(1 << 14, whole=True))))


def test_a_record_beyond_the_limit_is_left_to_python() -> None:
    figures, found = Figures([(1, Kind.TEXTS)], [(0, What.FIRST)]), []
    for limit in (6, 7):
        groups = table(figures)
        groups.add(indexed("abc"), 0, bytearray(1))
        block = Block(1 << 12)
        groups.put(block)
        (items,) = block.sorted(1 << 12, whole=True)
        last = hashes([b"\xff"])[0] + b"\xff\xff\0\0\0\0"
        more = block_of([(last, b"\1")])
        data = bytes(items) + b"".join(map(bytes, more.sorted(1 << 10, whole=True)))
        writer = GroupLines(figures, [(0, How.TEXT)], STYLE, 1, limit)
        writer.add(memoryview(bytearray(data)), Block(1 << 10))
        found.append(writer.lines)
    assert found == [0, 1]


def test_what_python_packed_is_left_to_it() -> None:
    key = hashes([b"k"])[0] + b"k\0\0\0\0"
    (data,) = block_of([(key, b"\1"), (key, b"")]).sorted(100, whole=True)
    assert GroupLines(SUMS, [(0, How.SUM)], STYLE, 1, 99).add(data, Block(100)) == (0, Stop.ODD)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Figures([(0, Kind.TEXTS)], [(0, What.SUM)]), "no SUM of source 0 of 1"),
        (lambda: Figures([(0, Kind.RECORDS)], [(0, What.FIRST)]), "no FIRST of source 0 of 1"),
        (lambda: Figures([(0, Kind.TEXTS)], [(1, What.COUNT)]), "no COUNT of source 1 of 1"),
        (lambda: GroupTable(SUMS, [], 0, bytes(16)), "must have a part"),
        (lambda: table(SUMS).put(Block(100), 1), "no group 1 among 0"),
        (lambda: table(SUMS).add(indexed("1"), 0, bytearray(1), start=2), "no record 2 among 1"),
        (lambda: table(SUMS).add(indexed("1"), 0, bytearray(0)), "marks must have 1 bytes"),
        (
            lambda: table(Figures([(7, Kind.TEXTS)], [(0, What.FIRST)])).add(indexed("1"), 0, bytearray(1)),
            "Columns must",
        ),
        (lambda: GroupLines(SUMS, [(0, How.TEXT)], STYLE, 1, 9), "cannot be written as TEXT"),
        (lambda: GroupLines(SUMS, [(1, How.SUM)], STYLE, 1, 9), "Figure 1 cannot"),
        (lambda: GroupLines(SUMS, [(0, How.SUM)], Style(b"", b"", b"\n"), 1, 9), "cannot be written with"),
    ],
)
def test_what_does_not_fit_is_refused(make: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        make()


def test_a_packed_group_is_read_by_python() -> None:
    kinds = [(1, Kind.NUMBERS), (0, Kind.TEXTS)]
    figures = Figures(kinds, [(0, What.COUNT), (0, What.SUM), (0, What.GREATEST), (1, What.LAST), (0, What.LEAST)])
    found = table(figures)
    found.add(indexed("1.5", "", "-2", "x"), 7, bytearray(4))
    block = Block(1 << 10)
    found.put(block)
    (item,) = block.sorted(1 << 10, whole=True)
    key = int.from_bytes(item[:4], "little")
    assert unpacked(bytes(item[8 + key :]), figures) == (
        7, [2, (2, -5, 1), (7, b"1.5", 15, 1), (10, b"k", 0, 0), (9, b"-2", -2, 0)],
    )  # fmt: skip


def test_a_table_may_be_smaller_than_its_memory() -> None:
    found, marks, sizes, done = table(SUMS), bytearray(60), [], 0
    index = Case(Form(width=2), "utf-8", b"".join(b"%d,1\n" % n for n in range(60)), final=True).index()
    for most in (25, 0, None):
        found.clear(most)
        done = found.add(index, 0, marks, start=done).done
        sizes.append(len(found))
    assert sizes == [25, 1, 34]
