"""The fate of every record of a range, one byte each, in a file that the passes share."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

from csvapi.csvio.disk import disk_budget

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


def fate_file(workspace: Path, number: int) -> Path:
    return workspace / f"fates-{number}"


def twin_file(workspace: Path, number: int) -> Path:
    """For each record the row (from 1, in the whole file) of the one it repeats, 8 bytes; 0 for none."""
    return workspace / f"twins-{number}"


def stop_file(workspace: Path, number: int) -> Path:
    """For each record the byte behind its last one, 8 bytes."""
    return workspace / f"stops-{number}"


class Shared:
    """A file of the workspace as memory that all processes of a run see."""

    def __init__(self, path: Path, size: int) -> None:
        with disk_budget(), path.open("r+b") as file:
            if path.stat().st_size < size:
                file.truncate(size)
            self.map = mmap.mmap(file.fileno(), size) if size else None
        self.view = memoryview(self.map) if self.map is not None else memoryview(bytearray())

    def __enter__(self) -> memoryview:
        return self.view

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.view.release()
        if self.map is not None:
            self.map.close()


class Fates:
    """Written record by record on the first pass, changed in place on later ones; `kept` False writes nothing."""

    def __init__(self, path: Path, *, new: bool, kept: bool) -> None:
        self.path, self.new, self.kept = path, new, kept
        self.file = path.open("wb") if new and kept else None
        self.shared = None if new else Shared(path, path.stat().st_size)

    def read(self, start: int, count: int) -> bytearray:
        if self.shared is None:
            return bytearray(count)
        return bytearray(self.shared.view[start : start + count])

    def write(self, start: int, fates: bytearray) -> None:
        if self.file:
            with disk_budget(len(fates)):
                self.file.write(fates)
        elif self.shared:
            self.shared.view[start : start + len(fates)] = fates

    def close(self) -> None:
        if self.file:
            self.file.close()
        if self.shared:
            self.shared.__exit__(None, None, None)
