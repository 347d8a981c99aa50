"""How much a step may make of a record, and of a batch: known before it is made.

No step makes a record longer than the file's records may be (`Context.max_record`): the size is added up cell by cell,
and `TooLarge` raised, before anything is joined or written. And no step makes a large batch of a small one: it takes
the first of a batch's records, as many as fit into `PART` bytes of memory, and the engine comes back with the others.
So a step needs the memory of one part, or of one record, whatever it does to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvapi.csvio.indexed import IndexedBatch
from csvapi.errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from csvapi.csvio.batch import Batch

PART = 1 << 18  # bytes of memory of the records that a step hands on together
EACH = 100  # of them for a record besides its text
KEY_COLUMNS = 100  # of a sort or a join: a record's key has a copy of each
CELLS = 1 << 14  # cells that are looked at together, where a step makes something of each
_ENTRIES = 1_000  # that are written at once
_SHARE = 4  # of the bytes that they may take: a part of it at a time


class TooLong(Exception):
    """A cell or a record would become `size` bytes long, or longer."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


@dataclass(frozen=True)
class Bound:
    """The most bytes that a record may have after a step; `pointer` is the place in the request that makes it
    longer."""

    limit: int
    pointer: str = ""

    def check(self, size: int, row: int, column: str | None = None) -> None:
        """Raise `TooLarge` for the record in `row` (from 0) unless it may become `size` bytes long."""
        if size > self.limit:
            raise self.refused(size, row, column)

    def refused(self, size: int, row: int, column: str | None = None) -> TooLarge:
        """The error for a record, or a cell of a column, that would have `size` bytes or more."""
        where = f"Row {row + 1}" if column is None else f"Row {row + 1}, column {column[:80]!r}"
        detail = (
            f"{where}: {self._step}would make a record of {size} bytes or more; the limit for a record is "
            f"{self.limit} bytes. Let this step add less, or drop such records with a filter before it."
        )
        return TooLarge(detail, pointer=self.pointer, row=row + 1, limit=self.limit)

    def check_names(self, names: Sequence[str]) -> None:
        """Raise `TooLarge` unless a header may have these names: its bound is that of a record."""
        self.check_header(sum(map(len, names)) + len(names))

    def check_header(self, size: int) -> None:
        """The same of names that are so long together."""
        if size > self.limit:
            detail = (
                f"{self._step}would give the file a header of {size} bytes or more; the limit for a record is "
                f"{self.limit} bytes. Choose fewer columns or shorter names."
            )
            raise TooLarge(detail[0].upper() + detail[1:], pointer=self.pointer, limit=self.limit)

    @property
    def _step(self) -> str:
        if self.pointer.startswith("/steps/"):
            return f"step {int(self.pointer.split('/')[2]) + 1} "
        return f"{self.pointer[1:].split('/')[0]} " if self.pointer else "this "


@dataclass
class Part:
    """Adds up the records that a step makes of the first ones of a batch."""

    bound: Bound
    size: int = 0
    count: int = 0

    def takes(self, size: int, row: int) -> bool:
        """Whether a record that becomes `size` bytes long is still one of this part; raises what `Bound.check` does."""
        if size > self.bound.limit:
            raise self.bound.refused(size, row)
        total = self.size + size + EACH
        if total > PART and self.count:
            return False
        self.size = total
        self.count += 1
        return True


def some(batch: Batch, cells: int) -> Iterator[Batch]:
    """The batch in parts, for a step that makes something of `cells` cells of each record."""
    count = max(1, CELLS // max(1, cells))
    if len(batch) <= count:
        yield batch
        return
    for start in range(0, len(batch), count):
        yield batch.part(start, start + count)


def parts_of_batch(batch: Batch, cells: int) -> Iterator[Batch]:
    """Some records at a time; of an index they are chosen by a mask, without an object for each record."""
    if not isinstance(batch, IndexedBatch):
        yield from some(batch, cells)
        return
    count, size = max(1, CELLS // max(1, cells)), len(batch)
    for start in range(0, size, count):
        stop = min(start + count, size)
        yield batch.select(bytes(start) + b"\1" * (stop - start) + bytes(size - stop))


def batches(entries: Iterable[tuple[bytes, bytes]], most: int) -> Iterator[tuple[list[bytes], list[bytes]]]:
    """Keys and what belongs to them, some at a time: a thousand, or about a quarter of `most` bytes of them."""
    keys: list[bytes] = []
    records: list[bytes] = []
    size = 0
    for key, record in entries:
        keys.append(key)
        records.append(record)
        size += len(key) + len(record)
        if len(keys) >= _ENTRIES or size >= most // _SHARE:
            yield keys, records
            keys, records, size = [], [], 0
    yield keys, records
