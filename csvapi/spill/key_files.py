"""Keys on disk: digests and row numbers of one range, in partitions that are resolved one at a time.

Memory: a buffer per partition. Disk: 24 bytes per record: two halves of its digest
and its row, 8 bytes each; or 20, where the row is `short`. Raises `WorkspaceFull` when the disk is.
"""

from __future__ import annotations

import sys
from array import array
from operator import itemgetter
from typing import TYPE_CHECKING, BinaryIO, Protocol

from csvapi.csvio.disk import disk_budget, write_all
from csvapi.csvio.keys import digests
from csvapi.native.keys import DIGEST, digests_of
from csvapi.native.marking import shortened
from csvapi.native.memory import Growing, Memory
from csvapi.native.partitions import ENTRY, Partitions, entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from csvapi.csvio.keys import Digests

_NUMBERS = 3  # of an entry: two halves of the digest, and the row in its range
_BUFFERED = 1 << 15  # entries
_LEAST = 512  # of one partition

Keys = tuple["array[int]", "array[int]", "array[int]"]


def key_file(workspace: Path, step: int, number: int, partition: int) -> Path:
    """Where the keys of a step are, for one range (by its number) and partition."""
    return workspace / f"keys-{step}-{number}-{partition}"


class KeySink(Protocol):
    """Takes the keys of one range's records in order; with a `secret`, it also takes the digests under it.

    Keys that are equal come to lie in the same of `partitions`, a power of two up to 256.
    """

    @property
    def secret(self) -> bytes | None:
        """The secret under which digests are made, so that nobody can prepare two keys with one digest; None if it
        makes its own."""
        ...

    def digest(self, key: bytes) -> bytes:
        """The digest of a key under the secret, 16 bytes."""
        ...

    def add(self, keys: Sequence[bytes], rows: Sequence[int]) -> None:
        """Add records by their keys and rows."""
        ...

    def add_digests(self, digests: Digests) -> None:
        """Add records by their digests under the secret."""
        ...

    def flush(self) -> None:
        """Write what is buffered."""
        ...

    def close(self) -> None:
        """Close the files."""
        ...


class Spread:
    """Spreads entries over files, one for each partition, by the bits of their digests after those that all share.

    Memory: a buffer of entries, which the partitions share. Raises `WorkspaceFull` when the disk is.
    """

    def __init__(self, paths: Sequence[Path], *, short: bool = False) -> None:
        self.paths = paths
        self._short = Growing(Memory) if short else None
        self._files = [path.open("wb", buffering=0) for path in paths]
        self.partitions = Partitions(len(paths), max(_LEAST, _BUFFERED // len(paths)), self._write)

    def _write(self, number: int, entries: memoryview) -> None:
        if self._short:
            entries = shortened(entries, self._short)
        with disk_budget(len(entries)):
            write_all(self._files[number], entries)

    def close(self) -> None:
        """Close the files, without what is buffered."""
        for file in self._files:
            file.close()


class NativeKeySink:
    """A key sink that digests and spreads keys by the kernel; see `KeySink`."""

    def __init__(
        self, workspace: Path, step: int, number: int, partitions: int, secret: bytes, *, short: bool = False
    ) -> None:
        self.secret = secret
        self._spread = Spread([key_file(workspace, step, number, each) for each in range(partitions)], short=short)

    def digest(self, key: bytes) -> bytes:
        """See `KeySink.digest`."""
        found = bytearray(DIGEST)
        digests_of([key], self.secret, found)
        return bytes(found)

    def add(self, keys: Sequence[bytes], rows: Sequence[int]) -> None:
        """See `KeySink.add`."""
        digests = bytearray(DIGEST * len(keys))
        digests_of(keys, self.secret, digests)
        self._spread.partitions.add_entries(entries(digests, rows))

    def add_digests(self, digests: Digests) -> None:
        """See `KeySink.add_digests`."""
        digests.add_to(self._spread.partitions)

    def flush(self) -> None:
        """See `KeySink.flush`."""
        self._spread.partitions.flush()

    def close(self) -> None:
        """See `KeySink.close`."""
        self._spread.close()


class PlainKeySink:
    """A key sink in Python, which digests keys by its own hash; see `KeySink`."""

    secret = None

    def __init__(self, workspace: Path, step: int, number: int, partitions: int) -> None:
        self.files = [key_file(workspace, step, number, partition).open("wb") for partition in range(partitions)]
        self.buffers = tuple(array("q") for _ in range(_NUMBERS))

    def add(self, keys: Sequence[bytes], rows: Sequence[int]) -> None:
        """See `KeySink.add`."""
        first, second, row = self.buffers
        halves = digests(keys)
        first.extend(halves[0])
        second.extend(halves[1])
        row.extend(rows)
        if len(row) >= _BUFFERED:
            self.flush()

    def digest(self, key: bytes) -> bytes:
        """There is no secret to make one under."""
        raise NotImplementedError

    def add_digests(self, digests: Digests) -> None:
        """There is no secret that the caller could have made them under."""
        raise NotImplementedError

    def flush(self) -> None:
        """Write what is buffered, each record to the partition that the low bits of its digest name."""
        count = len(self.buffers[0])
        if len(self.files) == 1:
            self._append(self.files[0], self.buffers)
        elif count:
            low = len(self.files) - 1
            tags = (
                self.buffers[0]
                .tobytes()[_LOW_BYTE :: self.buffers[0].itemsize]
                .translate(bytes(i & low for i in range(256)))
            )
            order = itemgetter(*sorted(range(count), key=tags.__getitem__), 0)
            parts = [array(part.typecode, order(part)[:-1]) for part in self.buffers]
            start = 0
            for partition, file in enumerate(self.files):
                stop = start + tags.count(partition)
                self._append(file, [part[start:stop] for part in parts])
                start = stop
        for part in self.buffers:
            del part[:]

    def _append(self, file: BinaryIO, parts: Sequence[array[int]]) -> None:
        if parts[0]:
            entries = array("q", bytes(ENTRY * len(parts[0])))
            for number, part in enumerate(parts):
                entries[number::_NUMBERS] = part
            with disk_budget(ENTRY * len(parts[0])):
                file.write(entries)

    def close(self) -> None:
        """See `KeySink.close`."""
        for file in self.files:
            with disk_budget():
                file.close()


def key_sink(
    workspace: Path, step: int, number: int, partitions: int, secret: bytes | None, *, short: bool = False
) -> KeySink:
    """For the keys of a step, of one range (by its number): the kernel's where there is a secret, else Python's. The
    kernel's can be `short` ones, for whoever reads them elsewhere (see `native.marking`)."""
    place = (workspace, step, number, partitions)
    return NativeKeySink(*place, secret, short=short) if secret else PlainKeySink(*place)


def frames(path: Path) -> Iterator[Keys]:
    """Everything one partition of one range was given, in order, some records at a time."""
    with path.open("rb") as file:
        while entries := array("q", file.read(ENTRY * _BUFFERED)):
            yield _columns(entries)


def stretches(path: Path, *, back: bool = False) -> Iterator[bytes]:
    """The entries as they are in the file, some at a time, from the start or from the end on."""
    size = path.stat().st_size
    places = range(0, size, ENTRY * _BUFFERED)
    with path.open("rb", buffering=0) as file:
        for place in reversed(places) if back else places:
            file.seek(place)
            yield file.read(min(ENTRY * _BUFFERED, size - place))


def load(path: Path) -> Keys:
    """All of it at once."""
    return _columns(array("q", path.read_bytes()))


def held(path: Path) -> int:
    """How many records it was given."""
    return path.stat().st_size // ENTRY


def _columns(entries: array[int]) -> Keys:
    return entries[::_NUMBERS], entries[1::_NUMBERS], entries[2::_NUMBERS]


_LOW_BYTE = 0 if sys.byteorder == "little" else 7
