"""The fields of records on disk, in the order in which they came. Memory: what is added at once. Raises `WorkspaceFull`
when the disk is."""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING

from csvapi.csvio.disk import disk_budget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Rows:
    """Takes the fields of records, some at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb")

    def add(self, rows: list[list[bytes]]) -> None:
        """Write the fields of the next records."""
        data = marshal.dumps(rows)
        with disk_budget(len(data)):
            self._file.write(data)

    def close(self) -> Path:
        """The file, for `read`."""
        with disk_budget():
            self._file.close()
        return self.path


def read(path: Path) -> Iterator[list[bytes]]:
    """The fields of each record; the file goes."""
    size = path.stat().st_size
    with path.open("rb") as file:
        path.unlink()
        while file.tell() < size:
            yield from marshal.load(file)  # noqa: S302  we wrote it ourselves
