"""The files in which web processes collect their metrics, on a disk that may be full.

prometheus_client writes through a mapping of a file that has no blocks yet. If the disk has none left, the kernel kills
the process at the first write (SIGBUS, mmap(2)); so the blocks are allocated here beforehand. A process that gets none
keeps its metrics in its own memory: they are missing from /metrics until it is restarted, and nothing else is affected.
"""

from __future__ import annotations

import mmap
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import mmap_dict, values

log = structlog.get_logger(__name__)
FIRST = 1 << 16  # bytes of a new file: what the library gives it, too
_ENTRY = 32  # bytes, at most, of an entry beside its name


class AllocatedDict(mmap_dict.MmapedDict):
    """prometheus_client's dict of doubles, in a file whose blocks are allocated before they are written."""

    def __init__(self, filename: str) -> None:
        self._f: Any = None
        try:
            with Path(filename).open("ab") as file:
                size = max(FIRST, os.fstat(file.fileno()).st_size)
                os.posix_fallocate(file.fileno(), 0, size)
            super().__init__(filename)  # type: ignore[no-untyped-call]  # of the library
        except OSError as error:
            with suppress(OSError):  # an empty file is none that can be read
                Path(filename).unlink()
            self._m, self._capacity = self._private(FIRST, error), FIRST
            self._positions: dict[str, int] = {}
            self._used = 8  # bytes: the head of an empty one
            self._m[:4] = self._used.to_bytes(4, "little")

    def _init_value(self, key: str) -> None:
        """Allocate space for the entry, so that the library need not."""
        while self._used + len(key.encode()) + _ENTRY > self._capacity:
            self._m = self._larger(2 * self._capacity)
            self._capacity *= 2
        super()._init_value(key)  # type: ignore[no-untyped-call]  # of the library

    def _larger(self, size: int) -> mmap.mmap:
        if self._f is not None:
            try:
                os.posix_fallocate(self._f.fileno(), 0, size)
                return mmap.mmap(self._f.fileno(), size)
            except OSError as error:
                larger = self._private(size, error)
                self._f.close()
                self._f = None
        else:
            larger = mmap.mmap(-1, size)
        larger[: self._capacity] = self._m[:]
        return larger

    def _private(self, size: int, error: OSError) -> mmap.mmap:
        log.warning("requests_of_this_process_are_missing_from_metrics", reason=str(error))
        return mmap.mmap(-1, size)


def install() -> None:
    """Let the library use it for every metric that is created from now on."""
    vars(values)["MmapedDict"] = AllocatedDict  # it has no setting for it
