"""The differences of two files, as the kernel writes them: see `pairing` and `comparison`, whose way is that of all
that the kernel leaves to Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from csvapi.native.differing import Differences
    from csvapi.native.sorting import Block
    from csvapi.spill.record_sort import NativeSortedRuns


def left_over(pieces: Iterable[bytes], differences: Differences, ordered: NativeSortedRuns) -> Iterator[bytes]:
    """Of entries in the order of their keys, put the records into `ordered`; gives the entries that are for Python."""
    for piece in pieces:
        at = 0

        def put(block: Block, piece: bytes = piece) -> bool:
            nonlocal at
            at = differences.put(piece, block, at)
            return at == len(piece)

        ordered.fill(put)
        yield differences.left
