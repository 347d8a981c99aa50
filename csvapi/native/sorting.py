"""Sorting records by keys in one piece of memory, and merging what was sorted piece by piece.

A key is bytes whose order is that of the records, and is not the beginning of another one (`steps.sort_keys` makes
such keys). The kernel makes those of plain texts and plain numbers itself.
"""

from __future__ import annotations

from array import array
from ctypes import byref, c_int, c_uint64, memmove
from typing import TYPE_CHECKING, Any, NamedTuple

from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import Allocate, Growing, Memory, in_large_pages, writable
from csvapi.native.structures import BlockStruct, KeyColumnStruct, RunStruct, StringsStruct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from csvapi.native.index import RecordIndex

MOST_RUNS = 128  # that are merged at once
KEY_BITS = 64  # of a key that say to which share it belongs
LARGEST = (1 << 32) - 4096  # bytes of a block: lengths in it are 32 bits
_PAGED = 32 << 20  # bytes of a block for which it does not matter that large pages take up to 4 MiB more than is used


class KeyColumn(NamedTuple):
    """A column to sort by, counted from 0: by the number that a cell is, or by its bytes; see `steps.sort_keys`."""

    column: int
    number: bool = False
    descending: bool = False
    empty_first: bool = False


class Strings:
    """Some keys, or records, in order; a block takes them one after the other, and each once."""

    def __init__(self, texts: Sequence[bytes] = ()) -> None:
        self._text, self._lengths = b"".join(texts), array("I", map(len, texts))
        self.structure = StringsStruct(self._text, self._lengths.buffer_info()[0], 0, 0)

    def __len__(self) -> int:
        return len(self._lengths)

    @property
    def taken(self) -> int:
        """How many were taken so far."""
        return int(self.structure.taken)


def unsure_numbers(index: RecordIndex, column: int, marks: bytearray, mask: bytes | None = None) -> int:
    """Set the byte in `marks` of each record in the mask whose cell is neither empty nor plainly a number.

    Returns how many these are. Plain is what `comparing.compare_numbers` takes.
    """
    return int(
        kernel().unsure_numbers(
            byref(index.structure),
            index.mask(mask),
            1,
            index.columns([column])[0],
            writable(marks, len(index), "marks"),
        )
    )


class Block:
    """`size` bytes, from 64 to `LARGEST`, that take records with keys until they are full, and give them in order.

    Where a record does not fit, go on with it after a `clear`, or in a larger block if this one is empty.
    """

    def __init__(self, size: int, allocate: Allocate | None = None) -> None:
        if not 64 <= size <= LARGEST:
            raise ValueError(f"A block must have between 64 and {LARGEST} bytes, and has {size}.")
        allocate = allocate or (in_large_pages if size >= _PAGED else Memory)
        size += -size % 16
        self._memory = allocate(size)
        self._block = BlockStruct(self._memory.address, size)
        self._ordered = 0  # items that were sorted
        self._output = Growing(allocate)

    def __len__(self) -> int:
        return int(self._block.count)

    @property
    def size(self) -> int:
        """In bytes."""
        return int(self._block.size)

    @property
    def structure(self) -> BlockStruct:
        """As the kernel takes it."""
        return self._block

    @property
    def longest(self) -> int:
        """Bytes of the longest item that there has been, as `merged` takes it."""
        return int(self._block.longest)

    @property
    def items(self) -> memoryview:
        """The items as they came, each whole as `merged` takes it; valid up to the next change."""
        return self._memory.view[: int(self._block.used)]

    def clear(self) -> None:
        """Forget the items."""
        self._block.used = self._block.count = self._ordered = 0

    def add_index(
        self,
        index: RecordIndex,
        columns: Sequence[KeyColumn],
        mask: bytes | None,
        given: bytes,
        keys: Strings,
        line_end: bytes,
        empty: array[int],
        start: int = 0,
    ) -> int:
        """Add the records in the mask, from number `start` on, by the keys of their columns. Returns the number of the
        first one that does not fit.

        Those whose byte in `given` is 1 take the next one of `keys`. A last record without a line end gets `line_end`.
        To `empty` the empty cells of each column are added that the kernel made a key of. Raises `ValueError` unless
        there is a key for each record that takes one.
        """
        count = len(index)
        wanted = given.count(1, start) if mask is None else both(mask[start:], given[start:])
        if len(given) != count or given.count(0) + given.count(1) != count or wanted != len(keys) - keys.taken:
            raise ValueError(f"There must be 0 or 1 for each of {count} records, and {len(keys)} of 1.")
        if len(empty) != len(columns) or empty.itemsize != 8:
            raise ValueError(f"empty must have 8 bytes for each of {len(columns)} columns.")
        index.columns([by.column for by in columns])
        return int(
            kernel().put_records_sorted(
                byref(index.structure),
                index.mask(mask),
                1,
                start,
                (KeyColumnStruct * len(columns))(*(KeyColumnStruct(*by) for by in columns)),
                len(columns),
                given,
                byref(keys.structure),
                line_end,
                len(line_end),
                byref(self._block),
                writable(empty, 8 * len(columns), "empty", item=8),
            )
        )

    def add(self, records: Strings, keys: Strings) -> int:
        """Add the next records, each with the next key. Returns how many of all were taken."""
        if len(records) != len(keys) or records.taken != keys.taken:
            raise ValueError(f"There must be a key for each of {len(records)} records, and there are {len(keys)}.")
        return int(
            kernel().put_items(byref(records.structure), len(records), byref(keys.structure), byref(self._block))
        )

    def sorted(
        self, room: int, *, whole: bool = False, start: int = 0, stop: int | None = None
    ) -> Iterator[memoryview]:
        """The records in the order of their keys, in pieces of about `room` bytes, each valid up to the next; equal
        keys as they came. With `whole`, as `merged` takes them. Of all of them, those from number `start` on, before
        `stop`."""
        self._sort()
        stop = len(self) if stop is None else stop
        if not 0 <= start <= stop <= len(self):
            raise ValueError(f"There are no items {start} to {stop} among {len(self)}.")
        at, largest = start, room
        while at < stop:
            out, size = self._output.at_least(largest), c_uint64(0)
            at = kernel().take_items(byref(self._block), at, stop, whole, out.address, out.size, byref(size))
            largest = room if size.value else 2 * out.size
            if size.value:
                yield out.view[: size.value]

    def shares(self, count: int) -> list[int]:
        """The numbers of the items, in order, with which so many equal shares of all keys begin by their first eight
        bytes, and how many items there are."""
        self._sort()
        firsts = [kernel().count_below(byref(self._block), (number << KEY_BITS) // count) for number in range(count)]
        return [*map(int, firsts), len(self)]

    def _sort(self) -> None:
        if self._ordered != len(self):  # what is sorted again does not stay as it came
            kernel().sort_items(byref(self._block))
            self._ordered = len(self)


class _Run:
    """What a run is read by, and the memory it is read into."""

    def __init__(self, read: Callable[[memoryview], int], room: int, allocate: Allocate) -> None:
        self.read, self.room, self.allocate = read, room, allocate
        self.memory = allocate(room + SLACK)

    def fill(self, run: Any) -> None:
        """Read on after what is left, into more memory if that is full."""
        left, memory = run.size - run.at, self.memory
        if left == self.room:
            self.room *= 2
            self.memory = self.allocate(self.room + SLACK)
        memmove(self.memory.address, memory.address + run.at, left)
        got = self.read(self.memory.view[left : self.room])
        run.data, run.at, run.size, run.ended = self.memory.address, 0, left + got, not got


def merged(
    reads: Sequence[Callable[[memoryview], int]], chunk: int, *, whole: bool = False, allocate: Allocate = Memory
) -> Iterator[memoryview]:
    """What `Block.sorted` gave as `whole`, of up to `MOST_RUNS` runs that are read by functions that are like
    `readinto`, in the order of the keys; of equal keys those of earlier runs first. Pieces are as in `Block.sorted`.

    Memory: `chunk` bytes for each run and for the pieces, which becomes more where an item does not fit.
    """
    count = len(reads)
    if not 1 <= count <= MOST_RUNS:
        raise ValueError(f"{count} runs cannot be merged at once, only {MOST_RUNS}.")
    sources, runs = [_Run(read, chunk, allocate) for read in reads], (RunStruct * count)()
    output, room = Growing(allocate), chunk
    for source, run in zip(sources, runs, strict=True):
        source.fill(run)
    while True:
        out, size, full = output.at_least(room), c_uint64(0), c_int(0)
        lacking = kernel().merge_runs(runs, count, whole, out.address, out.size, byref(size), byref(full))
        if size.value:
            yield out.view[: size.value]
        room = 2 * out.size if full.value and not size.value else chunk
        if lacking < count:
            sources[lacking].fill(runs[lacking])
        elif not full.value:
            return


def both(mask: bytes, given: bytes) -> int:
    """How many bytes are 1 in both."""
    both = int.from_bytes(mask, "little") & int.from_bytes(given, "little")
    return both.to_bytes(max(len(mask), len(given)), "little").count(1)
