"""Keys with ranks on disk: all records with one key come one after the other, the one of the least rank first.

Entries are sorted by digest and rank, beyond the memory in runs on disk that are merged. Memory: the budget. Disk: some
60 bytes per record, its rank and its text. Raises `WorkspaceFull` when the disk is.
"""

from __future__ import annotations

from array import array
from itertools import repeat
from struct import Struct
from typing import TYPE_CHECKING

from csvapi.csvio.keys import digests
from csvapi.native.entries import Entries, RepeatedEntries
from csvapi.native.keys import DIGEST, digests_of
from csvapi.spill.record_sort import NativeSortedRuns, in_order, sorter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from csvapi.csvio.indexed import IndexedBatch, IndexedDigests
    from csvapi.native.entries import Ranking
    from csvapi.native.sorting import Block
    from csvapi.native.wording import Wording
    from csvapi.spill.external_sort import SortedRuns
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

    def digest(self, key: bytes) -> bytes:
        """The digest of a key."""
        return self._digests([key])[0]

    def add_indexed(
        self, batch: IndexedBatch, ranking: Ranking, found: IndexedDigests, versions: memoryview | None = None
    ) -> int:
        """Add those records of an index whose digests are `found`, under the secret; with `versions`, a text for each
        that is a NUL, its version and the record itself. Returns how many ranks were made of empty cells."""
        rows = None if isinstance(batch.all_rows, range) else array("Q", batch.all_rows)
        entries = Entries(batch.index, found.found, self.origin, batch.start, rows, versions)
        at = 0

        def put(block: Block) -> bool:
            nonlocal at
            at = entries.put(block, ranking, found.kept, at)
            return at == len(batch.index)

        assert isinstance(self.runs, NativeSortedRuns)  # noqa: S101  as the kernel may be used
        self.runs.fill(put)
        return entries.empty

    def add_words(self, batch: IndexedBatch, columns: Sequence[int], wording: Wording) -> bytes:
        """Add those records of an index that the kernel can read the words of, by these. Returns a mask of the others
        of the batch."""
        rows = None if isinstance(batch.all_rows, range) else array("Q", batch.all_rows)
        place, unsure, at = (self.origin, batch.start, rows), bytearray(len(batch.index)), 0

        def put(block: Block) -> bool:
            nonlocal at
            at = wording.put(batch.index, columns, batch.kept, place, secret, block, unsure, at)
            return at == len(batch.index)

        assert isinstance(self.runs, NativeSortedRuns)  # noqa: S101  as the kernel may be used
        secret = self.secret or b""
        self.runs.fill(put)
        return batch.packed(bytes(unsure))

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
    return unpacked(in_order(parts, workspace))


def repeated(parts: Sequence[SortedRuns | NativeSortedRuns], workspace: Workspace) -> Iterator[Entry]:
    """The same of the records whose digest another one has, too; where there is no kernel, of all."""
    pieces = in_order(parts, workspace)
    return unpacked(map(RepeatedEntries().of, pieces) if workspace.native else pieces)


def unpacked(pieces: Iterable[bytes | bytearray]) -> Iterator[Entry]:
    """The same, of pieces of sorted entries."""
    rest = b""
    for piece in pieces:
        data, at = rest + piece, 0
        while len(data) - at >= _ENTRY.size:
            digest, origin, row, size = _ENTRY.unpack_from(data, at)
            if len(data) - at < _ENTRY.size + size:
                break
            at += _ENTRY.size + size
            yield digest, origin, row, data[at - size : at]
        rest = data[at:]
