"""What the functions of a cluster read and write: a bucket, and a file in it as a source of records."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from _typeshed import ReadableBuffer

    from csvapi.csvio.dialect import Dialect


_READ = 1 << 20  # bytes


class Writer(Protocol):
    """Takes the bytes of an object, in order."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Append bytes; they need not be valid longer."""
        ...

    def flush(self) -> None:
        """A sink calls this; nothing has to happen."""
        ...


class Bucket(Protocol):
    """Objects by their keys. It can be sent to other machines, where it is reached with their own access key.

    Every method raises `StorageDown` where the bucket cannot be used, and may be tried again.
    """

    def look(self, key: str) -> tuple[int, str]:
        """Size and ETag of an object. Raises `ObjectMissing`."""
        ...

    def read(self, key: str, start: int, stop: int, size: int, etag: str = "") -> Iterator[bytes]:
        """Bytes of an object in pieces of at most `size`. Raises `TaskError` if it has another ETag by now."""
        ...

    def get(self, key: str) -> bytes | None:
        """A small object; None if there is none."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Write a small object, which appears whole."""
        ...

    def upload(self, key: str, *files: Path) -> None:
        """The same of files of any size, one after the other."""
        ...

    def writing(self, key: str) -> AbstractContextManager[Writer]:
        """What takes the bytes of an object as they are made; it appears whole at the end of the block."""
        ...

    def join(self, target: str, parts: Sequence[tuple[str, int]], heartbeat: Callable[[], None]) -> None:
        """Make one object of others, given with their sizes; it appears whole or not at all."""
        ...


@dataclass(frozen=True)
class ObjectSource(Source):
    """A file in a bucket, pinned to its ETag; `path` is what it is called."""

    bucket: Bucket | None = None
    key: str = ""
    etag: str = ""

    @classmethod
    def at(cls, bucket: Bucket, key: str, etag: str, size: int, dialect: Dialect) -> ObjectSource:
        """Read where records begin and end. Raises what `Source.open` does."""
        byte_dialect = ByteDialect.of(dialect, b"".join(bucket.read(key, 0, min(4, size), 4, etag)))
        body = len(byte_dialect.bom) + dialect.preamble
        source = cls(Path(key), byte_dialect, size, body, bucket=bucket, key=key, etag=etag)
        bounded = source.bounded()
        assert isinstance(bounded, cls)  # noqa: S101  it replaces fields
        return bounded

    def raw(self, start: int, stop: int, size: int) -> Iterator[bytes]:
        """See `Source.raw`; one request."""
        assert self.bucket is not None  # noqa: S101  `at` gave it
        return self.bucket.read(self.key, start, stop, size, self.etag)

    @contextmanager
    def sized(self, start: int, stop: int) -> Iterator[Callable[[int], bytes]]:
        """See `Source.sized`; one request."""
        with closing(Pieces(self.raw(start, stop, _READ))) as pieces:
            yield pieces.read


class Pieces:
    """Bytes that come in pieces, given in other ones."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def read(self, size: int) -> bytes:
        """The next bytes, as many as are wanted. Raises `EOFError` where there are fewer."""
        found, left = [self._rest[:size]], size - len(self._rest)
        self._rest = self._rest[size:]
        while left > 0:
            piece = memoryview(next(self._pieces, b""))
            if not piece:
                raise EOFError("An object is shorter than it was")
            found.append(piece[:left])
            self._rest, left = piece[left:], left - len(piece)
        return b"".join(found)

    def close(self) -> None:
        """Read no more."""
        if isinstance(self._pieces, Generator):
            self._pieces.close()
