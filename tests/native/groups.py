"""What must hold of counting values: the lines are those of a Counter, greater counts first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from csvapi.native.grouping import Groups, Stop, put_counts
from csvapi.native.profiling import ValueCounter
from csvapi.native.sorting import Block, Strings
from csvapi.steps.sort_keys import text_key
from tests.native.checks import mask, scan

if TYPE_CHECKING:
    from random import Random

    from csvapi.native.index import RecordIndex
    from tests.native.cases import Case

_ENDS = [b",1\n", b",2;\n", b",3\n"]


def groups(case: Case, random: Random) -> None:
    """Counts of a column, whatever the sizes of the table and of the blocks, are added up."""
    index, good = scan(case)
    column = random.randrange(case.form.width)
    keep = None if random.randrange(2) else bytes(byte == 1 for byte in mask(random, len(good)))
    cells = [record.fields[column] for at, record in enumerate(good) if keep is None or keep[at]]
    found = Block(1 << 20, case.allocate)
    _count(case, index, column, keep, random, found)
    assert _ranked(case, found, random) == [
        (value, count) for value, count in sorted(Counter(cells).items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _count(case: Case, index: RecordIndex, column: int, keep: bytes | None, random: Random, found: Block) -> None:
    """Put the counts into a block, those of a full table in between; most values have several."""
    counter, done = ValueCounter(random.choice((1, 3, 500)), random.randbytes(16), case.allocate), 0
    while True:
        done = counter.add(index, column, keep, done)
        assert put_counts(counter, found) == len(counter)
        full = bool(len(counter))
        empty = counter.clear()
        found.add(Strings([(empty).to_bytes(8, "little")] if empty else []), Strings([text_key(b"")] if empty else []))
        if done == len(index):
            return
        if not full:  # a cell that no table has room for
            value = scan(case)[1][done].fields[column]
            found.add(Strings([(1).to_bytes(8, "little")]), Strings([text_key(value)]))
            index = case.index()
            done += 1


def _ranked(case: Case, counts: Block, random: Random) -> list[tuple[bytes, int]]:
    """The values that the lines of all counts name, in order."""
    special = b"7e"
    groups, lines, odd = Groups(special, _ENDS, case.allocate), Block(1 << 20, case.allocate), 0
    pieces = [memoryview(bytes(piece)) for piece in counts.sorted(random.choice((1, 100, 9000)), whole=True)]
    for number, piece in enumerate([*pieces, memoryview(b"")]):
        at, stop = 0, Stop.ODD
        while stop != Stop.END:
            at, stop = groups.add(piece, lines, at, final=number == len(pieces))
            assert stop != Stop.FULL
            if stop == Stop.ODD:
                value, count = groups.odd()
                assert count > len(_ENDS) or set(value) & {*special, 0}
                key, odd = ((1 << 64) - 1 - count).to_bytes(8), odd + 1
                lines.add(Strings([value + b"#%d\n" % count]), Strings([key]))
    ranked = [*_lines(b"".join(map(bytes, lines.sorted(100, whole=True))))]
    assert len(ranked) == groups.lines + odd
    return ranked


def _lines(items: bytes) -> list[tuple[bytes, int]]:
    found, at = [], 0
    while at < len(items):
        key, size = (int.from_bytes(items[place : place + 4], "little") for place in (at, at + 4))
        count = (1 << 64) - 1 - int.from_bytes(items[at + 8 : at + 8 + key])
        line = items[at + 8 + key : at + 8 + key + size]
        known = _ENDS[count - 1] if count <= len(_ENDS) else b""
        end = b"#%d\n" % count
        assert line.endswith((known, end) if known else end)
        found.append((line.removesuffix(end if line.endswith(end) else known), count))
        at += 8 + key + size
    return found
