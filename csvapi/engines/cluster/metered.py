"""A bucket that counts what a call reads and writes. A process works at one call at a time (see `work`)."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from _typeshed import ReadableBuffer

    from csvapi.engines.cluster.bucket import Bucket, Writer


@dataclass
class Traffic:
    """Bytes of objects."""

    read: int = 0
    written: int = 0


_traffic = Traffic()


def begun() -> Traffic:
    """Count anew; what is counted from now on."""
    global _traffic
    _traffic = Traffic()
    return _traffic


@dataclass(frozen=True)
class _Metered:
    target: Writer

    def write(self, data: ReadableBuffer) -> int:
        written = self.target.write(data)
        _traffic.written += written
        return written

    def flush(self) -> None:
        self.target.flush()


@dataclass(frozen=True)
class MeteredBucket:
    """See `Bucket`."""

    bucket: Bucket

    def look(self, key: str) -> tuple[int, str]:
        """See `Bucket.look`."""
        return self.bucket.look(key)

    def read(self, key: str, start: int, stop: int, size: int, etag: str = "") -> Iterator[bytes]:
        """See `Bucket.read`."""
        for piece in self.bucket.read(key, start, stop, size, etag):
            _traffic.read += len(piece)
            yield piece

    def get(self, key: str) -> bytes | None:
        """See `Bucket.get`."""
        data = self.bucket.get(key)
        _traffic.read += len(data or b"")
        return data

    def put(self, key: str, data: bytes) -> None:
        """See `Bucket.put`."""
        _traffic.written += len(data)
        self.bucket.put(key, data)

    def upload(self, key: str, *files: Path) -> None:
        """See `Bucket.upload`."""
        _traffic.written += sum(file.stat().st_size for file in files)
        self.bucket.upload(key, *files)

    @contextmanager
    def writing(self, key: str) -> Iterator[Writer]:
        """See `Bucket.writing`."""
        with self.bucket.writing(key) as target:
            yield _Metered(target)

    def join(self, target: str, parts: Sequence[tuple[str, int]], heartbeat: Callable[[], None]) -> None:
        """See `Bucket.join`."""
        self.bucket.join(target, parts, heartbeat)
