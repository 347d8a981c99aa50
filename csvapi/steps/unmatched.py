"""The records of a second file that no record of the first one matches: the last part of a full join."""

from __future__ import annotations

import pickle
from array import array
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING

from csvapi.csvio.disk import disk_budget
from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.rewriting import Rewriting
from csvapi.native.entries import Ranking, SharedMarks
from csvapi.native.keys import new_secret
from csvapi.native.rewriting import CellTexts
from csvapi.native.sorting import Strings
from csvapi.spill.native_index import empty_digest
from csvapi.spill.ranked_keys import RankedKeys, ranked
from csvapi.spill.record_sort import in_order
from csvapi.spill.shared_file import Shared, trimmer
from csvapi.steps.conditions import inverse
from csvapi.steps.growth import some
from csvapi.steps.lookup import Lookup
from csvapi.steps.mapping import Expander
from csvapi.steps.writing import Text, Written, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from csvapi.csvio.batch import Batch, Cell, Mask
    from csvapi.spill.external_sort import SortedRuns
    from csvapi.spill.record_sort import NativeSortedRuns
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.mapping import Records
    from csvapi.steps.step import Counts

_SECOND = 0  # the origin of the second file's records; those of the first have the number of their range, from 1
_FIRST_RANK, _SECOND_RANK = b"\0", b"\1"
_TEXTS = 32  # texts that are made of a record besides its cells, and what is kept of them meanwhile
_CELLS = 1 << 18  # cells that the kernel writes at once
_SHARE = 4  # part of the memory that marks may take while entries are merged


class Unmatched(Lookup, Written, Expander):
    """Sorts the keys of both files: those that only the second file has are then known, and it is read once more for
    their records.

    The second file is read three times. Memory: half the budget; the index has the other half. Disk: some 60 bytes for
    each key of the second file and each record of the first one that matches, and a byte for each record of the second
    one. Of a file that many machines share they find such records themselves, by `keys_of`, `alike` and
    `written`.
    """

    width: int

    def prepare(self, workspace: Workspace) -> Counts:
        """See `Behaviour.prepare`."""
        self.sorting = replace(workspace, memory=workspace.memory // 2)
        counts = super().prepare(self.sorting)
        if self.second.source.shared:
            return counts
        self.digested = new_secret() if workspace.native else None
        entries = RankedKeys(self.sorting, "full", _SECOND, self.digested)
        self.count = 0
        for batch in self._seconds(workspace):
            if (alike := self.alike(batch)) and self.digested:
                self._enter(entries, alike, self.right, _SECOND_RANK)
            else:
                for few in some(batch, _TEXTS + len(self.right)):
                    _add(entries, self.keys_of(few), few.rows, _SECOND_RANK)
            self.count += len(batch)
            workspace.heartbeat()
        self.others: SortedRuns | NativeSortedRuns = entries.finish(spill=True)
        return counts

    def _seconds(self, workspace: Workspace) -> Iterator[Batch]:
        return self.second.batches(native=workspace.native and self._rest is not None)

    def alike(self, batch: Batch) -> IndexedBatch | None:
        """A batch of the second file as the kernel takes its keys and cells, with the first file's delimiter and
        encoding; None where it has no way to it."""
        found = self.second_index.alike(batch) if self._rest else None
        if found is None or found.width != len(self.second.columns):
            return None
        return replace(found, byte_dialect=self.byte_dialect)

    @cached_property
    def _rest(self) -> Rewriting | None:
        """Writes records of the second file as those of the result; None where only Python makes their keys. A column
        beyond those of the second file is empty."""
        if self.ignore or len({*self.right}) < len(self.right):
            return None
        keys, blank = dict(zip(self.left, self.right, strict=True)), len(self.second.columns)
        own = [keys.get(at, blank) for at in range(self.width)]
        return Rewriting(self.byte_dialect, [*own, *self.taken], self.bound.limit)

    def keys_of(self, batch: Batch) -> list[bytes | None]:
        """The keys of records of the second file, None for one that nothing matches."""
        width = len(self.second.columns)
        fields = ([*batch.fields(number), *[None] * width] for number in range(len(batch)))
        return [self.second_index.key([each[at] for at in self.right]) for each in fields]

    def _enter(self, entries: RankedKeys, batch: IndexedBatch, columns: Sequence[int], rank: bytes) -> None:
        """Add the keys of a batch by the kernel, but empty ones."""
        assert self.digested  # noqa: S101  or there is no index
        digests, empty = batch.digests(columns, self.digested), empty_digest(batch, columns, self.digested)
        missing, _ = digests.count(empty, 0)
        ranking = Ranking(rank, bytes(len(batch.index)), Strings())
        entries.add_indexed(batch, ranking, digests.without(empty) if missing else digests)

    def written(self, batch: Batch, wanted: Mask, base: int = 0) -> Iterator[Text]:
        """The records of a batch of the second file whose byte is 1, as records of the result; `base` are the records
        before the range that it is of. Raises `TooLarge`."""
        alike, cells = self.alike(batch), self.width + len(self.taken)
        most = max(1, _CELLS // cells if alike else len(batch))
        for start in range(0, len(batch), most):
            count = wanted.count(1, start, start + most)
            mask = bytes(start) + wanted[start : start + most] + bytes(max(0, len(batch) - start - most))
            few = alike.select(mask) if alike and count else None
            blank = CellTexts(b"", memoryview(array("I", bytes(4 * count))))
            made = self._rest.of(few, [blank]) if few and self._rest else None
            if made:
                yield Text(self.byte_dialect, made.index.text, count)
            elif count:
                yield from self._by_python(batch.select(mask), base)

    def _by_python(self, batch: Batch, base: int) -> Iterator[Text]:
        """The same of all records of a batch."""
        places = dict(zip(self.left, self.right, strict=True))
        for few in some(batch, _TEXTS + len(self.after.columns)):
            lines: list[bytes] = []
            for number, row in enumerate(few.rows):
                fields: list[Cell] = [*few.fields(number)]
                fields += [None] * (len(self.second.columns) - len(fields))
                cells = self.second.into(self.byte_dialect, fields)
                own = [cells[places[at]] if at in places else b"" for at in range(self.width)]
                made = [*own, *(cells[at] for at in self.taken)]
                with self.second.blamed():
                    self.bound.check(sum(map(len, made)) + len(made), base + row)
                    lines.append(records([made], self.byte_dialect)[0])
            yield Text.of(self.byte_dialect, lines)

    @contextmanager
    def in_range(self, workspace: Path, step: int, number: int) -> Iterator[None]:
        """See `Behaviour.in_range`: leaves the keys of the range on disk, since each range may have its process."""
        if self.second.source.shared:
            with super().in_range(workspace, step, number):
                yield
            return
        self.mine = RankedKeys(self.sorting, "full", number + 1, self.digested)
        with super().in_range(workspace, step, number):
            yield
        data = pickle.dumps(self.mine.finish(spill=True))
        with disk_budget(len(data)):
            self._left(number).write_bytes(data)

    def _left(self, number: int) -> Path:
        return self.sorting.folder / f"full-keys-{number}"

    def note(self, batch: Batch) -> None:
        """Add the keys of records of the first file, of those that match where that is known."""
        if self.second.source.shared:
            return
        if self.digested and self.finds(batch):
            if not self.answers:
                found = self._native.find_batch(batch, self.left, places=False)
                batch = batch.select(batch.packed(found.answered))
            self._enter(self.mine, batch, self.left, _FIRST_RANK)
            return
        for few in some(batch, _TEXTS + len(self.left)):
            _add(self.mine, self._keys(few), few.rows, _FIRST_RANK)

    def more(self) -> Iterator[Records]:
        """See `Headed.more`."""
        if self.second.source.shared:
            return
        parts, number = [self.others], 0
        while (left := self._left(number)).exists():
            parts.append(pickle.loads(left.read_bytes()))  # noqa: S301  we wrote it ourselves
            left.unlink()
            number += 1
        if self.context.partial:
            return
        path, start = self.sorting.folder / "full-marks", 0
        with closing(Shared(path, self.count)) as marks:
            path.unlink()
            trim = trimmer([marks], self.sorting.memory // _SHARE)
            self._mark(parts, marks, trim)
            for batch in self._seconds(self.sorting):
                yield from self.written(batch, inverse(bytes(marks.view[start : start + len(batch)])))
                start += len(batch)
                trim()

    def _mark(self, parts: Sequence[SortedRuns | NativeSortedRuns], marks: Shared, trim: Callable[[], None]) -> None:
        """Mark the records of the second file whose key the first one has."""
        if self.digested:
            with closing(SharedMarks(marks.view)) as shared:
                for entries in in_order(parts, self.sorting):
                    shared.add(entries)
                    trim()
            return
        last = b""
        for digest, origin, row, _ in ranked(parts, self.sorting):
            if origin != _SECOND:
                last = digest
            elif digest == last:
                marks.view[row] = 1
                trim()


def _add(entries: RankedKeys, keys: Sequence[bytes | None], rows: Sequence[int], rank: bytes) -> None:
    """Add keys in some rows, but absent and empty ones."""
    there = [key is not None for key in keys]
    made = [key for key in keys if key is not None]
    entries.add(made, [rank] * len(made), list(compress(rows, there)))
