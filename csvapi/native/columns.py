"""Fields column by column, as Arrow has texts: a column's cells one behind the other, and where each of them ends."""

from __future__ import annotations

from ctypes import byref, c_uint64
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from csvapi.native.library import SLACK, kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import ReadableBuffer

    from csvapi.native.index import RecordIndex

_END, _SIZE = 4, 8  # bytes of where a cell ends, and of a column's size
_LARGEST = 1 << 31  # bytes of a text, less one: Arrow's offsets are 32 bits with a sign


class Fitting(NamedTuple):
    """How many records go together, what they take, and the record of the index that is behind them."""

    records: int
    size: int
    next: int


@dataclass(frozen=True)
class Columns:
    """The text of some records' fields, column by column; `sizes` are the bytes of each column.

    `ends` has for each column a 0, and then for each record where its cell ends in the column's text: 4 bytes each.
    Valid until the next call about the same scanner.
    """

    records: int
    text: memoryview
    ends: memoryview
    sizes: tuple[int, ...]

    def copy(self) -> Columns:
        """The same, which stays valid."""
        return Columns(self.records, memoryview(bytes(self.text)), memoryview(bytes(self.ends)), self.sizes)

    def each(self) -> Iterator[tuple[memoryview, memoryview]]:
        """The text and the ends of each column."""
        size = _END * (self.records + 1)
        for number, (start, stop) in enumerate(pairwise(accumulate(self.sizes, initial=0))):
            yield self.text[start:stop], self.ends[number * size : (number + 1) * size]


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

    A record takes `each`, and one for each character of its fields in UTF-8. `before` is how many there are already,
    and what these take. Raises `ValueError` for a record that there is not.
    """
    if not 0 <= record <= len(index):
        raise ValueError(f"Record {record} is not among {len(index)}.")
    count, size = map(c_uint64, before)
    following = kernel().fit_records(
        byref(index.structure), index.mask(mask), value, record, each, room, most, byref(count), byref(size)
    )
    return Fitting(count.value, size.value, following)


def columns(index: RecordIndex, start: int, stop: int, mask: ReadableBuffer | None = None, value: int = 1) -> Columns:
    """The fields of the records in the mask from number `start` up to `stop`.

    Raises `ValueError` for records that there are not, and for more text than Arrow has in an array.
    """
    if not 0 <= start <= stop <= len(index) or index.size >= _LARGEST:
        raise ValueError(f"Records {start} to {stop} of {len(index)}, in {index.size} bytes.")
    width = index.scanner.form.width
    records = stop - start if mask is None else bytes(memoryview(mask)[start:stop]).count(value)
    numbers = width * (records + 1)
    text = index.scanner.output.at_least(index.size + SLACK)
    ends = index.scanner.numbers.at_least(_END * numbers)
    sizes = index.scanner.scratch.at_least(_SIZE * width)
    size = kernel().put_columns(
        byref(index.structure), index.mask(mask), value, start, stop, text.address, ends.address, sizes.address
    )
    each = tuple(sizes.view[: _SIZE * width].cast("Q"))
    return Columns(records, text.view[:size], ends.view[: _END * numbers], each)
