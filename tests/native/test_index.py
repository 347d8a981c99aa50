"""What an index says of its records, and that what it is given is checked."""

from __future__ import annotations

from array import array
from random import Random

import pytest
from hypothesis import given

from csvapi.native.form import Form
from csvapi.native.index import RecordIndex
from tests.native import checks
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources


@patient
@given(case=drawn, source=sources)
def test_ends_and_lengths(case: Case, source: Random) -> None:
    checks.bounds(case, source)


@pytest.fixture
def index() -> RecordIndex:
    return Case(Form(width=2), "utf-8", b"1,2\n3,4\n5,6", final=True).index()


def test_equal_records_are_counted(index: RecordIndex) -> None:
    assert index.count_equal(b"3,4") == (1, 1)
    assert index.count_equal(b"5,6") == (1, 2)
    assert index.count_equal(b"3")[0] == 0


def test_the_end_that_the_file_lacks_is_no_byte_of_it(index: RecordIndex) -> None:
    ends, lengths = array("Q", [0] * 3), array("I", [0] * 3)
    index.record_ends(100, ends)
    index.record_lengths(lengths)
    assert (ends.tolist(), lengths.tolist(), index.size) == ([104, 108, 111], [4, 4, 3], 11)


@pytest.mark.parametrize("out", [array("Q", [0] * 2), bytes(24), memoryview(bytearray(100))[::2]])
def test_results_need_room(index: RecordIndex, out: array[int]) -> None:
    with pytest.raises((ValueError, BufferError, TypeError)):
        index.record_ends(0, out)


def test_numbers_are_aligned(index: RecordIndex) -> None:
    with pytest.raises(ValueError, match="multiple of 8"):
        index.record_ends(0, memoryview(bytearray(100))[1:])


@pytest.mark.parametrize("columns", [[], [2], [-1], [0, 5]])
def test_columns_must_be_there(index: RecordIndex, columns: list[int]) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        index.columns(columns)


def test_a_mask_has_a_byte_for_each_record(index: RecordIndex) -> None:
    with pytest.raises(ValueError, match="mask must have 3 bytes"):
        index.mask(bytes(2))
