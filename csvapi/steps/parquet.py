"""Parquet: columns of texts, which may be null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csvapi.csvio.indexed import IndexedBatch
from csvapi.native.columns import Columns, columns, fit
from csvapi.process import memory as limits
from csvapi.steps.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from csvapi.csvio.batch import Batch
    from csvapi.steps.formats import Row
    from csvapi.steps.growth import Bound

_GROUP = 65_536  # records of a row group
_GROUP_SIZE = 128 << 20  # bytes of memory for it, if the budget allows as much
_SHARE = 8  # a row group is in memory as rows, as columns, and as the pages that are written
_PER_COLUMN = 4 << 10  # bytes of it a column has at least, as the library needs a kilobyte of each until the end
_PER_WRITTEN = 6_000  # bytes that the library takes for a column while a row group is written
_PER_CELL = 60  # bytes of memory for a cell besides its text
_FEWEST = 16  # records of a batch whose columns become arrays of their own, which take some hundred bytes each
_UTF8 = ("utf-8", "ascii")  # encodings whose bytes an array may have as they are


class Parquet:
    """Columns of strings, which may be null; row groups of bounded size, Snappy inside.

    The library needs about 5 KB per column besides, and 1 KB per column and row group that it keeps for the footer.
    What the kernel has read goes into arrays without an object for a cell, all else by way of rows.
    """

    def __init__(self, path: Path, names: list[str], memory: int, bound: Bound) -> None:
        with limits.importing():
            import pyarrow as pa
            import pyarrow.parquet as pq

        self.path, self.meter = path, Meter()
        self.schema = pa.schema([(name, pa.string()) for name in names])
        self.writer = pq.ParquetWriter(path, self.schema)
        self.pieces: list[Columns | list[Row]] = []  # of the row group, in their order
        self.count, self.size = 0, 0
        self.most = max(min(_GROUP_SIZE, memory // _SHARE), len(names) * _PER_COLUMN)

    def write_batch(self, batch: Batch) -> int:
        """By the kernel, unless its text has to be encoded anew or a batch is only a few records."""
        if not isinstance(batch, IndexedBatch) or batch.byte_dialect.inner not in _UTF8 or len(batch) < _FEWEST:
            return 0
        index, kept, record = batch.index, batch.kept, 0
        each = _PER_CELL * batch.width
        while record < len(index):
            before = self.count, self.size
            found = fit(index, record, kept, before=before, each=each, room=self.most, most=_GROUP)
            if found.records > self.count:
                self.pieces.append(columns(index, record, found.next, kept).copy())
            self.count, self.size, record = found
            self._flush_whole()
        return len(batch)

    def write(self, rows: list[Row], numbers: Sequence[int]) -> None:
        for row in rows:
            self._rows().append(row)
            self.count += 1
            self.size += _PER_CELL * len(row) + len("".join(filter(None, row)))
            self._flush_whole()

    def _rows(self) -> list[Row]:
        """The rows at the end of the row group, to which more may be added."""
        last = self.pieces[-1] if self.pieces else None
        if isinstance(last, list):
            return last
        rows: list[Row] = []
        self.pieces.append(rows)
        return rows

    def _flush_whole(self) -> None:
        if self.count >= _GROUP or self.size >= self.most:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        width = len(self.schema)
        limits.need(self.size + width * _PER_WRITTEN)  # refused memory inside, the library would not come back
        parts = [list(_arrays(piece, width)) for piece in self.pieces]
        whole = [pa.chunked_array(chunks, pa.string()) for chunks in zip(*parts, strict=True)]
        self.writer.write_table(pa.Table.from_arrays(whole, schema=self.schema), self.count)
        self.pieces, self.count, self.size = [], 0, 0
        self.meter.add(self.path.stat().st_size - self.meter.size)

    def close(self) -> None:
        if self.count:
            self._flush()
        self.writer.close()

    def abandon(self) -> None:
        self.writer.close()


def _arrays(piece: Columns | list[Row], width: int) -> Iterator[Any]:
    """Each column of a piece as an array. Raises `ValueError` for one that Arrow does not find valid."""
    import pyarrow as pa

    if isinstance(piece, list):
        for at in range(width):
            yield pa.array([row[at] for row in piece], pa.string())
        return
    for text, ends in piece.each():
        array = pa.StringArray.from_buffers(piece.records, pa.py_buffer(ends), pa.py_buffer(text))
        array.validate(full=True)
        yield array
