"""Objects in a local folder; one appears whole, by rename, or not at all."""

from __future__ import annotations

import errno
import hashlib
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

from csvapi.errors import CsvapiError, ObjectMissing, StorageDown

PROBE = 64 * 1024  # bytes of the object that a check writes: more than what a file system keeps for small ones
LOOK = 2.0  # seconds


class Writer(io.RawIOBase):
    """A new object being written: hashes and counts the bytes, and leaves nothing unless it is committed.

    One pass, no copy, constant memory. Raises `beyond` past `limit` bytes, and StorageDown if the disk refuses.
    """

    def __init__(self, storage: LocalStorage, limit: int, beyond: CsvapiError) -> None:
        self._storage, self.limit, self._beyond = storage, limit, beyond
        self._hash = hashlib.sha256()
        self.size = 0
        self.temp = storage.new_temp()
        self._file = self.temp.open("xb+", buffering=0)

    def write(self, data: bytes) -> int:  # type: ignore[override]  # bytes, as the form parser hands them over
        self.size += len(data)
        if self.size > self.limit:
            raise self._beyond
        self._hash.update(data)
        try:
            write_all(self._file, data)
        except OSError as error:
            raise down(error) from error
        return len(data)

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # io's own buffer type is private
        return self._file.readinto(buffer) or 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def commit(self) -> str:
        """Make the object durable under a new key; returns the key."""
        key = self._storage.adopt(self.temp)
        self._file.close()
        return key

    def close(self) -> None:
        """Discard what was not committed; safe to call at any time."""
        if not self.closed:
            self._file.close()
            self.temp.unlink(missing_ok=True)
        super().close()


class LocalStorage:
    """Objects as files, `ab/abcdef…`, beside a `tmp` folder on the same file system (rename is atomic there)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._looking, self._looked = threading.Lock(), float("-inf")
        self._refused: OSError | None = None
        self._temp = root / "tmp"
        self._temp.mkdir(parents=True, exist_ok=True)

    @property
    def survives_fork(self) -> bool:
        """Whether a process that has used the storage may fork and use it in the child."""
        return True

    def keep_out_of_process(self) -> None:
        """Make sure that the storage survives a fork; to be called before it is used."""

    def writer(self, limit: int, beyond: CsvapiError) -> Writer:
        try:
            return Writer(self, limit, beyond)
        except OSError as error:
            raise down(error) from error

    def new_temp(self) -> Path:
        """A path for a file that is not an object yet."""
        return self.temp(uuid4().hex)

    def temp(self, name: str) -> Path:
        return self._temp / name

    def temps(self, age: float) -> Iterator[Path]:
        """Temporary files that were not changed for so many seconds."""
        return (path for path in self._temp.iterdir() if _older(path, age))

    def keys(self, age: float) -> Iterator[str]:
        """Objects that were not changed or renamed for so many seconds."""
        for folder in self.root.glob("[0-9a-f][0-9a-f]"):
            yield from (path.name for path in folder.iterdir() if _older(path, age))

    def has(self, key: str) -> bool:
        return self.path(key).is_file()

    def absent(self, keys: Sequence[str]) -> list[str]:
        """Those of the keys, which must be sorted, that have no object."""
        return [key for key in keys if not self.has(key)]

    def adopt(self, temp: Path, key: str = "") -> str:
        """Turn a finished temporary file into an object: fsync, rename, fsync of the folder; returns its key."""
        key = key or new_key()
        target = self.path(key)
        try:
            target.parent.mkdir(exist_ok=True)
            _fsync(temp)
            temp.replace(target)
            _fsync(target.parent)
        except OSError as error:
            raise down(error) from error
        return key

    def path(self, key: str) -> Path:
        """The path of the object's file; `reading` makes sure that it exists."""
        return self.root / key[:2] / key

    @contextmanager
    def reading(self, key: str) -> Iterator[Path]:
        """A path of the object that can be opened any number of times during the block.

        Raises ObjectMissing or StorageDown.
        """
        self.open(key).close()
        yield self.path(key)

    def open(self, key: str) -> BinaryIO:
        """The object as an open file, which stays readable whatever happens to the path. Raises as `reading` does."""
        try:
            return self.path(key).open("rb")
        except FileNotFoundError as error:
            raise missing() from error
        except OSError as error:
            raise down(error) from error

    def ends(self, key: str, size: int, most: int) -> tuple[bytes, bytes]:
        """The first bytes of an object of `size` bytes and, of those after them, the last ones.

        Nothing else is read or fetched. Raises as `reading` does.
        """
        with self.open(key) as file:
            return first_and_last(file, size, most)

    def delete(self, key: str) -> None:
        try:
            self.path(key).unlink(missing_ok=True)
        except OSError as error:
            raise down(error) from error

    def tidy(self) -> int:
        """Free space that is not needed; returns the number of removed files. Called about once a minute."""
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


def write_all(file: io.FileIO, data: bytes) -> None:
    """Write all the data to an unbuffered file, which may take it in several parts."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


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


def missing() -> ObjectMissing:
    """The error for an object that is not in the storage."""
    return ObjectMissing("The file is not in the storage; tell the operator")


def down(error: OSError) -> StorageDown:
    """The StorageDown that a failure of the file system means."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageDown("The storage is full; delete files or ask the operator for room")
    return StorageDown("The storage cannot be used now; try again later")
