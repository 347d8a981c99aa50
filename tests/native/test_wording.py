"""Records are compared by their words as Python would; the kernel leaves what it has no table for."""

from __future__ import annotations

from array import array
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.native.form import Form
from csvapi.native.sorting import Block
from csvapi.native.wording import LETTERS, Wording, letters
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources
from tests.native.entry_checks import items
from tests.native.memories import Guarded
from tests.native.wording_checks import SECRET, TABLES, entry, words

WORDING = Wording(*TABLES, last=False)
FIRST = (0, 0, None)


@patient
@given(case=drawn, source=sources)
def test_entries_are_those_of_the_words(case: Case, source: Random) -> None:
    words(case, source)


def put(text: str) -> tuple[list[tuple[bytes, bytes]], bytearray]:
    """The entry of a record with this cell, and whether it is left."""
    index = Case(Form(width=1), "utf-8", f'"{text}"\n'.encode(), final=True).index()
    unsure, block = bytearray(1), Block(1 << 14, Guarded)
    assert WORDING.put(index, [0], None, FIRST, SECRET, block, unsure) == 1
    return items(block), unsure


beyond = set('\0\r\n"')
european = st.characters(max_codepoint=0x5FF, exclude_characters=beyond, exclude_categories=["Cs"])
known = st.text(european | st.sampled_from(" -.aäAÄßøŁé'\u0301\u00a0\t"), max_size=40)


@patient
@given(text=known)
def test_what_is_not_left_is_what_python_makes(text: str) -> None:
    found, unsure = put(text)
    made = entry(text, 0, 0, last=False)
    assert found == ([made] if made and not unsure[0] else [])
    assert not unsure[0] or not text.isascii()


@pytest.mark.parametrize("text", ["Zoë  Müller-Łoś", "Σίσυφος", "Иван Ёлкин", "a" * 999, "w " * 64])
def test_names_are_not_left(text: str) -> None:
    found, unsure = put(text)
    assert not unsure[0]
    assert found == [entry(text, 0, 0, last=False)]


@pytest.mark.parametrize("text", ["山田", "a" * 1000, "w " * 65, "ﬁne", "ΐ" * 400, "e\u0301" * 500])
def test_what_the_tables_do_not_hold_is_left(text: str) -> None:
    assert put(text) == ([], bytearray(b"\1"))


def test_a_full_block_stops_it() -> None:
    index = Case(Form(width=1), "utf-8", b"".join(b"word%d\n" % n for n in range(30)), final=True).index()
    small, at, found, unsure = Block(400, Guarded), 0, 0, bytearray(30)
    while at < 30:
        start, at = at, WORDING.put(index, [0], None, FIRST, SECRET, small, unsure, at)
        assert at > start
        found += len(items(small))
        small.clear()
    assert found == 30
    assert not any(unsure)


def test_what_does_not_fit_is_refused() -> None:
    index = Case(Form(width=1), "utf-8", b"1\n2\n", final=True).index()
    block = Block(100)
    with pytest.raises(ValueError, match="characters"):
        letters([b"a"] * (LETTERS - 1))
    for place, secret in (((0, 0, array("Q", [1])), SECRET), (FIRST, b"short")):
        with pytest.raises(ValueError, match="a row for each of 2 records"):
            WORDING.put(index, [0], None, place, secret, block, bytearray(2))
    with pytest.raises(ValueError, match="no record 3"):
        WORDING.put(index, [0], None, FIRST, SECRET, block, bytearray(2), 3)
    with pytest.raises(ValueError, match="Columns must"):
        WORDING.put(index, [1], None, FIRST, SECRET, block, bytearray(2))
    with pytest.raises(ValueError, match="unsure must"):
        WORDING.put(index, [0], None, FIRST, SECRET, block, bytearray(1))
    latin = Case(Form(width=1, utf8=False), "latin-1", b"\xc3\xa4\n", final=True).index()
    with pytest.raises(ValueError, match="UTF-8"):
        WORDING.put(latin, [0], None, FIRST, SECRET, block, bytearray(1))
