"""The objects of a run: records, and data with a record behind it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from csvapi.csvio.disk import disk_budget
from csvapi.engines.cluster.bucket import Bucket
from csvapi.engines.cluster.records import dumped, loaded
from csvapi.errors import ObjectMissing, TaskError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from csvapi.engines.cluster.bucket import Writer

LENGTH = 8  # bytes of the length of a record that has data before it
_READ = 1 << 20
_LAST = 1 << 16  # bytes in which most records are whole


@dataclass(frozen=True)
class RunObjects:
    """The objects of a run, by their names below its prefix."""

    bucket: Bucket
    prefix: str

    def record(self, name: str) -> Any:
        """The record that a small object is; None if there is none."""
        data = self.bucket.get(self.prefix + name)
        return None if data is None else loaded(data)

    def put(self, name: str, value: object) -> None:
        """Write a record as an object of its own."""
        self.bucket.put(self.prefix + name, dumped(value))

    def upload(self, name: str, *files: Path) -> None:
        """Write files, one after the other, as an object."""
        self.bucket.upload(self.prefix + name, *files)

    def writing(self, name: str) -> AbstractContextManager[Writer]:
        """See `Bucket.writing`."""
        return self.bucket.writing(self.prefix + name)

    def read(self, name: str, start: int, stop: int) -> bytes:
        """Bytes of an object."""
        return b"".join(self.bucket.read(self.prefix + name, start, stop, _READ))

    def fetch(self, name: str, start: int, stop: int, path: Path) -> None:
        """Write bytes of an object to a file, whatever their number."""
        with path.open("wb") as file:
            for piece in self.bucket.read(self.prefix + name, start, stop, _READ):
                with disk_budget(len(piece)):
                    file.write(piece)

    def there(self, name: str) -> bool:
        """Whether there is such an object."""
        try:
            self.bucket.look(self.prefix + name)
        except ObjectMissing:
            return False
        return True

    def last(self, name: str) -> Any:
        """The record at the end of an object, behind its data; None if there is none."""
        try:
            size, _ = self.bucket.look(self.prefix + name)
        except ObjectMissing:
            return None
        data = self.read(name, max(0, size - _LAST), size)
        start = size - LENGTH - int.from_bytes(data[-LENGTH:], "little")
        if start < size - len(data):
            data = self.read(name, start, size)
        return loaded(data[start - size : -LENGTH])


def ended(value: object) -> bytes:
    """A record as it stands at the end of an object."""
    data = dumped(value)
    return data + len(data).to_bytes(LENGTH, "little")


@lru_cache(8)
def table(objects: RunObjects, name: str) -> memoryview:
    """Offsets that a driver wrote as an object, 8 bytes each."""
    data = objects.bucket.get(objects.prefix + name)
    if data is None:
        raise TaskError("The run has ended; nothing is left to do")
    return memoryview(data).cast("Q")


def offsets(sizes: Iterable[int]) -> list[int]:
    """Where each of some pieces begins, and where the last one ends."""
    return list(accumulate(sizes, initial=0))
