"""What must hold of entries, whatever the text: they are what Python packs."""

from __future__ import annotations

from array import array
from collections import Counter
from itertools import pairwise
from struct import Struct
from typing import TYPE_CHECKING, Any

from csvapi.native import keys
from csvapi.native.entries import Entries, LaterEntries, Ranking, RepeatedEntries, SharedMarks
from csvapi.native.sorting import Block, KeyColumn, Strings
from csvapi.steps.sort_keys import text_key
from tests.native.checks import mask, scan

if TYPE_CHECKING:
    from random import Random

    from csvapi.native.index import RecordIndex
    from tests.native.cases import Case

ENTRY, _ITEM, _PLACE = Struct(">16sIQI"), Struct("<II"), Struct(">IQ")
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


def entries(case: Case, source: Random) -> None:
    """Entries of any records, by any rank, are those that Python packs."""
    index, good = scan(case)
    keep = None if source.randrange(2) else bytes(byte == 1 for byte in mask(source, len(good)))
    rows = array("Q", sorted(source.sample(range(10 * len(good) + 1), len(good)))) if source.randrange(2) else None
    made, versions = digests(index, [0]), digests(index) if source.randrange(2) else None
    by: Any = KeyColumn(source.randrange(case.form.width)) if source.randrange(2) else b"\7"
    given_ = bytes(source.randrange(2) for _ in good) if isinstance(by, KeyColumn) else bytes(len(good))
    alive = [at for at in range(len(good)) if keep is None or keep[at]]
    ranks = Strings([b"rank%d" % at for at in alive if given_[at]])
    made_of, block = Entries(index, made, 3, 100, rows, versions), Block(1 << 20, case.allocate)
    assert made_of.put(block, Ranking(by, given_, ranks), keep) == len(good)
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
        head = ENTRY.pack(digest, 3, rows[at] if rows else 100 + at, len(text))
        expected.append((digest + rank, head + text))
    assert items(block) == sorted(expected, key=lambda item: item[0])
    assert made_of.empty == empty


def shared(case: Case, source: Random) -> None:
    """The records of origin 0 are marked whose key another origin has."""
    few = [(source.randrange(9), source.randrange(3)) for _ in range(source.randrange(30))]
    each = [(key, origin, row) for row, (key, origin) in enumerate(few)]
    packed = [
        ENTRY.pack(bytes([key]) * 16, origin, row, 3) + b"abc"
        for key, origin, row in sorted(each, key=lambda one: (one[0], not one[1]))
    ]
    view = case.allocate(len(each)).view[: len(each)]
    view[:] = bytes(len(each))
    marks, cut = SharedMarks(view), source.randrange(len(each) + 1)
    marks.add(b"".join(packed[:cut]))
    marks.add(b"".join(packed[cut:]))
    marks.close()
    others = {key for key, origin, _ in each if origin}
    assert bytes(view) == bytes(not origin and key in others for key, origin, _ in each)


def later(case: Case, source: Random) -> None:
    """The records are put that are not the first of their key, each with that one."""
    few = sorted((source.randrange(9), source.randrange(3)) for _ in range(source.randrange(30)))
    packed = [
        ENTRY.pack(bytes([key]) * 16, origin, row, 3) + b"abc" for row, (key, origin) in enumerate(few, start=1 << 33)
    ]
    bases, cut = [0, 1 << 40, 1 << 41], source.randrange(len(packed) + 1)
    made, found = LaterEntries(bases), []
    for some in (b"".join(packed[:cut]), b"".join(packed[cut:])):
        small, at = Block(source.randrange(160, 400), case.allocate), 0
        while (start := at) < len(some):
            at = made.put(some, small, start)
            assert at == len(some) or len(small)
            found += items(small)
            small.clear()
    expected, first = [], dict[int, int]()
    for row, (key, origin) in enumerate(few, start=1 << 33):
        if key in first:
            expected.append((_PLACE.pack(origin, row), array("Q", [row, first[key] + 1]).tobytes()))
        first.setdefault(key, bases[origin] + row)
    assert sorted(found) == sorted(expected)


def repeated(_: Case, source: Random) -> None:
    """Of entries in any pieces those stay whose key another one has, as they are."""
    keys_ = sorted(bytes([source.randrange(12)]) * 16 for _ in range(source.randrange(30)))
    texts = [b"x" * source.randrange(40) for _ in keys_]
    packed = [
        ENTRY.pack(key, 1, row, len(text)) + text for row, (key, text) in enumerate(zip(keys_, texts, strict=True))
    ]
    cuts = sorted({0, len(packed), *(source.randrange(len(packed) + 1) for _ in range(source.randrange(5)))})
    found = RepeatedEntries()
    pieces = [bytes(found.of(b"".join(packed[start:stop]))) for start, stop in pairwise(cuts)]
    counts = Counter(keys_)
    assert b"".join(pieces) == b"".join(each for key, each in zip(keys_, packed, strict=True) if counts[key] > 1)
