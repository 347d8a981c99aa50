"""Values are counted, and cells summed up, as plain Python does."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.native.buckets import BucketTable
from csvapi.native.form import Form
from csvapi.native.profiling import REGISTERS, Summary, ValueCounter, total
from csvapi.steps.dates import moment
from tests.native import column_checks
from tests.native.bucket_checks import spreads
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources

SECRET = bytes(range(16))
cell = st.one_of(
    st.from_regex(rb"-?[0-9]{1,19}(\.[0-9]{1,9})?", fullmatch=True),
    st.from_regex(rb"[0-2][0-9]{3}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z?)?", fullmatch=True),
    st.sampled_from([b"0", b"-0", b"00", b"-0.0", b"0.00", b"2000-02-29", b"1900-02-29", b"2000-02-29 00:00:00"]),
    st.sampled_from([b"+7", b"7.", b".7", b"1e3", b"-", b"Z", b"TEZ", b"\xc2\xa07", "я".encode(), b"\xe2\x80\xaf1"]),
)  # fmt: skip


@patient
@given(case=drawn, source=sources)
def test_values_of_any_text(case: Case, source: Random) -> None:
    column_checks.values(case, source)


@patient
@given(case=drawn, source=sources)
def test_summaries_of_any_text(case: Case, source: Random) -> None:
    column_checks.summaries(case, source)
    column_checks.kinds_of_values(case, source)
    spreads(case, source)


@patient
@given(cells=st.lists(cell, max_size=40), source=sources)
def test_numbers_and_dates(cells: list[bytes], source: Random) -> None:
    case = Case(Form(width=1, utf8=False), "latin-1", b"".join(b"%s\n" % each for each in cells), final=True)
    column_checks.summaries(case, source)
    column_checks.values(case, source)
    column_checks.kinds_of_values(case, source)
    spreads(case, source)


def test_days_are_those_of_the_calendar() -> None:
    days = [f"{year:04d}-{month:02d}-{day:02d}" for year in (0, 1, 4, 1900, 2000, 2023, 2024, 9999)
            for month in range(14) for day in range(33)]  # fmt: skip
    for text in days:
        summary = Summary()
        index = Case(Form(width=1), "utf-8", text.encode() + b"\n", final=True).index()
        unknown, _ = summary.add(index, 0, bytearray(REGISTERS))
        known = moment(text)
        assert unknown[0] == (known is None)
        assert known is None or summary.kinds()[-1].least.number == known[0]


def test_sums_are_exact_beyond_64_bits() -> None:
    numbers = [999_999_999_999_999_999, -5] * 40 + [999_999_999_999_999_998] * 60
    index = Case(Form(width=1), "utf-8", b"".join(b"%d\n" % each for each in numbers), final=True).index()
    summary = Summary()
    summary.add(index, 0, bytearray(REGISTERS))
    assert total(summary.kinds()[0]) == sum(numbers)
    negative = Case(Form(width=1), "utf-8", b"-999999999999999999\n" * 50, final=True).index()
    summary = Summary()
    summary.add(negative, 0, bytearray(REGISTERS))
    assert total(summary.kinds()[0]) == -999_999_999_999_999_999 * 50


def test_many_values_are_told_apart() -> None:
    draw = Random(1)
    cells = [b"%d" % draw.randrange(1500) * draw.randrange(1, 7) for _ in range(20_000)]
    index = Case(Form(width=1), "utf-8", b"\n".join(cells), final=True).index()
    counter = ValueCounter(9000, SECRET)
    assert counter.add(index, 0) == len(cells)
    found = counter.taken()
    assert dict(zip(found.texts, found.counts, strict=True)) == Counter(cells)


def test_wrong_sizes_are_refused() -> None:
    index = Case(Form(width=1), "utf-8", b"1\n", final=True).index()
    with pytest.raises(ValueError, match="registers must have 16384 bytes"):
        Summary().add(index, 0, bytearray(9))
    with pytest.raises(ValueError, match="A secret has 16 bytes"):
        ValueCounter(9, b"")
    with pytest.raises(ValueError, match="room for some values"):
        ValueCounter(0, SECRET)
    with pytest.raises(ValueError, match="room for some buckets"):
        BucketTable(0, SECRET)
    with pytest.raises(ValueError, match="cannot follow others"):
        BucketTable(9, SECRET).widen(0, 1)
    with pytest.raises(ValueError, match="no record 2 among 1"):
        ValueCounter(9, SECRET).add(index, 0, None, 2)
    with pytest.raises(ValueError, match="256 ranks"):
        Summary(bytes(9))
    with pytest.raises(ValueError, match="Columns must be from 0 to 0"):
        Summary().add(index, 1, bytearray(REGISTERS))
