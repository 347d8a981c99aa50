"""Keys with ranks on disk: of the records with one key, the one of the least rank comes first.

Entries are sorted by digest and rank, beyond the memory in runs on disk that are merged, so that all records of one key
come one after the other. Memory: the budget. Disk: some 60 bytes and the rank per record. Raises `WorkspaceFull` when
the disk is.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from csvapi.csvio.keys import digests
from csvapi.native.keys import DIGEST, digests_of
from csvapi.spill.record_sort import in_order, sorter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.spill.external_sort import SortedRuns
    from csvapi.spill.record_sort import NativeSortedRuns
    from csvapi.spill.workspace import Workspace

_ENTRY = Struct(f">{DIGEST}sIQ")  # a digest, the number of the range, and the row in it
_HALVES = Struct(">qq")


class RankedKeys:
    """Takes keys with ranks of the records of one range, by its `number`, in any order.

    `secret` is that of the digests where the kernel makes them, which it does in all ranges or in none.
    """

    def __init__(self, workspace: Workspace, step: int, number: int, secret: bytes | None) -> None:
        self.workspace, self.number, self.secret = workspace, number, secret
        self.runs = sorter(workspace, f"ranked-{step}-{number}")

    def add(self, keys: Sequence[bytes], ranks: Sequence[bytes], rows: Sequence[int]) -> None:
        """Add records by their keys, ranks and rows; a rank must not be the beginning of another one."""
        made = self._digests(keys)
        entries = [_ENTRY.pack(digest, self.number, row) for digest, row in zip(made, rows, strict=True)]
        self.runs.add([digest + rank for digest, rank in zip(made, ranks, strict=True)], entries)

    def _digests(self, keys: Sequence[bytes]) -> list[bytes]:
        if self.secret is None:
            return [_HALVES.pack(*both) for both in zip(*digests(keys), strict=True)]
        made = bytearray(DIGEST * len(keys))
        digests_of(keys, self.secret, made)
        return [bytes(made[at : at + DIGEST]) for at in range(0, len(made), DIGEST)]

    def close(self) -> SortedRuns | NativeSortedRuns:
        """What was added, fit to cross to another process where the file is read by several."""
        if self.workspace.shared:
            self.runs.spill()
        return self.runs


def ranked(parts: Sequence[SortedRuns | NativeSortedRuns], workspace: Workspace) -> Iterator[tuple[bytes, int, int]]:
    """Digest, number of the range, and row of every record of all ranges: by digest, then by rank, then in the order
    of the file."""
    rest = b""
    for piece in in_order(parts, workspace):
        data = rest + piece
        whole = len(data) - len(data) % _ENTRY.size
        rest = data[whole:]
        yield from _ENTRY.iter_unpack(data[:whole])
