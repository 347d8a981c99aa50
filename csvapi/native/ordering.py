"""What a lookup is made of: texts with their entries, entries in the order of their digests, and where these begin."""

from __future__ import annotations

from ctypes import byref, c_uint64
from typing import TYPE_CHECKING

from csvapi.native.joining import LENGTH, MOST_BITS
from csvapi.native.keys import DIGEST
from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import Allocate, Growing, Memory, readable
from csvapi.native.partitions import ENTRY
from csvapi.native.structures import StyleStruct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from _typeshed import ReadableBuffer

    from csvapi.native.form import Form
    from csvapi.native.index import RecordIndex

_FIELD = 3  # bytes that quotes and a delimiter may add to a field
_EACH = 2  # entries that have the same bits, about: of a table of all of them, and of a partition that is sorted
_MOST_COUNTED = 20  # bits that entries are counted by
_BITS = 64  # of the first half of a digest
_ROOM = 1 << 13  # starts that are handed on together


class Texts:
    """Writes some fields of records in the form `form`, each preceded by a delimiter, and the entries that lead to
    them.

    `form.quote` must not be b"", and two of them in a field stand for one. Raises `ValueError` for another form, and
    for columns that are not apart.
    """

    def __init__(self, form: Form, columns: Sequence[int], *, allocate: Allocate = Memory) -> None:
        if not form.quote or not form.doubled or len(set(columns)) < len(columns):
            raise ValueError(f"Fields {list(columns)} cannot be written as {form}.")
        self._form, self._columns = form, columns
        self._text, self._entries = Growing(allocate), Growing(allocate)

    def write(
        self, index: RecordIndex, digests: memoryview, empty: ReadableBuffer, base: int
    ) -> tuple[memoryview, memoryview]:
        """The texts of the records whose digest is not `empty`, the first of which is byte `base` of all, and their
        entries; both up to the next call."""
        count, columns, old = len(index), self._columns, index.scanner.form
        same = old.delimiter == self._form.delimiter and old.quote == self._form.quote
        style = StyleStruct(self._form.delimiter[0], self._form.quote[0], 0, same, 0, 0)
        size = 2 * index.size + (LENGTH + _FIELD * len(columns)) * count + SLACK
        text, entries, written = self._text.at_least(size), self._entries.at_least(ENTRY * count), c_uint64(0)
        taken = kernel().put_texts(
            byref(index.structure),
            readable(digests, DIGEST * count, "digests", item=8),
            readable(empty, DIGEST, "empty", item=8),
            index.columns(columns) if columns else None,
            len(columns),
            byref(style),
            base,
            text.address,
            entries.address,
            byref(written),
        )
        return text.view[: written.value], entries.view[: ENTRY * taken]


class Sorter:
    """Memory to sort up to `most` bytes of entries in; read them into `entries`, and call `sort`."""

    def __init__(self, most: int, *, allocate: Allocate = Memory) -> None:
        self.entries, self.order = allocate(most), allocate(most)
        self._counts = allocate(4 << min(_MOST_COUNTED, bits_of(most // ENTRY)))

    def sort(self, size: int, skip: int, shift: int = 0) -> tuple[memoryview, int]:
        """The first `size` bytes of entries by their digests, which begin with the same `skip` bits, `shift` being
        added to their rows, and how many of them have the digest of the one before. Raises `ValueError` where there is
        no room for them."""
        count, bits = size // ENTRY, min(_MOST_COUNTED, bits_of(size // ENTRY), _BITS - skip)
        if size > self.entries.size or not 0 <= skip < _BITS:
            raise ValueError(f"{size} bytes of entries with {skip} bits alike cannot be sorted.")
        counts = self._counts.address
        repeated = kernel().sort_entries(self.entries.address, count, skip, bits, shift, counts, self.order.address)
        return self.order.view[: ENTRY * count], int(repeated)


class Starts:
    """Says where the entries begin whose digests have the same `bits` bits; they are given in their order."""

    def __init__(self, bits: int, *, room: int = _ROOM, allocate: Allocate = Memory) -> None:
        self.bits, self.count = bits, 0
        self._room, self._next, self._out = room, c_uint64(0), allocate(8 * room)

    def add(self, entries: ReadableBuffer) -> Iterator[memoryview]:
        """The starts before the last of these entries, 8 bytes each; each piece is valid up to the next one."""
        view = memoryview(entries).cast("B")
        while view:
            count, written = view.nbytes // ENTRY, c_uint64(0)
            given = readable(view, view.nbytes, "entries", item=8)
            next_, out = byref(self._next), self._out.address
            done = kernel().mark_starts(given, count, self.count, self.bits, next_, out, self._room, byref(written))
            yield self._out.view[: 8 * written.value]
            self.count += done
            view = view[ENTRY * done :]

    def end(self) -> Iterator[bytes]:
        """The starts after the last entry, some at a time."""
        left = (1 << self.bits) + 1 - self._next.value
        last = self.count.to_bytes(8, "little")
        for start in range(0, left, _ROOM):
            yield last * min(_ROOM, left - start)


def bits_of(count: int) -> int:
    """So many bits that about `_EACH` of `count` entries have the same ones."""
    return min(MOST_BITS, max(1, (count // _EACH).bit_length()))
