"""Keys with ranks on disk: all records with one key come one after the other, the one of the least rank first.

Entries are sorted by digest and rank, beyond the memory in runs on disk that are merged. Memory: the budget. Disk: some
60 bytes per record, its rank and its text. Raises `WorkspaceFull` when the disk is.
"""

from __future__ import annotations

from itertools import repeat
from struct import Struct
from typing import TYPE_CHECKING

from csvapi.csvio.keys import digests
from csvapi.native.keys import DIGEST, digests_of
from csvapi.spill.record_sort import in_order, sorter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from csvapi.spill.external_sort import SortedRuns
    from csvapi.spill.record_sort import NativeSortedRuns
    from csvapi.spill.workspace import Workspace

Entry = tuple[bytes, int, int, bytes]
_ENTRY = Struct(f">{DIGEST}sIQI")  # a digest, where the record is from, the row there, and the size of its text
_HALVES = Struct(">qq")


class RankedKeys:
    """Takes keys with ranks, and texts, of records that are all from one place: `origin`, a number.

    `secret` is that of the digests where the kernel makes them, which it does for all records or for none.
    """

    def __init__(self, workspace: Workspace, name: str, origin: int, secret: bytes | None) -> None:
        self.workspace, self.origin, self.secret = workspace, origin, secret
        self.runs = sorter(workspace, f"{name}-{origin}")

    def add(
        self, keys: Sequence[bytes], ranks: Iterable[bytes], rows: Sequence[int], texts: Iterable[bytes] = repeat(b"")
    ) -> None:
        """Add records by their keys, ranks, rows and texts; a rank must not be the beginning of another one."""
        made = self._digests(keys)
        entries = [
            _ENTRY.pack(digest, self.origin, row, len(text)) + text
            for digest, row, text in zip(made, rows, texts, strict=False)
        ]
        self.runs.add([digest + rank for digest, rank in zip(made, ranks, strict=False)], entries)

    def _digests(self, keys: Sequence[bytes]) -> list[bytes]:
        if self.secret is None:
            return [_HALVES.pack(*both) for both in zip(*digests(keys), strict=True)]
        made = bytearray(DIGEST * len(keys))
        digests_of(keys, self.secret, made)
        return [bytes(made[at : at + DIGEST]) for at in range(0, len(made), DIGEST)]

    def flush(self) -> None:
        """Have `runs` fit to cross to another process, where it must."""
        if self.workspace.shared:
            self.runs.free()

    def close(self) -> None:
        """Nothing: no file is open between two calls."""

    def finish(self, *, spill: bool = False) -> SortedRuns | NativeSortedRuns:
        """What was added, on disk if `spill`, or where it must cross to another process."""
        self.runs.free() if spill else self.flush()
        return self.runs


def ranked(parts: Sequence[SortedRuns | NativeSortedRuns], workspace: Workspace) -> Iterator[Entry]:
    """Digest, origin, row and text of every record of all parts: by digest, then by rank, then by part, then in the
    order in which they were added. Memory: the workspace's, and the longest text twice."""
    data = bytearray()
    for piece in in_order(parts, workspace):
        data += piece
        at = 0
        while len(data) - at >= _ENTRY.size:
            digest, origin, row, size = _ENTRY.unpack_from(data, at)
            if len(data) - at < _ENTRY.size + size:
                break
            at += _ENTRY.size + size
            yield digest, origin, row, bytes(data[at - size : at])
        del data[:at]
