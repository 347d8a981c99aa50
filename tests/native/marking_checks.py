"""What must hold of the entries that go to another machine, whatever they are; see `checks.py`."""

from __future__ import annotations

from itertools import accumulate, pairwise
from struct import Struct
from typing import TYPE_CHECKING

from csvapi.native.marking import PartitionRows, mark, shortened
from csvapi.native.memory import Growing

if TYPE_CHECKING:
    from random import Random

    from tests.native.cases import Case

ENTRY, SHORT_ENTRY = Struct("=16sQ"), Struct("=16sI")


def marks(case: Case, random: Random) -> None:
    """What goes of the records of some ranges is said by their rows, and by the places of those that stay."""
    ranges = [[(random.randbytes(16), random.getrandbits(32)) for _ in range(random.randrange(9))] for _ in range(3)]
    before, bases = [0, 1 << 40, 3 << 40], [0, *accumulate(map(len, ranges))]
    placed = random.random() < 0.5
    rows = PartitionRows(bases[-1], placed=placed, allocate=case.allocate)
    for found, base, first in zip(ranges, bases, before, strict=False):
        whole = bytearray(b"".join(ENTRY.pack(*each) for each in found))
        short = shortened(memoryview(whole), Growing(case.allocate)).tobytes()
        assert short == b"".join(SHORT_ENTRY.pack(*each) for each in found)
        numbered = rows.numbered(short, base, first).tobytes()
        assert numbered == b"".join(ENTRY.pack(digest, at) for at, (digest, _) in enumerate(found))
    decisions = bytes(random.randrange(3) for _ in range(bases[-1]))
    stays = [random.randrange(bases[-1] + 1) for _ in range(bases[-1])]
    kept = bytearray(b"".join(each.to_bytes(8, "little") for each in stays))
    places = [first + row + 1 for found, first in zip(ranges, before, strict=True) for _, row in found]
    for found, (base, stop) in zip(ranges, pairwise(bases), strict=True):
        gone, leaders = rows.marked(decisions, kept if placed else None, base, stop)
        at = [number for number in range(base, stop) if decisions[number]]
        assert list(gone.cast("I")) == [found[number - base][1] for number in at]
        assert list(leaders.cast("Q")) == [places[stays[each] - 1] if stays[each] else 0 for each in at if placed]


def marked(_: Case, random: Random) -> None:
    """The records in the rows that are named get their decision, and the others keep theirs."""
    size = random.randint(1, 30)
    rows = random.sample(range(size), random.randrange(size))
    before = random.randbytes(size)
    decisions, leaders = bytearray(before), [random.getrandbits(40) for _ in rows]
    kept = bytearray(8 * size)
    packed = b"".join(row.to_bytes(4, "little") for row in rows)
    mark(packed, 7, decisions, b"".join(each.to_bytes(8, "little") for each in leaders), kept)
    assert decisions == bytes(7 if row in rows else before[row] for row in range(size))
    of = dict(zip(rows, leaders, strict=True))
    assert list(memoryview(kept).cast("Q")) == [of.get(row, 0) for row in range(size)]
