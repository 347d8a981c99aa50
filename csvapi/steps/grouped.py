"""Records by groups: what is known of each group while they are read, on disk beyond the memory, and put together.

A group has a key, made of cells of its records, the place of its first record, and the states of its aggregates. What
takes more than a quarter of the memory is written in the order of the keys, and begun anew; at the end the parts of a
group, which then follow each other, are merged. The different values of a `count_distinct` are written one by one after
their group, in order, so that however many they are none has to be remembered but the last.
"""

from __future__ import annotations

import marshal
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import localcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any

from csvapi.native.figures import HASH, hashes
from csvapi.spill.record_sort import pairs, sorter
from csvapi.steps.aggregates import EACH, CountDistinct
from csvapi.steps.exact_sums import SUM
from csvapi.steps.gathering import Gathering
from csvapi.steps.group_keys import key_order, keys_of
from csvapi.steps.growth import batches, parts_of_batch
from csvapi.steps.native_figures import NativeFigures
from csvapi.steps.sort_keys import text_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from csvapi.csvio.batch import Batch
    from csvapi.spill.external_sort import SortedRuns
    from csvapi.spill.record_sort import NativeSortedRuns
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.aggregates import Aggregate
    from csvapi.steps.gathering import Part
    from csvapi.steps.group_keys import Key
    from csvapi.steps.group_values import Source
    from csvapi.steps.growth import Bound
    from csvapi.steps.remarks import Remark

SHARE = 4  # of the memory: a part for groups, one for what is put in order, one for what is made of it
_GROUP = 300  # bytes of memory for a group besides its key and its states
TAG = 2  # bytes behind a key: 0 for states, else the number of the aggregate whose value follows, from 1
_MARSHAL = 2  # the version that writes plain values with the least ado
_RANGE = 48  # bits of a record's row; above them is the number of its range


@dataclass
class Grouping:
    """What is made of which records: `positions` are the columns of each part of a key (see `group_keys`). `met` counts
    the records, if it is there."""

    positions: Sequence[Sequence[int]]
    sources: Sequence[Source]
    aggregates: Sequence[Aggregate]
    bound: Bound
    delimiter: bytes
    met: Remark | None = None

    @property
    def width(self) -> int:
        """How many cells of a record are looked at."""
        return sum(map(len, self.positions)) + len(self.sources)

    def see(self, batch: Batch) -> None:
        """Count the records; the first of all is the one that is shown."""
        if self.met:
            self.met.add(len(batch), len(batch), [] if self.met.seen.spots else [(row, None) for row in batch.rows[:1]])

    @cached_property
    def native(self) -> NativeFigures | None:
        """How the kernel makes them; None where it does not."""
        return NativeFigures.of(self.sources, self.aggregates)


@dataclass(slots=True)
class GroupState:
    """The order of the group's first record, and the state of each aggregate, None without a value."""

    first: int
    states: list[Any]

    def row(self, parts: Sequence[Part]) -> int:
        """The row of the first record in the file, from 0."""
        return row_of(parts, self.first)

    def packed(self, aggregates: Sequence[Aggregate]) -> bytes:
        """All of it as bytes for `unpacked`."""
        each = zip(aggregates, self.states, strict=True)
        states = [None if state is None else which.pack(state) for which, state in each]
        return marshal.dumps((self.first, states), _MARSHAL)

    @classmethod
    def unpacked(cls, data: bytes, grouping: Grouping) -> GroupState:
        """What `packed`, or the kernel, made bytes of."""
        if grouping.native and not data[0]:
            return cls(*grouping.native.states(data))
        first, states = marshal.loads(data)  # noqa: S302  we wrote it ourselves
        each = zip(grouping.aggregates, states, strict=True)
        return cls(first, [None if state is None else which.unpack(state) for which, state in each])

    def cells(self, aggregates: Sequence[Aggregate]) -> list[bytes]:
        """What is written of each aggregate."""
        each = zip(aggregates, self.states, strict=True)
        return [which.none() if state is None else which.cell(state) for which, state in each]

    def merge(self, later: GroupState, grouping: Grouping, parts: Sequence[Part]) -> None:
        """Add what is known of other records: of later ones, unless the kernel makes all the aggregates.

        Raises `TooLarge` when that is more than a record may have.
        """
        size, self.first = 0, min(self.first, later.first)
        with localcontext(SUM):
            for number, which in enumerate(grouping.aggregates):
                mine, more = self.states[number], later.states[number]
                if more is not None:
                    self.states[number] = more if mine is None else which.merge(mine, more)
                size += which.size(self.states[number]) if self.states[number] is not None else 0
        if size > grouping.bound.limit:
            grouping.bound.check(size, self.row(parts))


class GroupedRange(Gathering):
    """The groups of one range. Memory: a quarter of the workspace's for them, and one for what is put in order."""

    def __init__(self, grouping: Grouping, workspace: Workspace, number: int) -> None:
        self.grouping, self.workspace, self.base = grouping, workspace, number << _RANGE
        self.runs = sorter(replace(workspace, memory=workspace.memory // SHARE), f"groups-{number}")
        self.groups: dict[Key, GroupState] = {}
        self.size = 0

    def add(self, batch: Batch, line: Callable[[int], int]) -> None:
        """See `Gathering.add`."""
        self.grouping.see(batch)
        self.take(batch)

    def take(self, batch: Batch, *, asks: bool = True) -> None:
        """Take records; with `asks`, count the cells without a value."""
        for part in parts_of_batch(batch, self.grouping.width):
            with localcontext(SUM):
                self._fold(part, asks=asks)
            if self.size > self.workspace.memory // SHARE:
                self._write()
            self.workspace.heartbeat()

    def _fold(self, part: Batch, *, asks: bool) -> None:
        columns = [source.of(part, self.base, asks=asks) for source in self.grouping.sources]
        numbered = [(number, which, which.source) for number, which in enumerate(self.grouping.aggregates)]
        for key, places in self._places(part).items():
            states = self._group(key, part.rows[places[0]]).states
            there = [column.among(places) for column in columns]
            for number, which, source in numbered:
                if there[source]:
                    states[number] = which.fold(states[number], there[source], columns[source])
        for which in self.grouping.aggregates:
            self.size += which.grown
            which.grown = 0

    def _places(self, part: Batch) -> dict[Key, list[int]]:
        """The places of each group's records."""
        keys = keys_of(part, self.grouping.positions, self.grouping.delimiter)
        if keys is None:
            return {b"": list(range(len(part)))}
        found: dict[Key, list[int]] = defaultdict(list)
        for place, key in enumerate(keys):
            found[key].append(place)
        return found

    def _group(self, key: Key, row: int) -> GroupState:
        found = self.groups.get(key)
        if found is None:
            count = len(self.grouping.aggregates)
            found = self.groups[key] = GroupState(self.base + row, [None] * count)
            self.size += _GROUP + EACH * count + (len(key) if isinstance(key, bytes) else sum(map(len, key)))
        return found

    def _write(self) -> None:
        """Put what is known of the groups into the runs, some of them at a time."""
        for keys, records in batches(self._entries(), self.workspace.memory // SHARE):
            self.runs.add(keys, records)
            self.workspace.heartbeat()
        self.groups.clear()
        self.size = 0

    def _entries(self) -> Iterator[tuple[bytes, bytes]]:
        """For each group its states, and the values that are to be counted."""
        distinct = [at for at, which in enumerate(self.grouping.aggregates) if isinstance(which, CountDistinct)]
        for (key, group), before in zip(self.groups.items(), self._before(), strict=True):
            prefix = before + key_order(key)
            for at in distinct:
                tag = (at + 1).to_bytes(TAG)
                yield from ((prefix + tag + text_key(value), b"") for value in group.states[at] or ())
                group.states[at] = None
            yield prefix + bytes(TAG), group.packed(self.grouping.aggregates)

    def _before(self) -> Sequence[bytes]:
        """What stands before the keys of the groups, in their order: see `native.figures`."""
        if not self.workspace.native:
            return [b""] * len(self.groups)
        return hashes([key if isinstance(key, bytes) else key[0] for key in self.groups])

    def close(self) -> SortedRuns | NativeSortedRuns:
        """See `Gathering.close`: the groups in the order of their keys."""
        self._write()
        if self.workspace.shared:
            self.runs.spill()
        return self.runs


def row_of(parts: Sequence[Part], order: int) -> int:
    """The row in the file, from 0, of the record of that order."""
    return _range(parts, order >> _RANGE).rows + (order & ((1 << _RANGE) - 1))


def _range(parts: Sequence[Part], number: int) -> Part:
    """What the range of that number gathered."""
    for place in (number, number - 1):  # on a cluster they begin with 1
        if place < len(parts) and parts[place].number == number:
            return parts[place]
    return next(part for part in parts if part.number == number)


def grouped(parts: Sequence[Part], grouping: Grouping, workspace: Workspace) -> Iterator[tuple[bytes, GroupState]]:
    """Each group of all ranges once, by what `group_keys.key_order` makes of its key, in the order of that.

    Memory: a quarter of the workspace's, and a group. Raises `TooLarge` for a group that no record can hold.
    """
    group, prefix, last = GroupState(0, []), b"", b""
    before = HASH if workspace.native else 0
    runs = [part.state for part in parts]
    for key, record in pairs(runs, replace(workspace, memory=workspace.memory // SHARE)):
        if not prefix or not key.startswith(prefix):
            if prefix:
                yield prefix[before:], group
            prefix, group = key[:-TAG], GroupState.unpacked(record, grouping)
        elif record:
            group.merge(GroupState.unpacked(record, grouping), grouping, parts)
        elif key != last:
            at = int.from_bytes(key[len(prefix) : len(prefix) + TAG]) - 1
            group.states[at], last = (group.states[at] or 0) + 1, key
    if prefix:
        yield prefix[before:], group
