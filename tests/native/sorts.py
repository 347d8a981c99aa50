"""What must hold of sorting, whatever the text: the order is that of the keys which Python makes."""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import TYPE_CHECKING

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.dialect import Dialect
from csvapi.native.sorting import Block, KeyColumn, Strings, merged, unsure_numbers
from csvapi.spill.record_sort import pairs_of
from csvapi.steps.numbers import PLAIN
from csvapi.steps.sort_keys import KeyPart
from tests.native import model
from tests.native.checks import DIGITS, mask, scan
from tests.native.checks import PLAIN as PLAIN_NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tests.native.cases import Case

_WIRE = ByteDialect(Dialect(), "utf-8")


def sorts(case: Case, random: Random) -> None:
    """Records come in the order of their keys, those of equal keys as they came, from one block or from several."""
    index, good = scan(case)
    columns = [
        KeyColumn(random.randrange(case.form.width), *(bool(random.randrange(2)) for _ in range(3)))
        for _ in range(random.randint(1, 3))
    ]
    keep = None if random.randrange(2) else bytes(byte == 1 for byte in mask(random, len(good)))
    own = [b"".join(_key(record.fields[by.column], by) for by in columns) for record in good]
    unsure = bytearray(len(good))
    for by in columns:
        if by.number:
            unsure_numbers(index, by.column, unsure, keep)
    alive = [at for at in range(len(good)) if keep is None or keep[at]]
    for at in alive:
        plain = all(_plain(good[at], by) for by in columns)
        assert plain or unsure[at], good[at].fields
    given = [own[at] for at in alive if unsure[at]]
    empty = array("Q", bytes(8 * len(columns)))
    keys, runs = Strings(given), list[bytes]()
    block, at, longest = Block(random.choice((64, 300, 5000)), case.allocate), 0, 1
    while True:
        at = block.add_index(index, columns, keep, bytes(unsure), keys, b"\r\n", empty, at)
        done = at == len(good)
        if not done and not len(block):
            block = Block(2 * block.size, case.allocate)
            continue
        runs.append(b"".join(map(bytes, block.sorted(random.choice((1, 50, 4000)), whole=True))))
        alone = b"".join(map(bytes, block.sorted(random.choice((1, 50, 4000)))))
        assert b"".join(_shares(block, random.choice((1, 2, 7)))) == runs[-1]
        longest = max(longest, block.longest)
        if done:
            break
        block.clear()
    sure = [at for at in alive if not unsure[at]]
    assert empty.tolist() == [sum(not good[at].fields[by.column] for at in sure) for by in columns]
    expected = b"".join(_ended(good[at].raw) for at in sorted(alive, key=own.__getitem__))
    if len(runs) == 1:
        assert alone == expected
    assert b"".join(_merged(runs, random, longest, case)) == expected


def _merged(runs: list[bytes], random: Random, longest: int, case: Case) -> Iterator[bytes]:
    """Up to five at a time, until there is one."""
    while len(runs) > 5:
        groups = [runs[first : first + 5] for first in range(0, len(runs), 5)]
        runs = [b"".join(_read(group, random.choice((1, longest)), case, whole=True)) for group in groups]
    yield from _read(runs, random.choice((1, longest, 5000)), case)


def _read(runs: list[bytes], chunk: int, case: Case, *, whole: bool = False) -> Iterator[bytes]:
    left = [*map(memoryview, runs)]

    def read(number: int, room: memoryview) -> int:
        some = left[number][: len(room)]
        room[: len(some)], left[number] = some, left[number][len(some) :]
        return len(some)

    reads = [lambda room, number=number: read(number, room) for number in range(len(runs))]
    yield from map(bytes, merged(reads, chunk, whole=whole, allocate=case.allocate))


def _key(cell: bytes, by: KeyColumn) -> bytes:
    part = KeyPart(0, PLAIN if by.number else None, by.descending, by.empty_first, asked=None)
    return part.keys([cell], _WIRE, [0])[0]


def _plain(record: model.Record, by: KeyColumn) -> bool:
    cell = record.fields[by.column]
    digits = sum(map(cell.count, DIGITS))
    return not by.number or not cell or (digits <= 18 and PLAIN_NUMBER.fullmatch(cell) is not None)


def _ended(raw: bytes) -> bytes:
    return raw if raw.endswith((b"\n", b"\r")) else raw + b"\r\n"


def _shares(block: Block, count: int) -> Iterator[bytes]:
    """The items of each share of the keys, which begins where no key of the one before it does."""
    for number, (start, stop) in enumerate(pairwise(block.shares(count))):
        share = b"".join(map(bytes, block.sorted(50, whole=True, start=start, stop=stop)))
        firsts = [int.from_bytes(key[:8].ljust(8, b"\0")) for key, _ in pairs_of(memoryview(share))]
        assert all(number << 64 <= first * count < (number + 1) << 64 for first in firsts)
        yield share
