"""Which records repeat a key: a hash table of digests, one partition at a time."""

from __future__ import annotations

from ctypes import byref, c_uint64
from typing import TYPE_CHECKING, Literal

from csvapi.native.library import kernel
from csvapi.native.memory import in_large_pages, readable, writable
from csvapi.native.partitions import ENTRY

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

SLOT = 24  # bytes of a slot of the table
_FULL = 4, 5  # of the slots, so many at most are taken
BYTES_PER_KEY = 30  # of the table: a slot, and those that stay free
_LITTLE = 16  # part of the slots


class Resolver:
    """Decides about entries that are given in the order of their rows; for `keep` last, in the reverse order.

    `most` distinct keys of a partition fit into the table. A record that is dropped gets `code` in `decisions`, which
    has a byte for each record; in `repeated`, 8 bytes each, the row of the one it repeats, from 1.
    """

    def __init__(
        self,
        keep: Literal["first", "last", "none"],
        code: int,
        most: int,
        decisions: WriteableBuffer,
        repeated: WriteableBuffer | None,
    ) -> None:
        self.keep, self.code, self.most = keep, code, most
        self.rows = memoryview(decisions).nbytes
        self._decisions = writable(decisions, self.rows, "decisions")
        self._repeated = None if repeated is None else writable(repeated, 8 * self.rows, "repeated", item=8)
        self._capacity = most * _FULL[1] // _FULL[0] + 2
        self._table, self._used = in_large_pages(SLOT * self._capacity), c_uint64(0)

    def close(self) -> None:
        """Release the memory that the caller gave."""
        self._decisions = self._repeated = None

    def begin(self) -> None:
        """Forget the keys of the partition before.

        A table of which little was used is given back to the system: to clear it would bring all of it into memory.
        """
        used = self._used.value
        if used * _LITTLE < self._capacity:
            self._table.forget()
        elif used:
            self._table.clear(SLOT * self._capacity)
        self._used.value = 0

    def decide(self, entries: ReadableBuffer, base: int) -> int | None:
        """Decide about some entries, after adding `base` to their rows. Returns how many records are dropped; None if
        there are more keys than fit."""
        count, dropped = memoryview(entries).nbytes // ENTRY, c_uint64(0)
        done = kernel().resolve(
            readable(entries, ENTRY * count, "entries", item=8),
            count,
            self.keep == "last",
            self.keep == "none",
            self._table.address,
            self._capacity,
            self.most,
            byref(self._used),
            self.code,
            self._decisions,
            self._repeated,
            self.rows,
            base,
            byref(dropped),
        )
        return dropped.value if done == count else None
