"""A new object while it is written: counted, hashed, and bounded as its bytes arrive."""

from __future__ import annotations

import hashlib
import io
import os
from typing import TYPE_CHECKING

from csvapi.csvio.disk import write_all
from csvapi.storage.failures import down

if TYPE_CHECKING:
    from csvapi.errors import CsvapiError
    from csvapi.storage.local import LocalStorage


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
        """Append all of `data`; returns its length. Raises `beyond` past the limit, and StorageDown."""
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
        """Always: see `io.IOBase`."""
        return True

    def readable(self) -> bool:
        """Always: what was written can be read again before `commit`, so that a head can be looked at."""
        return True

    def seekable(self) -> bool:
        """Always: see `io.IOBase`."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move within what was written; returns the new position in bytes, at which the next write goes on."""
        return self._file.seek(offset, whence)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # io's own buffer type is private
        """Read into `buffer` from the current position; returns the number of bytes, 0 at the end."""
        return self._file.readinto(buffer) or 0

    @property
    def sha256(self) -> str:
        """The SHA-256 of all bytes that were written so far, in hexadecimal."""
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
