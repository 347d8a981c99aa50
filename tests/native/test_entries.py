"""Entries are what Python packs; of each key the first stays."""

from __future__ import annotations

from array import array
from itertools import groupby, pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.native.entries import Entries, LaterEntries, LaterMarks, Ranking, SharedMarks
from csvapi.native.form import Form
from csvapi.native.sorting import Block, KeyColumn, Strings
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources
from tests.native.entry_checks import ENTRY, digests, entries, items, later, repeated, shared
from tests.native.memories import Guarded


@patient
@given(case=drawn, source=sources)
def test_entries_are_those_of_the_records(case: Case, source: Random) -> None:
    entries(case, source)


def test_a_full_block_stops_it() -> None:
    index = Case(Form(width=1), "utf-8", b"".join(b"%d\n" % n for n in range(30)), final=True).index()
    made_of, small, at = Entries(index, digests(index), 1), Block(400, Guarded), 0
    found = []
    while at < 30:
        start, at = at, made_of.put(small, Ranking(b"x", bytes(30), Strings()), start=at)
        assert at > start
        found += items(small)
        small.clear()
    assert sorted(ENTRY.unpack(entry)[2] for _, entry in found) == list(range(30))


entry_lists = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from([b"", b"a", b"b"])), max_size=12)


@patient
@given(each=entry_lists, cuts=st.lists(st.integers(0, 12), max_size=3))
def test_all_but_the_first_of_a_key_are_marked(each: list[tuple[int, int, bytes]], cuts: list[int]) -> None:
    each = sorted(each, key=lambda one: one[0])
    packed = [ENTRY.pack(bytes([key]) * 16, origin, row, 0) for row, (key, origin, _) in enumerate(each)]
    decisions, repeated = bytearray(40), bytearray(8 * 40)
    marks, dropped = LaterMarks([0, 12, 24], 9, decisions, repeated), 0
    for start, stop in pairwise(sorted({0, len(packed), *(min(cut, len(packed)) for cut in cuts)})):
        dropped += marks.add(b"".join(packed[start:stop]))
    marks.close()
    expected = {}
    for _, group in groupby(enumerate(each), lambda one: one[1][0]):
        (row, (_, origin, _)), *others = group
        expected |= {12 * other[1] + number: 12 * origin + row for number, other in others}
    assert {row: array("Q", bytes(repeated))[row] - 1 for row, code in enumerate(decisions) if code == 9} == expected
    assert dropped == len(expected)


@patient
@given(case=drawn, source=sources)
def test_all_but_the_first_of_a_key_are_put_by_their_places(case: Case, source: Random) -> None:
    later(case, source)


@patient
@given(case=drawn, source=sources)
def test_records_are_marked_whose_key_another_file_has(case: Case, source: Random) -> None:
    shared(case, source)


@patient
@given(case=drawn, source=sources)
def test_records_are_left_whose_key_no_other_has(case: Case, source: Random) -> None:
    repeated(case, source)


def test_a_mark_of_no_record_is_refused() -> None:
    for rows in (0, 40):
        with pytest.raises(ValueError, match="record that there is not"):
            SharedMarks(bytearray(rows)).add(ENTRY.pack(bytes(16), 0, rows, 0))


@pytest.mark.parametrize(("origin", "row"), [(3, 0), (0, 40), (2, 20)])
def test_an_entry_of_no_record_is_refused(origin: int, row: int) -> None:
    marks = LaterMarks([0, 12, 24], 9, bytearray(40), None)
    with pytest.raises(ValueError, match="record that there is not"):
        marks.add(ENTRY.pack(bytes(16), origin, row, 0))


def test_an_entry_of_no_origin_is_refused() -> None:
    with pytest.raises(ValueError, match="origin that there is not"):
        LaterEntries([0, 12]).put(ENTRY.pack(bytes(16), 2, 0, 0), Block(400))


def test_what_does_not_fit_is_refused() -> None:
    index = Case(Form(width=1), "utf-8", b"1\n2\n", final=True).index()
    with pytest.raises(ValueError, match="digests, and rows, of 2 records"):
        Entries(index, digests(index)[:2], 1)
    with pytest.raises(ValueError, match="digests, and rows, of 2 records"):
        Entries(index, digests(index), 1, rows=array("Q", [1]))
    made_of = Entries(index, digests(index), 1)
    for given_, ranks in ((b"\0", []), (b"\1\0", []), (bytes(2), [b"x"])):
        with pytest.raises(ValueError, match="0 or 1 for each of 2 records"):
            made_of.put(Block(100), Ranking(KeyColumn(0), given_, Strings(ranks)))
    with pytest.raises(ValueError, match="Columns must"):
        made_of.put(Block(100), Ranking(KeyColumn(1), bytes(2), Strings()))
