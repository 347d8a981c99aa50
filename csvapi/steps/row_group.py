"""The records of a Parquet row group, column by column, in the memory that Arrow reads texts from."""

from __future__ import annotations

from array import array
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any

from csvapi.native.columns import columns, fit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.csvio.indexed import IndexedBatch
    from csvapi.steps.formats import Row

RECORDS = 65_536  # of a row group
_PER_CELL = 8  # bytes of memory for a cell besides its text: where it ends, and room to grow
_END = 4  # bytes of where a cell ends
_DIGITS = bytes((ord("1"), ord("0"))) + bytes(254)


class Filling:
    """Bytes that are added one after the other, in memory of `size` bytes at first."""

    def __init__(self, size: int) -> None:
        self.memory, self.used = bytearray(size), 0

    def add(self, more: bytes | memoryview) -> None:
        """Put more bytes after those that there are."""
        end = self.used + len(more)
        self.memory[self.used : end] = more  # which makes it longer where it is too short
        self.used = end

    @property
    def view(self) -> memoryview:
        """The bytes that were added."""
        return memoryview(self.memory)[: self.used]


class RowGroup:
    """Up to `RECORDS` records that take up to `most` bytes of memory, or one that takes more.

    Of each column it has the text in UTF-8 (`texts`), where each cell ends in it, in 4 bytes after a 0 (`ends`), and,
    where some cells are null, a byte for each record (`nulls`): 1 for those. Which records are in a group does not
    depend on how they are added. A group before it tells how much memory the columns will need, since to move them as
    they grow takes twice the time.
    """

    def __init__(self, width: int, most: int, before: RowGroup | None = None) -> None:
        self.width, self.most = width, most
        self.count, self.size = 0, 0
        like = before if before and before.size <= 2 * most else None
        self.texts: list[Filling] = [Filling(like.texts[at].used if like else 0) for at in range(width)]
        self.ends: list[Filling] = [Filling(like.ends[at].used if like else _END) for at in range(width)]
        for ends in self.ends:
            ends.add(bytes(_END))
        self.nulls: dict[int, bytearray] = {}

    @property
    def full(self) -> bool:
        """Whether no other record belongs to it."""
        return self.count >= RECORDS or self.size >= self.most

    def add_batch(self, batch: IndexedBatch, record: int) -> int:
        """Add records of a batch in UTF-8 from number `record` of its index on: the number of the next one."""
        before = self.count, self.size
        each = _PER_CELL * self.width
        found = fit(batch.index, record, batch.kept, before=before, each=each, room=self.most, most=RECORDS)
        if found.records > self.count:
            more = columns(batch.index, record, found.next, batch.kept, before=[text.used for text in self.texts])
            for at, (text, ends) in enumerate(more.each()):
                self.texts[at].add(text)
                self.ends[at].add(ends)
        self.count, self.size, record = found
        return record

    def add_rows(self, rows: list[Row], start: int) -> int:
        """Add rows from number `start` on, without the cells beyond the columns: the number of the next one."""
        count, stop = self.count, start
        while stop < len(rows) and not self.full:
            text = "".join(filter(None, rows[stop][: self.width]))
            self.size += _PER_CELL * self.width + len(text.encode(errors="replace"))
            self.count += 1
            stop += 1
        for at, cells in enumerate(islice(zip(*rows[start:stop], strict=False), self.width)):
            self._add_cells(at, cells, count)
        return stop

    def _add_cells(self, at: int, cells: tuple[str | None, ...], count: int) -> None:
        """Add cells to a column that has `count` already."""
        texts = [(cell or "").encode(errors="replace") for cell in cells]
        ends = accumulate(map(len, texts), initial=self.texts[at].used)
        self.texts[at].add(b"".join(texts))
        self.ends[at].add(memoryview(array("I", ends))[1:].cast("B"))
        if None in cells:
            nulls = self.nulls.setdefault(at, bytearray())
            nulls += bytes(count - len(nulls)) + bytes(cell is None for cell in cells)

    def arrays(self) -> Iterator[Any]:
        """Each column as an Arrow array, which shares its memory. Raises `ValueError` for one that is not valid."""
        import pyarrow as pa

        for at, (text, ends) in enumerate(zip(self.texts, self.ends, strict=True)):
            nulls = self.nulls.get(at)
            valid = pa.py_buffer(_bits(nulls, self.count)) if nulls else None
            column = pa.StringArray.from_buffers(self.count, pa.py_buffer(ends.view), pa.py_buffer(text.view), valid)
            column.validate(full=not text.memory.isascii())  # each cell is looked at, where it might not be UTF-8
            yield column

    def plain_sizes(self) -> list[int]:
        """The bytes that each column takes as Parquet writes texts in full: a length in 4 bytes, and the text."""
        return [text.used + _END * self.count for text in self.texts]


def _bits(nulls: bytearray, count: int) -> bytes:
    """A bit for each of `count` cells, the first one the lowest of the first byte: 0 for a null."""
    digits = bytes(nulls).ljust(count, b"\0").translate(_DIGITS)[::-1]
    return int(digits, 2).to_bytes((count + 7) // 8, "little")
