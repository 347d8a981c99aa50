"""Where kept records go: bytes in the file's own encoding, counted and hashed as they are written."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO

from csvapi.csvio.disk import disk_budget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from csvapi.csvio.byte_dialect import ByteDialect

_WRITE = 1 << 20  # bytes; large writes are cheaper
_DIRECT = 1 << 17  # bytes that are worth a write of their own
_COPY = 64 << 20  # of a part at once, when the kernel copies it


def emptied(path: Path) -> BinaryIO:
    """A file to write, new or without what it held.

    One that is empty is not truncated again: ext4 would write all of it to the disk as soon as it is closed (mount
    option `auto_da_alloc`), and the run would wait for that.
    """

    def opener(name: str, flags: int) -> int:
        file = os.open(name, flags & ~os.O_TRUNC, 0o666)
        if os.fstat(file).st_size:
            os.ftruncate(file, 0)
        return file

    return open(path, "wb", opener=opener)


class Sink:
    """Buffers raw records of one byte dialect in front of `file`; what it is given, but for parts, is charged to the
    budget of the run, as `output` or as temporary files."""

    def __init__(self, file: BinaryIO, *, hashed: bool, output: bool = True) -> None:
        self.file, self.output = file, output
        self.unpaid = 0
        self.digest = sha256() if hashed else None
        self.size = 0
        self.pending: list[bytes] = []
        self.waiting = 0

    @property
    def position(self) -> int:
        """The bytes that it was given so far."""
        return self.size + self.waiting

    def write(self, data: bytes) -> None:
        """Write bytes of the file, later: see `flush`. Raises what `csvio.disk` does for too much."""
        self.unpaid += len(data)
        self._add(data)

    def _add(self, data: bytes) -> None:
        self.pending.append(data)
        self.waiting += len(data)
        if self.waiting >= _WRITE:
            self.flush()

    def write_all(self, pieces: Sequence[bytes]) -> None:
        """Write each of them as `write` does, but join them only once, with whatever else is written."""
        self.pending += pieces
        more = sum(map(len, pieces))
        self.waiting += more
        self.unpaid += more
        if self.waiting >= _WRITE:
            self.flush()

    def write_records(self, records: Iterable[bytes], byte_dialect: ByteDialect) -> None:
        """Write records, in the file's own bytes where they were transcoded."""
        self.write(byte_dialect.restore(b"".join(records)))

    def write_now(self, data: memoryview) -> None:
        """Write data from memory that will soon be reused; without a copy if it is large."""
        if len(data) < _DIRECT:
            self.write(bytes(data))
            return
        self.flush()
        self._out(data, len(data))

    def write_text(self, text: memoryview, byte_dialect: ByteDialect) -> None:
        """The same for records in the bytes of `byte_dialect`."""
        if byte_dialect.wide:
            self.write(byte_dialect.restore(bytes(text)))
        else:
            self.write_now(text)

    def flush(self) -> None:
        """Hand what is waiting to the file, and hash it. Raises what `csvio.disk` does for too much."""
        data = b"".join(self.pending)
        self.pending.clear()
        self.waiting = 0
        unpaid, self.unpaid = self.unpaid, 0
        self._out(data, unpaid)

    def _out(self, data: bytes | memoryview, unpaid: int) -> None:
        self.size += len(data)
        if self.digest:
            self.digest.update(data)
        with disk_budget(unpaid, output=self.output):
            self.file.write(data)

    def settle(self) -> None:
        """Flush to the file, so that another process that has it open can write where this one stopped."""
        self.flush()
        with disk_budget():
            self.file.flush()

    def append(self, part: Path, heartbeat: Callable[[], None]) -> None:
        """Copy a part that another process wrote, and paid for; unhashed, the kernel does it. Calls `heartbeat`."""
        with part.open("rb", buffering=0) as file:
            if self.digest:
                while data := file.read(_WRITE):
                    self._add(data)
                    heartbeat()
                return
            self.settle()
            while True:
                with disk_budget():
                    count = os.sendfile(self.file.fileno(), file.fileno(), None, _COPY)
                self.size += count
                heartbeat()
                if not count:
                    return
