"""A bucket that is a dictionary, and a cluster that is this process: quick enough for many examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from csvapi.errors import ObjectMissing, TaskError

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class MemoryBucket:
    """See `engines.cluster.bucket.Bucket`."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def _content(self, key: str) -> bytes:
        try:
            return self.objects[key]
        except KeyError as error:
            raise ObjectMissing(key) from error

    def look(self, key: str) -> tuple[int, str]:
        content = self._content(key)
        return len(content), str(hash(content))  # kept with the bytes

    def read(self, key: str, start: int, stop: int, size: int, etag: str = "") -> Iterator[bytes]:
        if etag and etag != self.look(key)[1]:
            raise TaskError("changed")
        content = self._content(key)[start:stop]
        assert len(content) == stop - start
        yield from (content[place : place + size] for place in range(0, len(content), size))

    def get(self, key: str) -> bytes | None:
        return self.objects.get(key)

    def put(self, key: str, data: bytes) -> None:
        self.objects[key] = data

    def upload(self, key: str, *files: Path) -> None:
        self.put(key, b"".join(file.read_bytes() for file in files))

    @contextmanager
    def writing(self, key: str) -> Iterator[BytesIO]:
        content = BytesIO()
        yield content
        self.put(key, content.getvalue())

    def join(self, target: str, parts: Sequence[tuple[str, int]], heartbeat: Callable[[], None]) -> None:
        contents = [self._content(key) for key, _ in parts]
        assert [len(content) for content in contents] == [size for _, size in parts]
        heartbeat()
        self.put(target, b"".join(contents))


class Here:
    """See `engines.cluster.cluster.Cluster`."""

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R | None]:
        yield from map(function, items)
