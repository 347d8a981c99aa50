"""Where the parts of a result go: into a ZIP that is written as a stream, or into a folder."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast
from zipfile import ZIP_DEFLATED, ZipFile

from csvapi.csvio.sink import Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

_LEVEL = 1  # of zlib: several times as fast as its default, for files that are a fifth larger
_PLAIN_ZIP = 1 << 31  # bytes of a part from which on its sizes need 64 bits; packed, a text may grow a little
_SURE = 1 << 27


class PartFiles(Protocol):
    """Takes parts, one after the other. `form` is what the receipt says of the output."""

    form: dict[str, str]

    def part(self, name: str) -> AbstractContextManager[Callable[[bytes], object]]:
        """A new part: what writes it."""

    def written(self) -> tuple[int, str]:
        """The bytes of all, and their SHA-256, "" where it is not known; called once, after the last part."""


class _Stream:
    """A file that can only be written, so that a ZIP's bytes are the same wherever it goes."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    def write(self, data: bytes) -> int:
        self.sink.write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """The sink is flushed at the end."""


class ZipParts:
    """A ZIP without times and owners, so that the same parts give the same bytes (with the same zlib).

    `size` is that of all parts together: where one of them may need 64 bits for its own, all are written so.
    """

    form = {"media_type": "application/zip", "suffix": ".zip"}  # noqa: RUF012  read only

    def __init__(self, file: BinaryIO, size: int, *, hashed: bool) -> None:
        self.sink = Sink(file, hashed=hashed)
        self.large = size > _PLAIN_ZIP - _SURE
        self.archive = ZipFile(cast("BinaryIO", _Stream(self.sink)), "w", ZIP_DEFLATED, compresslevel=_LEVEL)

    def __enter__(self) -> ZipParts:
        return self

    def __exit__(self, *_: object) -> None:
        self.archive.close()

    @contextmanager
    def part(self, name: str) -> Iterator[Callable[[bytes], object]]:
        """See `PartFiles.part`."""
        with self.archive.open(name, "w", force_zip64=self.large) as file:
            yield file.write

    def written(self) -> tuple[int, str]:
        """See `PartFiles.written`."""
        self.archive.close()
        self.sink.flush()
        return self.sink.size, self.sink.digest.hexdigest() if self.sink.digest else ""


class FolderParts:
    """Files of a folder that is there and has none of them."""

    form = {"media_type": "text/csv", "suffix": ""}  # noqa: RUF012  read only

    def __init__(self, folder: Path) -> None:
        self.folder, self.size = folder, 0

    @contextmanager
    def part(self, name: str) -> Iterator[Callable[[bytes], object]]:
        """See `PartFiles.part`."""
        with (self.folder / name).open("xb") as file:
            sink = Sink(file, hashed=False)
            yield sink.write
            sink.flush()
            self.size += sink.size

    def written(self) -> tuple[int, str]:
        """See `PartFiles.written`."""
        return self.size, ""
