"""Parquet: columns of texts, which may be null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csvapi.csvio.indexed import IndexedBatch
from csvapi.process import memory as limits
from csvapi.steps.meter import Meter
from csvapi.steps.row_group import RowGroup

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from csvapi.csvio.batch import Batch
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.formats import Row
    from csvapi.steps.growth import Bound

_GROUP_SIZE = 128 << 20  # bytes of memory of a row group, if the budget allows as much
_SHARE = 8  # one row group is filled while another one is in memory as columns and as the pages that are written
_PER_COLUMN = 2 << 10  # bytes of it a column has at least, as the library needs a kilobyte of each until the end
_PER_WRITTEN = 6_000  # bytes that the library takes for a column while a row group is written
_PAGES = 2  # times the size of a row group that its dictionaries and pages take
_BUFFERS = 8 << 20  # bytes that the library takes besides: each of its buffers grows to twice its size
_RECORDS = 4  # of the longest that there may be: the memory that reading may take while a row group is written
_SAVES = 4  # a dictionary is made for a column of which it saves at least this part
_UTF8 = ("utf-8", "ascii")  # encodings whose bytes an array may have as they are


class Parquet:
    """Columns of strings, which may be null; row groups of bounded size, Snappy inside.

    A row group is encoded and written by a thread while the next one is filled, so there are never more than two; the
    library and the kernel give up the interpreter's lock. With one core, or where that might take more memory than the
    process may have, it is written before the next one is filled. The file's bytes depend on the records and the budget
    alone. The library needs about 5 KB per column besides, and 1 KB per column and row group that it keeps for the
    footer. What the kernel has read becomes columns without an object for a cell, all else by way of rows.

    What goes wrong in the thread is raised by the next call. No thread is left after `close`, whatever it raises, or
    `abandon`.
    """

    def __init__(self, path: Path, names: list[str], workspace: Workspace, bound: Bound) -> None:
        with limits.importing():
            from concurrent.futures import ThreadPoolExecutor

            import pyarrow as pa
            import pyarrow.parquet as pq

        self.path, self.meter, self.library = path, Meter(), pq
        self.schema = pa.schema([(name, pa.string()) for name in names])
        self.most = max(min(_GROUP_SIZE, workspace.memory // _SHARE), len(names) * _PER_COLUMN)
        self.beside = self.most + _RECORDS * bound.limit
        self.cores = workspace.cores
        self.group = RowGroup(len(names), self.most)
        self.writer: Any = None  # the library's, as soon as the first row group is there
        self.thread = ThreadPoolExecutor(1, "parquet")
        self.writing: Future[None] | None = None

    def write_batch(self, batch: Batch) -> int:
        """Write by the kernel, unless its text must be encoded again."""
        self._collect()
        if not isinstance(batch, IndexedBatch) or batch.byte_dialect.inner not in _UTF8:
            return 0
        record = 0
        while record < len(batch.index):
            record = self.group.add_batch(batch, record)
            self._flush_full()
        return len(batch)

    def write(self, rows: list[Row], numbers: Sequence[int]) -> None:
        """See `formats.Writer.write`."""
        self._collect()
        row = 0
        while row < len(rows):
            row = self.group.add_rows(rows, row)
            self._flush_full()

    def _flush_full(self) -> None:
        if self.group.full:
            self._flush()

    def _flush(self) -> None:
        """Have the row group written, as soon as the one before it is."""
        import pyarrow as pa

        self._wait()
        group, self.group = self.group, RowGroup(len(self.schema), self.most, self.group)
        needed = _PAGES * group.size + group.width * _PER_WRITTEN + _BUFFERS
        limits.need(needed)  # refused memory inside, the library would not come back
        table = pa.Table.from_arrays(list(group.arrays()), schema=self.schema)
        if self.cores > 1 and limits.allows(needed + self.beside):
            self.writing = self.thread.submit(self._write, table, group)
        else:  # or what is read meanwhile might take what the library needs
            self._write(table, group)
            self._charge()

    def _write(self, table: Any, group: RowGroup) -> None:
        if self.writer is None:
            self._open(_repetitive(self.library, table, group))
        self.writer.write_table(table, group.count)

    def _open(self, dictionaries: list[str]) -> None:
        self.writer = self.library.ParquetWriter(self.path, self.schema, use_dictionary=dictionaries)

    def _collect(self) -> None:
        """Raise what went wrong with a row group, and charge it, as soon as that is known."""
        if self.writing and self.writing.done():
            self._wait()

    def _wait(self) -> None:
        writing, self.writing = self.writing, None
        if writing:
            writing.result()
            self._charge()

    def _charge(self) -> None:
        self.meter.add(self.path.stat().st_size - self.meter.size)

    def close(self) -> None:
        """See `formats.Writer.close`."""
        try:
            if self.group.count:
                self._flush()
            self._wait()
            if self.writer is None:
                self._open([])
            self.writer.close()
            self._charge()
        finally:
            self.thread.shutdown()

    def abandon(self) -> None:
        """See `formats.Writer.abandon`; waits for a row group that is being written."""
        self.thread.shutdown()
        if self.writer is not None:
            self.writer.close()


def _repetitive(library: Any, table: Any, group: RowGroup) -> list[str]:
    """The columns that are worth a dictionary, by what the first row group becomes with one and without.

    A dictionary of a column whose cells are mostly different takes the most time of all, and makes the file larger.
    """
    import pyarrow as pa

    stream = pa.MockOutputStream()
    with library.ParquetWriter(stream, table.schema, compression="none", write_statistics=False) as writer:
        writer.write_table(table, group.count)
    written = writer.writer.metadata.row_group(0)
    sizes = [written.column(at).total_uncompressed_size for at in range(group.width)]
    return [
        name
        for name, size, plain in zip(table.column_names, sizes, group.plain_sizes(), strict=True)
        if size <= plain - plain // _SAVES
    ]
