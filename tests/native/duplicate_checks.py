"""What must hold of the kernel's functions that find repeated keys, whatever the keys; see `checks.py`."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from csvapi.native.duplicates import Resolver
from csvapi.native.partitions import Partitions, entries
from csvapi.spill import duplicates

if TYPE_CHECKING:
    from random import Random

    from tests.native.cases import Case


def repeats(_: Case, random: Random) -> None:
    """Of entries in partitions those go that repeat a key, over several ranges of rows, whichever is kept."""
    known = [random.randbytes(16) for _ in range(random.randint(1, 9))]
    ranges = [[random.choice(known) for _ in range(random.randrange(30))] for _ in range(random.randint(1, 3))]
    for keep in ("first", "last", "none"):
        total = sum(map(len, ranges))
        decisions, of = bytearray(total), bytearray(8 * total)
        resolver = Resolver(keep, 5, len(known), decisions, of)
        files, bases = _partitioned(ranges, 1 << random.randrange(4)), [0, *accumulate(map(len, ranges))][:-1]
        back, dropped = keep == "last", 0
        for partition in files:
            resolver.begin()
            parts = list(zip(partition, bases, strict=True))
            for found, base in reversed(parts) if back else parts:
                some = resolver.decide(bytes(found), base)
                assert some is not None
                dropped += some
        resolver.close()
        whole = [key for each in ranges for key in each]
        gone, leaders = duplicates.repeats(
            *([int.from_bytes(key[i : i + 8], "little") for key in whole] for i in (0, 8)), keep
        )
        assert [at for at, code in enumerate(decisions) if code] == sorted(gone)
        assert dropped == len(gone)
        expected = {at: leader + 1 for at, leader in zip(gone, leaders, strict=True) if at != leader}
        assert {at: row for at, row in enumerate(memoryview(of).cast("Q")) if row} == expected


def _partitioned(ranges: list[list[bytes]], count: int) -> list[list[bytearray]]:
    """For each partition the entries of each range."""
    files = [[bytearray() for _ in ranges] for _ in range(count)]
    for number, found in enumerate(ranges):

        def write(partition: int, some: memoryview, number: int = number) -> None:
            files[partition][number] += some

        parts = Partitions(count, 3, write)
        half = len(found) // 2
        parts.add_digests(memoryview(b"".join(found[:half])), 0)
        parts.add_entries(entries(b"".join(found[half:]), range(half, len(found))))
        parts.flush()
    return files
