"""Records and fields are copied as they are."""

from __future__ import annotations

from array import array
from random import Random

import pytest
from hypothesis import given

from csvapi.native import cells, copying
from csvapi.native.form import Form
from tests.native import checks
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources


@patient
@given(case=drawn, source=sources)
def test_records_of_a_mask(case: Case, source: Random) -> None:
    checks.copies(case, source)


@patient
@given(case=drawn, source=sources)
def test_records_of_known_lengths(case: Case, source: Random) -> None:
    checks.copies_by_lengths(case, source)


def test_cells_are_what_fields_hold() -> None:
    index = Case(Form(width=2), "utf-8", b'"a ""b""",1\n,"2,\n3"\r\n', final=True).index()
    assert cells.rows(index) == [(b'a "b"', b"1"), (b"", b"2,\n3")]
    assert cells.cells(index, 1, b"\5\7", 7) == [b"2,\n3"]
    assert cells.joined(index, [1, 0, 1], b"\1\0") == b'1\0a "b"\x001\0'


def test_wrong_sizes_are_refused() -> None:
    lengths = array("I", [2, 2])
    with pytest.raises(ValueError, match="a byte for each of 2 records"):
        copying.gather_lengths(b"1\n2\n", lengths, bytearray(4), bytes(3))
    with pytest.raises(ValueError, match="out must have 4 bytes"):
        copying.gather_lengths(b"1\n2\n", lengths, bytearray(3), bytes(2))
    with pytest.raises(ValueError, match="read-only"):
        copying.gather_lengths(b"1\n2\n", lengths, bytes(4), bytes(2))  # type: ignore[arg-type]  # what is refused
