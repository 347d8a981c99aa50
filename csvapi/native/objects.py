"""Records as JSON objects whose values are texts (RFC 8259)."""

from __future__ import annotations

from array import array
from ctypes import byref, c_uint64
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import Allocate, Growing, Memory
from csvapi.native.structures import FrameStruct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import ReadableBuffer

    from csvapi.native.index import RecordIndex

TABLE = 4 * 128  # bytes
_LARGEST = 1 << 31  # bytes of what stands between values: offsets are 32 bits


class Written(NamedTuple):
    """Some objects, how many they are, and the record of the index that is next."""

    text: memoryview
    objects: int
    next: int


class Objects:
    """Writes the records of an index as objects.

    `parts` are what stands before each value, with the quote that begins it, and after the last one. `table` is b""
    where bytes from 128 on are UTF-8; else it has for each of them how many bytes of UTF-8 it is, and these, 4 bytes.
    Raises `ValueError` for a table of another size, or for parts that are too long.
    """

    def __init__(self, parts: Sequence[bytes], table: bytes = b"", *, allocate: Allocate = Memory) -> None:
        if len(table) not in (0, TABLE) or sum(map(len, parts)) > _LARGEST:
            raise ValueError(f"A table has {TABLE} bytes, not {len(table)}, and parts have at most {_LARGEST}.")
        self._width, self._ends = len(parts) - 1, array("I", accumulate(map(len, parts)))
        self._first = len(parts[0])
        self._frame = FrameStruct(b"".join(parts) + bytes(SLACK), self._ends.buffer_info()[0], table or None)
        self._out = Growing(allocate)

    def write(
        self,
        index: RecordIndex,
        record: int,
        mask: ReadableBuffer | None = None,
        value: int = 1,
        *,
        room: int,
        limit: int,
        skip: int = 0,
    ) -> Written:
        """The records in the mask from number `record` on, as many as fit into `room` bytes, or one; valid up to the
        next call. The first one is without `skip` bytes of what stands before it.

        Writes nothing where the next one may become longer than `limit` bytes: that is one with six times its bytes.
        Raises `ValueError` for an index of another width, and for a record that there is not.
        """
        if index.scanner.form.width != self._width or not 0 <= record <= len(index) or not 0 <= skip <= self._first:
            raise ValueError(f"Record {record} of {index.scanner.form.width} columns, {skip} bytes left out.")
        next_, count, needed = c_uint64(record), c_uint64(0), c_uint64(0)
        size, memory = 0, self._out.at_least(room)
        for _ in range(2):
            size = kernel().put_objects(
                byref(index.structure),
                index.mask(mask),
                value,
                byref(self._frame),
                limit,
                skip,
                byref(next_),
                byref(count),
                byref(needed),
                memory.address,
                memory.size,
            )
            if count.value or next_.value == len(index) or needed.value > limit:
                break
            memory = self._out.at_least(needed.value)
        return Written(memory.view[:size], count.value, next_.value)
