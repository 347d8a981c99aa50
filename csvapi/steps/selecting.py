"""Steps that decide which records stay: the records keep their bytes, the columns are the same after them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from csvapi.spill.ranked_keys import RankedKeys
from csvapi.steps.behaviour import Behaviour
from csvapi.steps.growth import some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from csvapi.csvio.batch import Batch, Mask
    from csvapi.spill.duplicates import Keep
    from csvapi.spill.key_files import KeySink
    from csvapi.spill.ranked_keys import Entry

SAMPLE = 10  # records of a keyed step that the receipt shows


class Student(Behaviour, ABC):
    """A selector, mapper or gatherer that decides only when it has been shown every record that reaches it.

    `Traits.studies` holds for it. It has a pass of its own for that, over the whole file in one range, in the process
    in which it decides later.
    """

    @abstractmethod
    def study(self, batch: Batch) -> None:
        """Look at some records; every record is shown once, in the order of the file. The batch is not to be kept."""

    def studied(self) -> None:
        """Called once after the last record, before any record is to be decided about."""


class Selector(Behaviour, ABC):
    """Decides batch by batch, in the order of the file. `reasons` must not be empty."""

    reasons: tuple[str, ...] = ("dropped",)

    @abstractmethod
    def keep(self, batch: Batch) -> Mask:
        """One byte for each record of the batch: 1 if it stays, else 0. Each record is asked about once."""

    def why(self, dropped: Batch) -> bytes:
        """One byte for each of these records: the position in `reasons`, from 0, of why it is dropped.

        They are the records that the last call of `keep` dropped, in their order. Called directly after `keep`, only if
        there are any and only in runs that explain or keep what they drop. By default it is the first reason for all.
        """
        return bytes(len(dropped))


class KeyedSelector(Behaviour, ABC):
    """Decides over the whole file: of the records with one key only one stays, or none (`Traits.keyed`).

    A pass collects the keys; then the engine finds out which are equal, by digests of 128 bits, and the next pass drops
    the records for `reasons[0]`. The keys of ranges are collected side by side, in a process each.

    retain   which record of those with one key stays: the "first", the "last", or "none" if there are several
    ranked   whether a rank decides instead; then `retain` is "first", and `rank` is called in place of `spill`
    grouped  whether `repeats` is the step's own, and not that of this class
    sampled  whether the number of different keys and some of them are in the receipt; see `sample`
    compared how many of the first records that stayed are to be compared with each other; see `folded`
    """

    reasons: tuple[str, ...] = ("duplicate",)
    retain: Keep
    ranked: bool = False
    grouped: bool = False
    sampled: bool = False
    compared: int = 0

    @abstractmethod
    def keys(self, batch: Batch) -> list[bytes]:
        """The key of each record of the batch (see `csvio.keys`)."""

    def spill(self, batch: Batch, sink: KeySink) -> None:
        """Give the keys of the records to the sink, each with its row. A record of which no key is given stays.

        By default all of `keys`, of a bounded number of records at a time. A class that knows a quicker way overrides
        this.
        """
        for part in some(batch, batch.width or 1):
            sink.add(self.keys(part), part.rows)
            self.heartbeat()

    def rank(self, batch: Batch, sink: RankedKeys) -> None:
        """Give the keys of the records to the sink, each with its rank and row; called if `ranked`. The record with the
        least rank stays, of equals the first one; and one of which no key is given."""
        raise NotImplementedError

    def give(self, batch: Batch, sink: KeySink | RankedKeys) -> None:
        """Give what decides about the records to whatever the engine has for it."""
        if isinstance(sink, RankedKeys):
            self.rank(batch, sink)
        else:
            self.spill(batch, sink)

    def repeats(self, entries: Iterator[Entry], bases: list[int]) -> Iterator[tuple[int, int, int]]:
        """The rows of the records that go, each with the one that stays for it and the number of its reason; called if
        `ranked`, with what `rank` gave of all ranges, by key and rank; a record whose key no other has may be missing.
        `bases` are the records before each range."""
        digest, leader = b"", 0
        for key, origin, row, _ in entries:
            if key == digest:
                yield bases[origin] + row, leader, 0
            else:
                digest, leader = key, bases[origin] + row

    def decided(self, goes: Callable[[int], bool]) -> None:
        """Called when all records are decided about, in the process that runs the stage; `goes(row)` says whether the
        record in that row of the file, from 0, repeats another one."""

    def folded(self, kept: Batch) -> list[bytes]:
        """For each of these records a short key that is equal for those that are nearly the same, an empty one where
        there is nothing to compare; called with the first `compared` records that stayed."""
        raise NotImplementedError

    def see_stayed(self, stayed: Sequence[tuple[int, bytes]]) -> None:
        """Called with these keys, each with its row in the file from 0, in the process that runs the stage."""

    def sample(self, kept: Batch) -> list[str]:
        """The first `SAMPLE` of these records as the receipt shows them; called if `sampled`, with those that
        stayed, until there are enough."""
        return []
