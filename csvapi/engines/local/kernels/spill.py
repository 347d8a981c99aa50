"""Digests on disk, in the files that `spill.key_files` describes, by whole arrays."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from csvapi.csvio.disk import disk_budget
from csvapi.engines.local.kernels.digests import Digester, Digests
from csvapi.spill.key_files import RECORD, key_file

_FRAME = struct.Struct("=Q")
_BUFFERED = 1 << 16  # records


class DigestSink:
    """A `KeySink` that also takes digests."""

    def __init__(self, workspace: Path, step: int, number: int, partitions: int, digester: Digester) -> None:
        self.files = [key_file(workspace, step, number, partition).open("wb") for partition in range(partitions)]
        self.digester = digester
        self.pending: list[tuple[NDArray[np.generic], ...]] = []
        self.waiting = 0

    def add(self, keys: Sequence[bytes], rows: Sequence[int]) -> None:
        self.add_digests(self.digester.of_keys(keys), np.fromiter(rows, np.uint32, len(keys)))

    def add_digests(self, digests: Digests, rows: NDArray[np.uint32]) -> None:
        self.pending.append((*digests, rows))
        self.waiting += len(rows)
        if self.waiting >= _BUFFERED:
            self.flush()

    def flush(self) -> None:
        """Write what is pending, each record to the partition that the low bits of its digest name."""
        if not self.waiting:
            return
        columns = [np.concatenate(parts) for parts in zip(*self.pending, strict=True)]
        tags = (columns[0] & (len(self.files) - 1)).astype(np.uint8)
        order = np.argsort(tags, kind="stable")
        columns = [column[order] for column in columns]
        stops = np.cumsum(np.bincount(tags, minlength=len(self.files))).tolist()
        for file, start, stop in zip(self.files, [0, *stops], stops, strict=False):
            with disk_budget(RECORD * (stop - start)):
                file.write(_FRAME.pack(stop - start))
                for column in columns:
                    column[start:stop].tofile(file)
        self.pending.clear()
        self.waiting = 0

    def close(self) -> None:
        for file in self.files:
            with disk_budget():
                file.close()
