"""Copies records from one buffer to another, byte for byte; records that lie together are copied at once."""

from __future__ import annotations

from ctypes import byref, c_uint64
from typing import TYPE_CHECKING, NamedTuple

from csvapi.native.library import kernel
from csvapi.native.memory import readable, writable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

    from csvapi.native.index import RecordIndex


class Gathered(NamedTuple):
    """The bytes of some records, and how many they are."""

    text: memoryview
    records: int


def gather(index: RecordIndex, mask: ReadableBuffer | None = None, value: int = 1, *, others: bool = False) -> Gathered:
    """The records whose byte in `mask` is `value`, or the `others`, in their order.

    If these are all, they are where they lie in the scanner's text; else in its `output`, up to its next use.
    """
    everything = index.mask(mask)
    if everything is None:
        return Gathered(index.text[:0] if others else index.text, 0 if others else len(index))
    out, count = index.scanner.output.at_least(index.size + 1), c_uint64(0)
    size = kernel().gather(byref(index.structure), everything, value, others, out.address, byref(count))
    return Gathered(out.view[:size], count.value)


class Copied(NamedTuple):
    """How many records were looked at, the bytes they have, and how many of these were copied."""

    records: int
    size: int
    copied: int


def gather_lengths(
    text: ReadableBuffer,
    lengths: ReadableBuffer,
    out: WriteableBuffer,
    mask: ReadableBuffer,
    value: int = 0,
    *,
    others: bool = False,
) -> Copied:
    """As `gather`, without an index: `text` begins with records of known `lengths`, and may end within one of them.

    `lengths` has four bytes for each record, native order, `mask` one, so a decision of 0 keeps a record; `out` must be
    as large as the text. Raises `ValueError` where it is not, or where mask and lengths are not of as many records.
    """
    size, count = memoryview(text).nbytes, memoryview(lengths).nbytes // 4
    if memoryview(mask).nbytes != count:
        raise ValueError(f"mask must have a byte for each of {count} records, and has {memoryview(mask).nbytes}.")
    used, written = c_uint64(0), c_uint64(0)
    records = kernel().gather_lengths(
        readable(text, size, "text"),
        size,
        readable(lengths, 4 * count, "lengths", item=4),
        count,
        readable(mask, count, "mask"),
        value,
        others,
        writable(out, size, "out"),
        byref(used),
        byref(written),
    )
    return Copied(records, used.value, written.value)
