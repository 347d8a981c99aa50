"""Objects in a local folder; one appears whole, by rename, or not at all."""

from __future__ import annotations

import io
import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from csvapi.errors import CsvapiError
from csvapi.storage.failures import down, missing, there
from csvapi.storage.pinned import Pinned
from csvapi.storage.writer import Writer

PROBE = 64 * 1024  # bytes of the object that a check writes: more than what a file system keeps for small ones
LOOK = 2.0  # seconds


class LocalStorage:
    """Where stored files are kept: objects in a folder, and the interface of every other storage, which inherits it.

    An object is the content of a stored file under a random key of 32 hexadecimal digits; rows of the database hold the
    keys. It never changes: it appears whole, by a rename, and it is deleted. In the folder it is the file
    `ab/abcdef...`; the folder `tmp` beside it is for files that are no objects yet (on the same file system, where a
    rename is atomic).

        >>> storage = LocalStorage(Path("files"))
        >>> with storage.writer(limit=1 << 20, beyond=TooLarge("too large")) as file:
        ...     file.write(b"a,b\\n1,2\\n")
        ...     key = file.commit()
        >>> with storage.reading(key) as path:
        ...     text = path.read_bytes()
        >>> storage.delete(key)

    What takes an object `of` a bucket reads that in place of one of its own; a folder has none of these.

    Sizes are bytes, ages seconds. Any method that touches the disk may raise StorageDown, which a request answers with
    503 and a task with another attempt; what reads an object raises ObjectMissing where there is none. Methods may be
    called by several threads and processes at a time.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._looking, self._looked = threading.Lock(), float("-inf")
        self._refused: OSError | None = None
        self._temp = root / "tmp"
        self._temp.mkdir(parents=True, exist_ok=True)

    @property
    def survives_fork(self) -> bool:
        """Whether a process that has used the storage may fork and use it in the child, as a worker does."""
        return True

    def keep_out_of_process(self) -> None:
        """Make sure that the storage survives a fork; to be called before it is used."""

    def writer(self, limit: int, beyond: CsvapiError) -> Writer:
        """A new object to be written, of at most `limit` bytes; past them, its `write` raises `beyond`.

        Nothing is left of it unless it is committed. Raises StorageDown.
        """
        try:
            return Writer(self, limit, beyond)
        except OSError as error:
            raise down(error) from error

    def new_temp(self) -> Path:
        """A path for a file that is not an object yet."""
        return self.temp(uuid4().hex)

    def temp(self, name: str) -> Path:
        """The path of the temporary file of that name, whether it exists or not."""
        return self._temp / name

    def temps(self, age: float) -> Iterator[Path]:
        """Temporary files that were not changed for so many seconds."""
        return (path for path in self._temp.iterdir() if _older(path, age))

    def keys(self, age: float) -> Iterator[str]:
        """Objects that were not changed or renamed for so many seconds."""
        for folder in self.root.glob("[0-9a-f][0-9a-f]"):
            yield from (path.name for path in folder.iterdir() if _older(path, age))

    def look(self, address: str) -> tuple[int, str] | None:
        """Size and ETag of an object of any bucket; None where there is none that can be read."""
        return None

    def has(self, key: str) -> bool:
        """Whether there is such an object."""
        return self.path(key).is_file()

    def absent(self, keys: Sequence[str]) -> list[str]:
        """Those of the keys, which must be sorted, that have no object."""
        return [key for key in keys if not self.has(key)]

    def adopt(self, temp: Path, key: str = "") -> str:
        """Turn a finished temporary file into an object, under a new key if none is given; returns the key.

        The object is durable when this returns, and `temp` is gone. Nobody knows a new key before: its file is renamed
        first, so that one write of the file system's journal makes its bytes and its name durable. Raises StorageDown,
        for a full disk too.
        """
        target = self.path(key or new_key())
        try:
            if not target.parent.is_dir():
                target.parent.mkdir(exist_ok=True)
            if key:
                _fsync(temp)
            temp.replace(target)
            if not key:
                _fsync(target)
            _fsync(target.parent)
        except OSError as error:
            raise down(error) from error
        return target.name

    def path(self, key: str) -> Path:
        """The path at which the object's file is, if there is one; `reading` makes sure of that."""
        return self.root / key[:2] / key

    @contextmanager
    def reading(self, key: str, of: Pinned | None = None) -> Iterator[Path]:
        """A path of the object that can be opened any number of times during the block.

        Raises ObjectMissing, also in the block where the object was deleted meanwhile, or StorageDown, and
        ObjectChanged for what was registered.
        """
        self.open(key, of).close()
        with there(self.path(key)) as path:
            yield path

    def open(self, key: str, of: Pinned | None = None) -> BinaryIO:
        """The object as an open file, which stays readable even if the object is deleted. Raises as `reading` does."""
        try:
            return self.path(key).open("rb")
        except FileNotFoundError as error:
            raise missing() from error
        except OSError as error:
            raise down(error) from error

    def ends(self, key: str, size: int, most: int, of: Pinned | None = None) -> tuple[bytes, bytes]:
        """The first `most` bytes of an object of `size` bytes and, of those after them, the last `most`.

        Nothing else is read or fetched: detection needs no more of a large file. Raises as `reading` does.
        """
        with self.open(key, of) as file:
            return first_and_last(file, size, most)

    @contextmanager
    def part(self, key: str, start: int, stop: int, of: Pinned | None = None) -> Iterator[tuple[Path, int]]:
        """A path at which bytes `start` to `stop` of an object can be read during the block, and the byte of the object
        with which that file begins.

        What is not at hand is fetched from `start` to `stop` alone. Raises as `reading` does.
        """
        with self.reading(key, of) as path:
            yield path, 0

    def delete(self, key: str) -> None:
        """Remove the object; one that is not there is none to remove. Raises StorageDown."""
        try:
            self.path(key).unlink(missing_ok=True)
        except OSError as error:
            raise down(error) from error

    def tidy(self) -> int:
        """Free space that is not needed; returns the number of removed files. Called about once a minute.

        A folder has nothing to free; a storage with a cache evicts from it.
        """
        return 0

    def prepare(self) -> None:
        """Create what an empty installation lacks; safe to repeat."""

    def free(self) -> int:
        """The number of bytes that can still be written."""
        return shutil.disk_usage(self.root).free

    def check(self) -> None:
        """Raise StorageDown unless an object can be written now: writes a small one to the disk, and removes it.

        The outcome is kept for LOOK seconds, however often this is called.
        """
        with self._looking:
            if time.monotonic() - self._looked >= LOOK:
                self._refused = self._refusal()
                self._looked = time.monotonic()
        if self._refused is not None:
            raise down(self._refused) from self._refused

    def _refusal(self) -> OSError | None:
        probe = self.new_temp()
        try:
            probe.write_bytes(bytes(PROBE))
            _fsync(probe)
        except OSError as error:
            return error
        finally:
            with suppress(OSError):
                probe.unlink(missing_ok=True)
        return None


def new_key() -> str:
    """A random storage key."""
    return uuid4().hex


def first_and_last(file: BinaryIO | io.RawIOBase, size: int, most: int) -> tuple[bytes, bytes]:
    """The bytes that `LocalStorage.ends` returns, of an open file."""
    file.seek(0)
    head = file.read(most) or b""
    file.seek(max(len(head), size - most))
    return head, file.read(most) or b""


def _older(path: Path, age: float) -> bool:
    try:
        return time.time() - path.stat().st_ctime >= age
    except FileNotFoundError:
        return False


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
