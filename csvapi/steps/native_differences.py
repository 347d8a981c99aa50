"""The differences of two files, as the kernel writes them: see `pairing` and `comparison`, whose way is that of all
that the kernel leaves to Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.native.differing import DifferenceForm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from csvapi.native.differing import Differences
    from csvapi.native.sorting import Block
    from csvapi.spill.record_sort import NativeSortedRuns
    from csvapi.steps.comparison import Comparison


def form_of(
    comparison: Comparison, changes: Iterable[bytes], names: Sequence[bytes], limit: int, *, partial: bool
) -> DifferenceForm:
    """The form of the records; `changes` are words for those of `comparison.CHANGES`, in their order."""
    added, removed, changed, _ = changes
    of = comparison
    words = added, removed, changed
    return DifferenceForm(words, names, of.widths, of.keys, of.compared, of.shown, limit, partial)


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
