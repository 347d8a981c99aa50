"""A join with a second file whose index does not fit the memory: all keys first, then what was found, record by record.

The keys of a range's records, with their rows, are spread by the partitions of the index (`spill.key_files`). Answered
partition by partition they meet one part of the index after the other, so each part comes into memory once. The answers
of a partition are in the order of the rows, and so all partitions are read side by side as the records come again.

Memory: a piece of each partition's answers, and the answers to one batch of records, or to a part of it. Disk: 24
bytes for each key, then 16 for each record with a match and its texts; an answer of more than
`native.answering.LONGEST` bytes only says where its texts are.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from csvapi.csvio.disk import disk_budget, write_all
from csvapi.native.answering import NO_MORE_BYTES, NO_ROOM, Taking, picked
from csvapi.native.joining import Found
from csvapi.native.memory import Growing, Memory
from csvapi.spill.key_files import key_file, stretches
from csvapi.spill.native_index import Matches, Pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from csvapi.spill.native_index import NativeHashIndex, RemoteIndex

_WINDOW = 1 << 15  # bytes of a file that are read at once
_AHEAD = 1 << 16  # rows to which answers are taken together, at most
_LEAST = 1 << 20  # bytes of texts that are held in any case
_SHARE = 8  # part of the budget that the texts for a batch may take


def answer_file(workspace: Path, step: int, number: int, partition: int) -> Path:
    """Where the answers to the keys of a step are, for one range and partition."""
    return workspace / f"answers-{step}-{number}-{partition}"


def write_answers(
    index: NativeHashIndex,
    workspace: Path,
    step: int,
    number: int,
    partition: int,
    most: int,
    heartbeat: Callable[[], None],
) -> None:
    """Answer the keys of a range and partition, of which the file goes: with at most `most` texts each."""
    keys = key_file(workspace, step, number, partition)
    with answer_file(workspace, step, number, partition).open("wb", buffering=0) as file:
        for asked in stretches(keys):
            for answers in index.answer(asked, most):
                with disk_budget(len(answers)):
                    write_all(file, answers)
                heartbeat()
    keys.unlink()


class Answers(AbstractContextManager["Answers"]):
    """The answers to the keys of one range; its records come in the order of their rows, each once."""

    def __init__(
        self, index: NativeHashIndex | RemoteIndex, workspace: Path, step: int, number: int, memory: int
    ) -> None:
        self._index = index
        self._pieces = [_Piece(answer_file(workspace, step, number, each)) for each in range(index.partitions)]
        self._taking = Taking(max(memory // _SHARE, _LEAST))
        self._pages = Pages([], memory)
        self._memories = [Growing(Memory) for _ in range(4)]
        self._out = Growing(Memory)
        self._rows, self._ahead = range(0), _AHEAD
        self._taken = self._room(0)
        self._origin = 0

    def __exit__(self, *_: object) -> None:
        for piece in self._pieces:
            piece.close()

    def found(self, rows: Sequence[int]) -> Found:
        """For records in these rows, whether something matches."""
        found = Found.of(len(rows), *self._memories[2:])
        for _ in self._parts(rows, found):
            pass
        return found

    def matches(self, rows: Sequence[int]) -> Iterator[Matches]:
        """For records in these rows, some at a time, what matches them; each is valid up to the next one.

        Of one record that has too much to be held, what matches it is found in the index.
        """
        found = Found.of(len(rows), *self._memories[2:])
        for records in self._parts(rows, found):
            if self._taking.referred is None:
                yield Matches(records, found, self._taking.lookup, self._pages, self._out)
            else:
                assert self._index.of is not None  # noqa: S101  a pass that looks up has set it
                yield self._index.of(self._origin).matches_of(records, found)

    def _parts(self, rows: Sequence[int], found: Found) -> Iterator[range]:
        """Say what matches some of the records at a time; gives their numbers."""
        start = 0
        while start < len(rows):
            if rows[start] not in self._rows:
                self._take_from(rows[start])
            stop = bisect_left(rows, self._rows.stop, start)
            first = self._rows.start
            some = rows[start:stop]
            numbers = (
                range(some.start - first, some.stop - first)
                if isinstance(some, range)
                else [row - first for row in some]
            )
            found.matched += picked(self._taken, numbers, found, start)
            yield range(start, stop)
            start = stop

    def _room(self, count: int) -> Found:
        return Found.of(count, *self._memories[:2])

    def _take_from(self, row: int) -> None:
        """Take the answers to the rows from this one on: to many or, where there is no room for all, to fewer."""
        self._ahead = min(2 * self._ahead, _AHEAD)
        while self._ahead > (less := self._take(range(row, row + self._ahead))):
            self._ahead = less

    def _take(self, rows: range) -> int:
        """Take the answers to these rows and give how many they are, or to how many they should be."""
        self._rows, self._taken = rows, self._room(len(rows))
        self._taking.begin(rows, self._taken)
        ends = []
        for number, piece in enumerate(self._pieces):
            before = self._taking.referred
            end, state = piece.taken(self._taking)
            if self._taking.referred != before:
                self._origin = number  # of the partition in which the first one is that is referred to
            if state == NO_ROOM:
                return max(1, len(rows) // 2)
            ends.append(end)
        referred = self._taking.referred
        if referred is not None and len(rows) > 1:
            return max(1, referred - rows.start)
        for piece, end in zip(self._pieces, ends, strict=True):
            piece.next = end
        return len(rows)


class _Piece:
    """A file of answers, of which byte `next` is the first that is not taken."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.next = self._start = 0
        self._data = b""

    def taken(self, taking: Taking) -> tuple[int, int]:
        """Take what can be taken; gives where it ends, and why."""
        at = self.next
        if not self._start <= at < self._start + len(self._data):
            self._read(at, _WINDOW)
        while True:
            done, state = taking.take(self._data, at - self._start)
            left, at = len(self._data) - done, self._start + done
            if state != NO_MORE_BYTES:
                return at, state
            self._read(at, left + _WINDOW)
            if len(self._data) == left:
                return at, state

    def _read(self, start: int, size: int) -> None:
        self._start, self._data = start, os.pread(self._file.fileno(), size, start)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
