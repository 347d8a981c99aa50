"""Objects in a bucket, which is authoritative, with a bounded local folder as its cache."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from csvapi.csvio.disk import write_all
from csvapi.storage import eviction
from csvapi.storage.failures import down, there
from csvapi.storage.local import LocalStorage, first_and_last, new_key
from csvapi.storage.pinned import Pinned
from csvapi.storage.s3 import Bucket

_SHARE = 8  # of the room that is left, the part that goes in before the folder is looked at again


class S3Storage(LocalStorage):
    """Objects in a bucket; each passes through the folder of a LocalStorage when it is written and when it is read.

    Any number of processes may share the folder, and any number of machines the bucket. A file that is being read is
    locked; the kernel releases the lock however its holder ends. Only unlocked files are evicted.
    """

    def __init__(self, root: Path, bucket: Bucket, bound: int) -> None:
        super().__init__(root)
        self._bucket, self._bound = bucket, bound
        self._room = 0  # bytes that may go into the folder before it is looked at

    @property
    def survives_fork(self) -> bool:
        """See `LocalStorage.survives_fork`: as the bucket's client does."""
        return self._bucket.survives_fork

    def keep_out_of_process(self) -> None:
        """See `LocalStorage.keep_out_of_process`: the client moves to another process."""
        if not self._bucket.survives_fork:
            self._bucket = self._bucket.out_of_process()

    def keys(self, age: float) -> Iterator[str]:
        """Objects written at least so many seconds ago, by the bucket's clock."""
        return (key for key, seconds in self._bucket.listing() if seconds >= age)

    def look(self, address: str) -> tuple[int, str] | None:
        """See `LocalStorage.look`."""
        return self._bucket.look(address)

    def has(self, key: str) -> bool:
        """See `LocalStorage.has`: whether the bucket has it; the cache does not count."""
        return self._bucket.has(key)

    def absent(self, keys: Sequence[str]) -> list[str]:
        """One listing from the first key to the last; each key that it lacks is checked separately."""
        if not keys:
            return []
        stored = set[str]()
        for key, _ in self._bucket.listing(after=keys[0][:-1]):
            stored.add(key)
            if key >= keys[-1]:
                break
        return [key for key in keys if key not in stored and not self.has(key)]

    def adopt(self, temp: Path, key: str = "") -> str:
        """Upload the file, then keep it in the folder as the first copy of the object."""
        key = key or new_key()
        self._bucket.put(key, temp)
        self._make_room(temp.stat().st_size)
        return super().adopt(temp, key)

    @contextmanager
    def reading(self, key: str, of: Pinned | None = None) -> Iterator[Path]:
        """See `LocalStorage.reading`: fetched first where it is not in the cache, and held there during the block."""
        with self.open(key, of), there(self.path(key)) as path:
            yield path

    def open(self, key: str, of: Pinned | None = None) -> BinaryIO:
        """The copy in the folder, fetched if it is absent; it is locked until the file is closed."""
        self._check_same(of)
        while (file := eviction.held(self.path(key))) is None:
            self._fetch(key, of)
        return file

    def _check_same(self, of: Pinned | None) -> None:
        if of and (self.look(of.address) or (0, ""))[1] != of.etag:
            raise of.changed()

    @contextmanager
    def part(self, key: str, start: int, stop: int, of: Pinned | None = None) -> Iterator[tuple[Path, int]]:
        """See `LocalStorage.part`: from the copy in the folder; without one, these bytes are fetched, and not kept."""
        if file := eviction.held(self.path(key)):
            with file:
                self._check_same(of)
                yield self.path(key), 0
            return
        temp = self.new_temp()
        try:
            temp.write_bytes(self._bucket.part(key, start, stop, of) if stop > start else b"")
            yield temp, start
        except OSError as error:
            raise down(error) from error
        finally:
            temp.unlink(missing_ok=True)

    def ends(self, key: str, size: int, most: int, of: Pinned | None = None) -> tuple[bytes, bytes]:
        """From the copy in the folder; without one, only these bytes are fetched, and not cached."""
        if file := eviction.held(self.path(key)):
            with file:
                return first_and_last(file, size, most)
        if size <= most:
            return b"".join(self._bucket.get(key, of)[1]), b""
        return self._bucket.part(key, 0, most, of), self._bucket.part(key, max(most, size - most), size, of)

    def delete(self, key: str) -> None:
        """Delete from the bucket and this folder; copies on other machines are evicted in time."""
        self._bucket.delete(key)
        super().delete(key)

    def check(self) -> None:
        """See `LocalStorage.check`: both the cache and the bucket."""
        super().check()
        self._bucket.check()

    def prepare(self) -> None:
        """See `LocalStorage.prepare`: create the bucket if there is none."""
        self._bucket.create()

    def tidy(self) -> int:
        """See `LocalStorage.tidy`: evict what was used longest ago from a cache that is too large."""
        return eviction.evict(self.root, self._bound)[0]

    def _make_room(self, size: int) -> None:
        if size > self._room:
            self._room = eviction.evict(self.root, self._bound, size)[1] // _SHARE
        self._room -= size

    def _fetch(self, key: str, of: Pinned | None) -> None:
        """Copy the object into the folder, where it appears whole; of several at a time one process does it."""
        with self._alone(key):
            if self.path(key).is_file():
                return
            size, pieces = self._bucket.get(key, of)
            self._make_room(size)
            temp = self.new_temp()
            try:
                with temp.open("xb", buffering=0) as file:
                    for piece in pieces:
                        write_all(file, piece)
                super().adopt(temp, key)
            except OSError as error:
                raise down(error) from error
            finally:
                temp.unlink(missing_ok=True)

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """Wait until no other process of this machine fetches the object."""
        path = self.temp(f"{key}-fetch")
        with self._lock(path):
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    def _lock(self, path: Path) -> BinaryIO:
        """The lock file, created if necessary, and locked; one removed by its last holder is not used again."""
        while True:
            try:
                file = path.open("ab")
            except OSError as error:
                raise down(error) from error
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_nlink:
                return file
            file.close()
