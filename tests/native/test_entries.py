"""Entries are what Python packs; of each key the first stays, and pairs of the same records are left out."""

from __future__ import annotations

from array import array
from itertools import groupby, pairwise
from random import Random
from struct import Struct
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.native import keys
from csvapi.native.entries import Differences, Entries, LaterMarks, Ranking
from csvapi.native.form import Form
from csvapi.native.sorting import Block, KeyColumn, Strings
from csvapi.steps.sort_keys import text_key
from tests.native.cases import Case
from tests.native.checks import mask, scan
from tests.native.drawn import drawn, patient, sources
from tests.native.memories import Guarded

if TYPE_CHECKING:
    from csvapi.native.index import RecordIndex

_ENTRY, _ITEM = Struct(">16sIQI"), Struct("<II")
SECRET = bytes(16)


def items(block: Block) -> list[tuple[bytes, bytes]]:
    data, at, found = b"".join(map(bytes, block.sorted(1 << 16, whole=True))), 0, []
    while at < len(data):
        key, size = _ITEM.unpack_from(data, at)
        middle = at + _ITEM.size + key
        found.append((data[at + _ITEM.size : middle], data[middle : middle + size]))
        at = middle + size
    return found


def digests(index: RecordIndex, columns: list[int] | None = None) -> memoryview:
    return memoryview(array("Q", keys.digests(index, SECRET, columns).tobytes()))


@patient
@given(case=drawn, source=sources)
def test_entries_are_those_of_the_records(case: Case, source: Random) -> None:
    index, good = scan(case)
    keep = None if source.randrange(2) else bytes(byte == 1 for byte in mask(source, len(good)))
    rows = array("Q", sorted(source.sample(range(10 * len(good) + 1), len(good)))) if source.randrange(2) else None
    made, versions = digests(index, [0]), digests(index) if source.randrange(2) else None
    by: Any = KeyColumn(source.randrange(case.form.width)) if source.randrange(2) else b"\7"
    given_ = bytes(source.randrange(2) for _ in good) if isinstance(by, KeyColumn) else bytes(len(good))
    alive = [at for at in range(len(good)) if keep is None or keep[at]]
    ranks = Strings([b"rank%d" % at for at in alive if given_[at]])
    entries, block = Entries(index, made, 3, 100, rows, versions), Block(1 << 20, Guarded)
    assert entries.put(block, Ranking(by, given_, ranks), keep) == len(good)
    expected, empty = [], 0
    for at in alive:
        digest = made.tobytes()[16 * at : 16 * at + 16]
        rank = b"\7"
        if given_[at]:
            rank = b"rank%d" % at
        elif isinstance(by, KeyColumn):
            cell = good[at].fields[by.column]
            rank, empty = b"\1" + text_key(cell) if cell else b"\2", empty + (not cell)
        text = b"\0" + versions.tobytes()[16 * at : 16 * at + 16] + good[at].raw if versions else b""
        head = _ENTRY.pack(digest, 3, rows[at] if rows else 100 + at, len(text))
        expected.append((digest + rank, head + text))
    assert items(block) == sorted(expected, key=lambda item: item[0])
    assert entries.empty == empty


def test_a_full_block_stops_it() -> None:
    index = Case(Form(width=1), "utf-8", b"".join(b"%d\n" % n for n in range(30)), final=True).index()
    entries, small, at = Entries(index, digests(index), 1), Block(400, Guarded), 0
    found = []
    while at < 30:
        start, at = at, entries.put(small, Ranking(b"x", bytes(30), Strings()), start=at)
        assert at > start
        found += items(small)
        small.clear()
    assert sorted(_ENTRY.unpack(entry)[2] for _, entry in found) == list(range(30))


entry_lists = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from([b"", b"a", b"b"])), max_size=12)


@patient
@given(each=entry_lists, cuts=st.lists(st.integers(0, 12), max_size=3))
def test_all_but_the_first_of_a_key_are_marked(each: list[tuple[int, int, bytes]], cuts: list[int]) -> None:
    each = sorted(each, key=lambda one: one[0])
    packed = [_ENTRY.pack(bytes([key]) * 16, origin, row, 0) for row, (key, origin, _) in enumerate(each)]
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
@given(each=entry_lists, cuts=st.lists(st.integers(0, 12), max_size=3))
def test_pairs_that_are_the_same_are_left_out(each: list[tuple[int, int, bytes]], cuts: list[int]) -> None:
    each = sorted(each, key=lambda one: one[0])
    texts = [b"\0" + version * 16 + b"record" if version else b"[text" for _, _, version in each]
    packed = [
        _ENTRY.pack(bytes([key + 1]) * 16, origin, row, len(text)) + text
        for row, ((key, origin, _), text) in enumerate(zip(each, texts, strict=True))
    ]
    differences, left = Differences(Guarded), b""
    for start, stop in pairwise(sorted({0, len(packed), *(min(cut, len(packed)) for cut in cuts)})):
        left += differences.of(b"".join(packed[start:stop]))
    gone = []
    for _, group in groupby(enumerate(each), lambda one: one[1][0]):
        found = list(group)
        if len(found) == 2 and found[0][1][1] and not found[1][1][1] and found[0][1][2] == found[1][1][2] != b"":
            gone.append((found[0][0], found[1][0]))
    all_left = [entry for at, entry in enumerate(packed) if at not in {one for pair in gone for one in pair}]
    rest = left
    for entry in packed:
        if rest.startswith(entry):
            rest = rest[len(entry) :]
        else:
            assert entry not in all_left
    assert rest == b""
    assert differences.same <= len(gone)
    if not cuts:
        assert differences.same == sum(pair[1] < len(packed) - 1 for pair in gone)


@pytest.mark.parametrize(("origin", "row"), [(3, 0), (0, 40), (2, 20)])
def test_an_entry_of_no_record_is_refused(origin: int, row: int) -> None:
    marks = LaterMarks([0, 12, 24], 9, bytearray(40), None)
    with pytest.raises(ValueError, match="record that there is not"):
        marks.add(_ENTRY.pack(bytes(16), origin, row, 0))


def test_what_does_not_fit_is_refused() -> None:
    index = Case(Form(width=1), "utf-8", b"1\n2\n", final=True).index()
    with pytest.raises(ValueError, match="digests, and rows, of 2 records"):
        Entries(index, digests(index)[:2], 1)
    with pytest.raises(ValueError, match="digests, and rows, of 2 records"):
        Entries(index, digests(index), 1, rows=array("Q", [1]))
    entries = Entries(index, digests(index), 1)
    for given_, ranks in ((b"\0", []), (b"\1\0", []), (bytes(2), [b"x"])):
        with pytest.raises(ValueError, match="0 or 1 for each of 2 records"):
            entries.put(Block(100), Ranking(KeyColumn(0), given_, Strings(ranks)))
    with pytest.raises(ValueError, match="Columns must"):
        entries.put(Block(100), Ranking(KeyColumn(1), bytes(2), Strings()))
