"""Files of the workspace that all processes of a run map into memory and change there."""

from __future__ import annotations

import mmap
import os
from typing import TYPE_CHECKING

from csvapi.csvio.disk import disk_budget
from csvapi.process.memory import mapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


class Shared:
    """A file of the workspace, `size` bytes long, mapped into memory that all processes of a run share; new bytes are
    0. Raises `WorkspaceFull` where there is no room for it."""

    def __init__(self, path: Path, size: int) -> None:
        with path.open("a+b") as file:
            missing = size - path.stat().st_size
            with disk_budget(max(0, missing)):
                if missing > 0:  # room that is missing is an error here, and in a mapped page the end of the process
                    os.posix_fallocate(file.fileno(), 0, size)
            self.map = mmap.mmap(file.fileno(), size) if size else None
        self.view = memoryview(self.map) if self.map is not None else memoryview(bytearray())

    def release(self) -> None:
        """Let what is in memory leave it; the file keeps what was written."""
        if self.map is not None:
            self.map.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Let go of the memory."""
        self.view.release()
        if self.map is not None:
            self.map.close()


def trimmer(files: Sequence[Shared], most: int) -> Callable[[], None]:
    """What gives memory back where more than about `most` bytes of these files are in it, as the system reports it; to
    be called after a few thousand changes."""
    limit = None if sum(len(file.view) for file in files) <= most else mapped() + most

    def trim() -> None:
        if limit is not None and mapped() > limit:
            for file in files:
                file.release()

    return trim
