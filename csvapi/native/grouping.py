"""How often each value occurs: turns counts that arrive in the order of their values into lines that can be sorted by
count.

A count in a block is an item whose key orders as the value does (`steps.sort_keys.text_key`), and whose record is the
count in eight bytes, the lowest first.
"""

from __future__ import annotations

from array import array
from ctypes import byref, c_int
from enum import IntEnum
from itertools import accumulate
from typing import TYPE_CHECKING

from csvapi.native.library import kernel
from csvapi.native.memory import Allocate, Growing, Memory, readable
from csvapi.native.structures import GroupStruct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.native.profiling import ValueCounter
    from csvapi.native.sorting import Block

_KEY_END = b"\0\0"
_SHORT = 256  # bytes of a key


class Stop(IntEnum):
    """Why `Groups.add`, or `GroupLines.add`, stopped."""

    END = 0
    FULL = 1  # the block has no room
    ODD = 2  # the value at hand is for Python to write
    OPEN = 4  # what follows may belong to the group at hand


def put_counts(counter: ValueCounter, block: Block, start: int = 0) -> int:
    """Put counted values from number `start` on into a block. Returns the number of the first that does not fit."""
    if not 0 <= start <= len(counter):
        raise ValueError(f"There is no value {start} among {len(counter)}.")
    return int(kernel().put_counts(byref(counter.structure), start, byref(block.structure)))


class Groups:
    """Adds up the counts of each value, and makes its line: the value, and what `ends` has for its count, from 1 on.

    A value with a byte of `special`, or with a greater count, is left to the caller: see `add`. Memory: the longest
    value.
    """

    def __init__(self, special: bytes, ends: Sequence[bytes], allocate: Allocate = Memory) -> None:
        self._key = Growing(allocate)
        key = self._key.at_least(_SHORT)
        self._ends, self._offsets = b"".join(ends), array("I", accumulate(map(len, ends), initial=0))
        self._group = GroupStruct(key.address, key.size)
        self._group.ends, self._group.offsets = self._ends, self._offsets.buffer_info()[0]
        self._group.known = len(ends)
        for byte in {*special, 0}:
            self._group.special[byte >> 6] |= 1 << (byte & 63)

    @property
    def lines(self) -> int:
        """How many lines were put into a block."""
        return int(self._group.groups)

    def add(self, items: bytes | memoryview, block: Block, start: int = 0, *, final: bool = False) -> tuple[int, Stop]:
        """Take sorted items (see `Block.sorted`), from byte `start` on, of which each is whole; `final` ends the last
        value. Lines go into the block, with keys by which greater counts come first.

        Returns the byte where it stopped, and why. After `FULL`, go on with a block that has room; after `ODD`, once
        the value is taken by `odd`.
        """
        size, why = memoryview(items).nbytes, c_int(0)
        while True:
            start = kernel().put_groups(
                readable(items, size, "items"),
                size,
                start,
                final,
                byref(self._group),
                byref(block.structure),
                byref(why),
            )
            if why.value <= Stop.ODD:
                return start, Stop(why.value)
            key = self._key.at_least(int.from_bytes(items[start : start + 4], "little"))  # nothing is in it
            self._group.key, self._group.room = key.address, key.size

    def odd(self) -> tuple[bytes, int]:
        """The value that was left to the caller, and its count; `add` goes on after it."""
        size = int(self._group.size)
        text = bytes(self._key.at_least(size).view[: max(0, size - len(_KEY_END))])
        self._group.size = 0
        return text.replace(b"\0\xff", b"\0"), int(self._group.count)
