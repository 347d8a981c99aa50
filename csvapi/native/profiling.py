"""What a column holds: its values with how often each occurs, or counts, extremes and sums of very many of them."""

from __future__ import annotations

from array import array
from ctypes import byref
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from csvapi.native.keys import secret_of
from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import Allocate, Memory, readable, writable
from csvapi.native.structures import CounterStruct, KindStruct, SummaryStruct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.native.buckets import BucketTable
    from csvapi.native.index import RecordIndex

REGISTERS = 1 << 14
NONE = 0xFFFFFFFF  # no record
_VALUE, _TEXT = 32, 32  # bytes of a value, and those of its text for which there is room
_SPARE = 2  # slots for a value
_BYTES = 256
EACH = _VALUE + _TEXT + 4 * _SPARE  # bytes of memory for a value


@dataclass(frozen=True)
class Values:
    """The values of a column in the order in which they came, how often each occurred, and the empty cells."""

    texts: list[bytes]
    counts: list[int]
    empty: int


class ValueCounter:
    """Counts the values of one column, up to `most` different ones, in `EACH` bytes of memory for each.

    `secret` must not be known to whoever made the file, who could otherwise choose values that collide and make every
    look-up slow.
    """

    def __init__(self, most: int, secret: bytes, allocate: Allocate = Memory) -> None:
        if not 1 <= most < NONE // _TEXT:
            raise ValueError(f"There must be room for some values, not {most}.")
        self.most, self.secret = most, secret_of(secret)
        self._slots, self._values = allocate(4 * _SPARE * most), allocate(_VALUE * most)
        self._texts = allocate(_TEXT * most + SLACK)
        self._structure = CounterStruct(
            self._slots.address, self._values.address, self._texts.address, _SPARE * most, most, _TEXT * most
        )

    def __len__(self) -> int:
        return int(self._structure.used)

    def add(self, index: RecordIndex, column: int, mask: bytes | None = None, start: int = 0) -> int:
        """Count the cells of a column in the records of the mask from number `start` on.

        Returns the number of the record whose value has no room, or that of all records.
        """
        if not 0 <= start <= len(index):
            raise ValueError(f"There is no record {start} among {len(index)}.")
        return int(
            kernel().count_values(
                byref(index.structure),
                index.mask(mask),
                1,
                index.columns([column])[0],
                start,
                self.secret,
                index.scanner.scratch.at_least(index.size + SLACK).address,
                byref(self._structure),
            )
        )

    def records(self, known: int) -> Sequence[int]:
        """For each value after the first `known` ones, the number of the record that had it first, within its call."""
        return self._numbers("I", known)[6::8]

    @property
    def structure(self) -> CounterStruct:
        """As the kernel takes it."""
        return self._structure

    def set_count(self, number: int, count: int) -> None:
        """Set how often a value occurs."""
        if not 0 <= number < len(self):
            raise ValueError(f"There is no value {number} among {len(self)}.")
        self._values.view[_VALUE * number + 16 : _VALUE * number + 24] = count.to_bytes(8, "little")

    def taken(self) -> Values:
        """What was counted since the last call."""
        ends = [0, *self._numbers("I", 0)[7::8]]
        text = bytes(self._texts.view[: self._structure.size])
        texts, counts = [text[a:b] for a, b in pairwise(ends)], [*self._numbers("Q", 0)[2::4]]
        return Values(texts, counts, self.clear())

    def clear(self) -> int:
        """Forget what was counted. Returns how many cells were empty."""
        empty = int(self._structure.empty)
        self._slots.clear(self._slots.size)
        self._structure.used = self._structure.size = self._structure.empty = 0
        return empty

    def _numbers(self, kind: str, known: int) -> array[int]:
        return array(kind, bytes(self._values.view[_VALUE * known : _VALUE * len(self)]))


class Summary:
    """What is known of one column, whatever the number of its values; `found` is `summary` of the kernel.

    `ranks` are those of the 256 bytes in the order of texts, 0 for NUL; None where the order is that of the bytes.
    """

    def __init__(self, ranks: bytes | None = None) -> None:
        if ranks is not None and (len(ranks) != _BYTES or ranks[0]):
            raise ValueError("There must be 256 ranks, the first of them 0.")
        self.ranks = ranks
        self.found = SummaryStruct(0, 0, ((1 << 64) - 1, 0))

    def expect(self, texts: tuple[bytes, bytes]) -> None:
        """Name records only for texts that may be less than the first, or greater than the second of these."""
        for place, text in enumerate(texts):
            first = text[:8].translate(self.ranks).ljust(8, b"\0")
            self.found.first_bytes[place] = int.from_bytes(first)

    def add(
        self,
        index: RecordIndex,
        column: int,
        registers: bytearray,
        mask: bytes | None = None,
        limit: int = 0,
        spread: BucketTable | None = None,
    ) -> tuple[bytearray, bytearray]:
        """Add the cells of a column in the records of the mask, their numbers and moments to `spread`, too.

        Returns two bytes for each record: 1 where Python must say what kind of value its cell is, and where the hash of
        its cell (that of `raise_registers`) is below `limit`.
        """
        unknown, below = bytearray(len(index)), bytearray(len(index))
        room = index.size + SLACK
        kernel().summarise(
            byref(index.structure),
            index.mask(mask),
            1,
            index.columns([column])[0],
            index.scanner.scratch.at_least(2 * room).address,
            room,
            self.ranks,
            byref(self.found),
            writable(registers, REGISTERS, "registers"),
            writable(unknown, len(index), "unknown"),
            limit,
            writable(below, len(index), "below"),
            *_spreading(spread, len(index)),
        )
        return unknown, below

    def add_kinds(self, counter: ValueCounter, spread: BucketTable | None = None) -> bytearray:
        """Add what kinds of values were counted, and their numbers and moments to `spread`. Texts, empty cells and
        registers stay as they are.

        Returns a byte for each value: 1 where Python must say what kind it is.
        """
        unknown = bytearray(len(counter))
        kernel().summarise_values(
            byref(counter.structure),
            byref(self.found),
            writable(unknown, len(counter), "unknown"),
            *_spreading(spread, len(counter)),
        )
        return unknown

    def kinds(self) -> list[KindStruct]:
        """Of numbers by their decimals from none on, then of moments."""
        return list(self.found.kinds)


def _spreading(spread: BucketTable | None, values: int) -> tuple[Any, Any]:
    return (None, None) if spread is None else (byref(spread.structure), spread.losing(values))


def total(kind: KindStruct) -> int:
    """The sum of a kind's numbers."""
    return (int(kind.high) << 64) + int(kind.low)


def raise_registers(texts: Sequence[bytes], registers: bytearray) -> Sequence[int]:
    """Raise HyperLogLog's registers for some texts. Returns the hash of each, `steps.hyperloglog.hashed`."""
    lengths, hashes = array("Q", map(len, texts)), bytearray(8 * len(texts))
    kernel().raise_registers(
        b"".join(texts) + bytes(8),
        readable(lengths, 8 * len(texts), "lengths", item=8),
        len(texts),
        writable(registers, REGISTERS, "registers"),
        writable(hashes, 8 * len(texts), "hashes", item=8),
    )
    return array("Q", bytes(hashes))
