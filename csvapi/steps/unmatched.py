"""The records of a second file that no record of the first one matches: the last part of a full join."""

from __future__ import annotations

import pickle
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, groupby
from operator import itemgetter
from struct import Struct
from typing import TYPE_CHECKING

from csvapi.csvio.disk import disk_budget
from csvapi.native.keys import new_secret
from csvapi.spill.ranked_keys import RankedKeys, ranked
from csvapi.spill.record_sort import sorter
from csvapi.steps.growth import some
from csvapi.steps.lookup import Lookup
from csvapi.steps.mapping import Expander
from csvapi.steps.placed import placed
from csvapi.steps.writing import Text, Written, records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from csvapi.csvio.batch import Batch, Cell
    from csvapi.spill.external_sort import SortedRuns
    from csvapi.spill.record_sort import NativeSortedRuns
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.mapping import Records
    from csvapi.steps.step import Counts

_SECOND = 0  # the origin of the second file's records; those of the first have the number of their range, from 1
_FIRST_RANK, _SECOND_RANK = b"\0", b"\1"
_ROW = Struct(">Q")
_TEXTS = 32  # texts that are made of a record besides its cells, and what is kept of them meanwhile


class Unmatched(Lookup, Written, Expander):
    """Sorts the keys of both files, those of the second with what is to be written of them: the keys that only the
    second file has are then together, and their records are put in their order.

    The second file is read once more. Memory: half the budget; the index has the other half. Disk: the keys of the
    first file and the second file.
    """

    width: int

    def prepare(self, workspace: Workspace) -> Counts:
        """See `Behaviour.prepare`."""
        self.sorting = replace(workspace, memory=workspace.memory // 2)
        counts = super().prepare(self.sorting)
        self.digested = new_secret() if workspace.native else None
        entries = RankedKeys(self.sorting, "full", _SECOND, self.digested)
        row = 0
        for batch in self.second.batches():
            for few in some(batch, _TEXTS + len(self.after.columns)):
                self._enter(entries, few, row)
                row += len(few)
                workspace.heartbeat()
        self.others: SortedRuns | NativeSortedRuns = entries.finish(spill=True)
        return counts

    def _enter(self, entries: RankedKeys, batch: Batch, row: int) -> None:
        """Add records of the second file; one without a key has one of its own, which nothing matches."""
        keys, lines = [], []
        for number in range(len(batch)):
            fields: list[Cell] = [*batch.fields(number)]
            fields += [None] * (len(self.second.columns) - len(fields))
            key = self.second_index.key([fields[at] for at in self.right])
            keys.append(b"#" + _ROW.pack(row + number) if key is None else b"=" + key)
            cells = self.second.into(self.byte_dialect, fields)
            own = [b""] * self.width
            for left, right in zip(self.left, self.right, strict=True):
                own[left] = cells[right]
            made = [*own, *(cells[at] for at in self.taken)]
            with self.second.blamed():
                self.bound.check(sum(map(len, made)) + len(made), row + number)
                lines.append(records([made], self.byte_dialect)[0])
        entries.add(keys, [_SECOND_RANK] * len(keys), range(row, row + len(keys)), lines)

    @contextmanager
    def in_range(self, workspace: Path, step: int, number: int) -> Iterator[None]:
        """See `Behaviour.in_range`: leaves the keys of the range on disk, since each range may have its process."""
        self.mine = RankedKeys(self.sorting, "full", number + 1, self.digested)
        with super().in_range(workspace, step, number):
            yield
        data = pickle.dumps(self.mine.finish(spill=True))
        with disk_budget(len(data)):
            self._left(number).write_bytes(data)

    def _left(self, number: int) -> Path:
        return self.sorting.folder / f"full-keys-{number}"

    def note(self, batch: Batch) -> None:
        """Add the keys of records of the first file."""
        for few in some(batch, _TEXTS + len(self.left)):
            keys = [b"=" + key for key in self._keys(few) if key is not None]
            self.mine.add(keys, [_FIRST_RANK] * len(keys), range(len(keys)))

    def more(self) -> Iterator[Records]:
        """See `Headed.more`."""
        parts, number = [self.others], 0
        while (left := self._left(number)).exists():
            parts.append(pickle.loads(left.read_bytes()))  # noqa: S301  we wrote it ourselves
            left.unlink()
            number += 1
        if self.context.partial:
            return
        count = 0

        def unmatched() -> Iterator[tuple[bytes, bytes]]:
            nonlocal count
            for _, group in groupby(ranked(parts, self.sorting), itemgetter(0)):
                first = next(group)
                for _, _, row, line in chain([first], group) if first[1] == _SECOND else ():
                    count += 1
                    yield _ROW.pack(row), line

        for piece in placed(unmatched(), self.sorting, sorter(self.sorting, "unmatched")):
            yield Text(self.byte_dialect, memoryview(piece), count)  # all are counted when the first one is in order
            count = 0
