"""Whole records are folded as their cells are, and these as their text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.dialect import Dialect
from csvapi.steps.folding import folded, folded_row

UTF8 = ByteDialect.of(Dialect(), b"")
TEXTS = st.text(st.sampled_from(" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x00\x85\xa0\u2003aAbBäÄßİ"), max_size=8)


@given(
    st.lists(st.none() | TEXTS, max_size=4),
    st.sets(st.sampled_from(["case", "space", "accents"])),
)
def test_a_record_is_folded_as_its_cells(cells: list[str | None], ignore: set[str]) -> None:
    row = [None if cell is None else cell.encode() for cell in cells]
    expected = [None if cell is None else folded(cell, ignore).encode() for cell in cells]
    assert folded_row(row, UTF8, ignore) == expected


@pytest.mark.parametrize("space", "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f ")
def test_every_space_of_ascii_is_one(space: str) -> None:
    row = [f"A{space}{space}b".encode(), f"{space}c".encode(), f"d{space}".encode()]
    assert folded_row(row, UTF8, {"case", "space"}) == [b"a b", b"c", b"d"]
