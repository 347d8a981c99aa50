"""Values that must not repeat: a pass that writes their digests, and which records repeat one."""

from __future__ import annotations

import mmap
from contextlib import closing
from itertools import accumulate, compress, count
from typing import TYPE_CHECKING

from csvapi.csvio.disk import disk_budget
from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.keys import canonical
from csvapi.errors import OutOfMemory
from csvapi.native.duplicates import BYTES_PER_KEY, Resolver
from csvapi.native.keys import new_secret
from csvapi.spill.duplicates import repeats
from csvapi.spill.key_files import NativeKeySink, PlainKeySink, held, key_file, load, stretches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from csvapi.csvio.batch import Batch, Cell
    from csvapi.spill.key_files import KeySink
    from csvapi.spill.workspace import Workspace

_PARTITIONS = 32
_LEAST = 1 << 10  # slots of a table
_WRITTEN = 1 << 20  # bytes at once
_FEW = 8  # missing values that the kernel is asked for
_INVERSE = b"\1\0" + bytes(254)


class Unique:
    """One set of columns whose values must not repeat; a record that repeats an earlier one violates it.

    The first pass writes digests of the values to the workspace; disk: 24 bytes per record. Memory: the keys of a
    partition. What is found takes up a byte per record on disk.
    """

    def __init__(self, rule: str, positions: list[int], shown: str, missing: frozenset[bytes]) -> None:
        self.rule, self.positions, self.shown, self.missing = rule, positions, shown, missing
        self.distinct = list(dict.fromkeys(positions))

    def prepare(self, workspace: Workspace, number: int) -> None:
        """Begin a run; `number` distinguishes this set of columns from the others of the step."""
        self.folder = workspace.folder / f"unique-{id(self)}-{number}"
        self.folder.mkdir()
        self.memory = workspace.memory
        place = (self.folder, 0, 0, _PARTITIONS)
        self.sink: KeySink = NativeKeySink(*place, new_secret()) if workspace.native else PlainKeySink(*place)
        self.total = self.seen = 0

    def study(self, batch: Batch) -> None:
        """Take the values of some records; every record is shown, in order."""
        if isinstance(batch, IndexedBatch) and self.sink.secret is not None and len(self.missing) <= _FEW:
            self._study_indexed(batch, self.sink.secret)
        else:
            self._study_cells(batch)
        self.total += len(batch)

    def _study_cells(self, batch: Batch) -> None:
        keys, rows = [], []
        cells = zip(*(batch.column(at) for at in self.distinct), strict=True)
        for row, values in enumerate(cells, self.total):
            if not self._missing(values):
                keys.append(canonical(values, batch.byte_dialect.delimiter))
                rows.append(row)
        self.sink.add(keys, rows)

    def _study_indexed(self, batch: IndexedBatch, secret: bytes) -> None:
        there = batch
        for at in self.distinct:
            for value in self.missing:
                lacking = there.text_mask(at, "==", value)
                if lacking is not None and 1 in lacking:
                    there = there.select(lacking.translate(_INVERSE))
        rows: Sequence[int] = range(self.total, self.total + len(batch.index))
        if batch.kept is not None:
            rows = [self.total + before for before in accumulate(batch.kept, initial=0)][:-1]
        self.sink.add_digests(there.digests(self.distinct, secret).of_rows(rows))

    def studied(self, heartbeat: Callable[[], None]) -> None:
        """Find out which records repeat an earlier one. Calls `heartbeat`, which may raise."""
        self.sink.flush()
        self.sink.close()
        self.repeats = self._zeros(self.folder / "repeats")
        self._resolve(heartbeat) if self.sink.secret is not None else self._mark(heartbeat)

    def _zeros(self, path: Path) -> mmap.mmap:
        """Write a zero byte for each record, so that a full disk is noticed now and not when they are changed."""
        with path.open("wb+") as file:
            for start in range(0, max(1, self.total), _WRITTEN):
                size = min(_WRITTEN, max(1, self.total) - start)
                with disk_budget(size):
                    file.write(bytes(size))
            with disk_budget():
                file.flush()
            return mmap.mmap(file.fileno(), 0)

    def _resolve(self, heartbeat: Callable[[], None]) -> None:
        files = [key_file(self.folder, 0, 0, partition) for partition in range(_PARTITIONS)]
        most = max(_LEAST, min(max(map(held, files)), self.memory // BYTES_PER_KEY))
        with closing(Resolver("first", 1, most, self.repeats, None)) as resolver:
            for path in files:
                resolver.begin()
                for entries in stretches(path):
                    if resolver.decide(entries, 0) is None:
                        raise OutOfMemory("The values that must not repeat take more memory than a task may have.")
                    heartbeat()
                path.unlink()

    def _mark(self, heartbeat: Callable[[], None]) -> None:
        for partition in range(_PARTITIONS):
            path = key_file(self.folder, 0, 0, partition)
            first, second, rows = load(path)
            for index in repeats(first, second, "first")[0]:
                self.repeats[rows[index]] = 1
            path.unlink()
            heartbeat()

    def bad(self, batch: Batch) -> list[int]:
        """The positions in the batch of the records that repeat an earlier one; each record is asked about once, in
        order."""
        start = self.seen
        self.seen += len(batch)
        found = self.repeats[start : self.seen]
        return list(compress(count(), found)) if 1 in found else []

    def value(self, batch: Batch, index: int) -> bytes:
        """The value of one record as it is reported: its fields with spaces between them."""
        return b" ".join(batch.column(at)[index] or b"" for at in self.positions)

    def _missing(self, values: tuple[Cell, ...]) -> bool:
        return any(value is None or value in self.missing for value in values)
