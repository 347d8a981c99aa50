"""Fields column by column, as Arrow has texts: a column's cells one after the other, and where each of them ends."""

from __future__ import annotations

from array import array
from ctypes import byref, c_uint64
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from csvapi.native.library import SLACK, kernel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from _typeshed import ReadableBuffer

    from csvapi.native.index import RecordIndex

_END, _SIZE = 4, 8  # bytes of where a cell ends, and of a column's size
_LARGEST = 1 << 31  # bytes of a text, less one: Arrow's offsets are 32 bits with a sign


class Fitting(NamedTuple):
    """How many records go together, what they take, and the record of the index that comes after them."""

    records: int
    size: int
    next: int


@dataclass(frozen=True)
class Columns:
    """The text of some records' fields, column by column, to be added to what there is of each column before.

    `ends` has for each column and record where the cell ends in all of the column's text: 4 bytes each. `before` and
    `sizes` are the bytes of each column's text without these records and with them. Valid until the next call about the
    same scanner.
    """

    records: int
    text: memoryview
    ends: memoryview
    before: Sequence[int]
    sizes: Sequence[int]

    def each(self) -> Iterator[tuple[memoryview, memoryview]]:
        """The text and the ends of each column."""
        size, start = _END * self.records, 0
        for number, (before, after) in enumerate(zip(self.before, self.sizes, strict=True)):
            stop = start + after - before
            yield self.text[start:stop], self.ends[number * size : (number + 1) * size]
            start = stop


def fit(
    index: RecordIndex,
    record: int,
    mask: ReadableBuffer | None = None,
    value: int = 1,
    *,
    before: tuple[int, int] = (0, 0),
    each: int,
    room: int,
    most: int,
) -> Fitting:
    """How far the records in the mask go together from number `record` on: until they are `most` or take `room`.

    A record takes `each`, and the bytes of its fields. `before` is how many there are already,
    and what these take. Raises `ValueError` for a record that there is not.
    """
    if not 0 <= record <= len(index):
        raise ValueError(f"Record {record} is not among {len(index)}.")
    count, size = map(c_uint64, before)
    following = kernel().fit_records(
        byref(index.structure), index.mask(mask), value, record, each, room, most, byref(count), byref(size)
    )
    return Fitting(count.value, size.value, following)


def columns(
    index: RecordIndex,
    start: int,
    stop: int,
    mask: ReadableBuffer | None = None,
    value: int = 1,
    *,
    before: Sequence[int] | None = None,
) -> Columns:
    """The fields of the records in the mask from number `start` up to `stop`.

    `before` are the bytes that each column has already; none where it is None. Raises `ValueError` for records that
    there are not, for another number of columns, and for more text than Arrow has in an array.
    """
    width = index.scanner.form.width
    before = [0] * width if before is None else before
    if not 0 <= start <= stop <= len(index) or len(before) != width or index.size + max(before) >= _LARGEST:
        detail = f"Records {start} to {stop} of {len(index)}, in {index.size} bytes and {len(before)} columns."
        raise ValueError(detail)
    records = stop - start if mask is None else bytes(memoryview(mask)[start:stop]).count(value)
    text = index.scanner.output.at_least(index.size + SLACK)
    ends = index.scanner.numbers.at_least(_END * width * records)
    sizes = index.scanner.scratch.at_least(_SIZE * width)
    numbers = sizes.view[: _SIZE * width].cast("Q")
    numbers[:] = array("Q", before)
    size = kernel().put_columns(
        byref(index.structure), index.mask(mask), value, start, stop, text.address, ends.address, sizes.address
    )
    return Columns(records, text.view[:size], ends.view[: _END * width * records], before, numbers.tolist())
