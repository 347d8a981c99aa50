"""What a second file has for records that asked by a digest, in the order of their rows; see `native.joining`."""

from __future__ import annotations

from array import array
from ctypes import byref, c_uint64
from typing import TYPE_CHECKING

from csvapi.native.joining import LENGTH, PLACE, Found, Lookup
from csvapi.native.library import SLACK, kernel
from csvapi.native.memory import Allocate, Memory, readable
from csvapi.native.partitions import ENTRY
from csvapi.native.structures import TakenStruct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import ReadableBuffer

LONGEST = 1 << 16  # bytes of texts in one answer; of longer ones it says only where they are
_BESIDES = 32  # bytes of an answer besides its texts, or without them
_TOGETHER = 1 << 20
_NONE = (1 << 64) - 1
_EACH = 16  # bytes of texts for which there is an entry, about
NO_MORE_BYTES, LATER_ROW, NO_ROOM = range(3)


class Answering:
    """Writes answers to entries, whose rows say who asks: at most `most` texts each, and `longest` bytes of them.

    Raises `ValueError` for more than `LONGEST`, and where there is not the `room` for one answer.
    """

    def __init__(
        self,
        lookup: Lookup,
        most: int,
        *,
        longest: int = LONGEST,
        room: int = _TOGETHER,
        allocate: Allocate = Memory,
    ) -> None:
        if not 0 <= longest <= min(LONGEST, room - _BESIDES) or most < 1:
            raise ValueError(f"An answer has at most {LONGEST} bytes, and one text or more, not {longest} and {most}.")
        self._lookup, self._most, self._longest, self._out = lookup, most, longest, allocate(room)

    def answer(self, asked: ReadableBuffer) -> tuple[memoryview, int]:
        """The answers to some of these entries, from the first one on, up to the next call; and how many these are."""
        count, written = memoryview(asked).nbytes // ENTRY, c_uint64(0)
        done = kernel().put_answers(
            byref(self._lookup.structure),
            readable(asked, ENTRY * count, "asked", item=8),
            count,
            self._most,
            self._longest,
            self._out.address,
            self._out.size,
            byref(written),
        )
        return self._out.view[: written.value], int(done)


class Taking:
    """Takes answers for rows that lie together, in any pieces: into `room` bytes of texts, at least the `longest`.

    `begin` says for which rows, and where it is noted what matches them: the places there are of entries of `lookup`;
    or, for a row that is `referred` to, of those of the one that answered.
    """

    def __init__(self, room: int, *, longest: int = LONGEST, allocate: Allocate = Memory) -> None:
        if room < longest:
            raise ValueError(f"There must be room for {longest} bytes, not for {room}.")
        self._texts = allocate(room + SLACK)
        self._most = max(room // _EACH, longest // LENGTH, 1)
        self._entries = allocate(ENTRY * self._most)
        self.lookup = Lookup(self._entries, allocate(8 * 3), self._texts, 1)
        self._taken = TakenStruct()

    def begin(self, rows: range, found: Found) -> None:
        """Forget what was taken. Raises `ValueError` where `found` is not about as many records."""
        if found.places is None or len(rows) != found.count:
            raise ValueError(f"There must be room for {len(rows)} records and places.")
        self._rows, self._answers, self._places = rows, found.answers, found.places
        self._taken = TakenStruct(referred=_NONE)
        self._answers.clear(len(rows))
        self._places.clear(PLACE * len(rows))

    def take(self, answers: bytes, start: int) -> tuple[int, int]:
        """Take answers from byte `start` on; gives where the next one begins, and why it was not taken."""
        taken = kernel().take_answers(
            readable(memoryview(answers)[start:], len(answers) - start, "answers"),
            len(answers) - start,
            self._rows.start,
            len(self._rows),
            self._answers.address,
            self._places.address,
            self._entries.address,
            self._most,
            self._texts.address,
            self._texts.size - SLACK,
            byref(self._taken),
        )
        return start + int(taken), int(self._taken.state)

    @property
    def referred(self) -> int | None:
        """The first of the rows of which an answer says only where its texts are; None without one."""
        return None if self._taken.referred == _NONE else int(self._taken.referred)


def picked(found: Found, numbers: Sequence[int], to: Found, at: int) -> int:
    """Copy what is known of the records with these numbers, for others from number `at` on; how many have matches."""
    assert found.places is not None  # noqa: S101  asked for
    assert to.places is not None  # noqa: S101  asked for
    if isinstance(numbers, range):
        answers = bytes(found.answers.view[numbers.start : numbers.stop])
        places = bytes(found.places.view[PLACE * numbers.start : PLACE * numbers.stop])
    else:
        pairs = found.places.view[: PLACE * found.count].cast("Q")
        places = array("Q", [place for each in numbers for place in (pairs[2 * each], pairs[2 * each + 1])]).tobytes()
        answers = bytes(map(found.answers.view.__getitem__, numbers))
    to.answers.view[at : at + len(answers)] = answers
    to.places.view[PLACE * at : PLACE * at + len(places)] = places
    return answers.count(1)
