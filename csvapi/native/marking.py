"""Entries of a range as they go to another machine, and which of its records go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.native.library import kernel
from csvapi.native.memory import Allocate, Growing, Memory, readable, writable
from csvapi.native.partitions import ENTRY

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

SHORT = 20  # bytes of an entry: a digest, and a row of its range as a native number of 4 bytes
ROW, PLACE = 4, 8  # bytes of a row of a range, and of one of the file


def shortened(entries: memoryview, out: Growing) -> memoryview:
    """Short forms of entries, valid until the memory is used again. Raises `ValueError` for a row that needs more than
    4 bytes."""
    count = entries.nbytes // ENTRY
    memory = out.at_least(SHORT * count)
    given = readable(entries, ENTRY * count, "entries", item=8)
    if kernel().shorten_entries(given, count, memory.address) < count:
        raise ValueError("A range has more records than their numbers can count.")
    return memory.view[: SHORT * count]


class PartitionRows:
    """The records of one partition, `total` of them over all ranges, each range numbered from 0 on.

    If `placed`, it is also known where they are in the file, counted from 1.
    """

    def __init__(self, total: int, *, placed: bool, allocate: Allocate = Memory) -> None:
        self.total = total
        self._rows = allocate(ROW * total)
        self._places = allocate(PLACE * total) if placed else None
        self._entries, self._marked, self._leaders = Growing(allocate), Growing(allocate), Growing(allocate)

    def numbered(self, short: ReadableBuffer, at: int, before: int) -> memoryview:
        """Entries for the short ones of a range, before which there are `at` records of the partition and `before` of
        the file. Valid until the next call."""
        count = memoryview(short).nbytes // SHORT
        self._check(at, count)
        out = self._entries.at_least(ENTRY * count)
        kernel().number_entries(
            readable(short, SHORT * count, "short"),
            count,
            before + 1,
            out.address,
            self._rows.address + ROW * at,
            None if self._places is None else self._places.address + PLACE * at,
        )
        return out.view[: ENTRY * count]

    def marked(
        self, decisions: ReadableBuffer, kept: ReadableBuffer | None, at: int, stop: int
    ) -> tuple[memoryview, memoryview]:
        """Of the records number `at` to `stop` those that go: their rows, and where they are placed the rows in the
        file of those that stay for them. Valid until the next call.

        `decisions` has a byte for each record of the partition, `kept` 8 with the number of the one that stays for it.
        """
        self._check(at, stop - at)
        rows, leaders = self._marked.at_least(ROW * (stop - at)), self._leaders.at_least(PLACE * (stop - at))
        stays = None
        if self._places is not None and kept is not None:
            stays = readable(memoryview(kept)[PLACE * at : PLACE * stop], PLACE * (stop - at), "kept", item=8)
        count = kernel().put_marked(
            self._rows.address + ROW * at,
            readable(memoryview(decisions)[at:stop], stop - at, "decisions"),
            stays,
            stop - at,
            self._places.address if self._places else None,
            self.total,
            rows.address,
            leaders.address if stays else None,
        )
        return rows.view[: ROW * count], leaders.view[: PLACE * count if stays else 0]

    def _check(self, at: int, count: int) -> None:
        if not 0 <= at <= at + count <= self.total:
            raise ValueError(f"There are no records {at} to {at + count} of {self.total}.")


def mark(
    rows: ReadableBuffer,
    code: int,
    decisions: WriteableBuffer,
    leaders: ReadableBuffer | None = None,
    kept: WriteableBuffer | None = None,
) -> None:
    """Give the records in these rows a decision and, in `kept`, the row of the one that stays for them.

    Raises `ValueError` for a row that has no byte in `decisions`.
    """
    count, records = memoryview(rows).nbytes // ROW, memoryview(decisions).nbytes
    done = kernel().mark_rows(
        readable(rows, ROW * count, "rows", item=ROW),
        None if leaders is None else readable(leaders, PLACE * count, "leaders", item=PLACE),
        count,
        code,
        writable(decisions, records, "decisions"),
        None if kept is None or leaders is None else writable(kept, PLACE * records, "kept", item=PLACE),
        records,
    )
    if done < count:
        raise ValueError("A row is marked that there is not.")
