"""Batches: runs of whole records, as the steps of a pipeline see a file.

`parsed_batch.ParsedBatch` has the records as the csv module read them, `indexed.IndexedBatch` is an index over the
buffer they were read into. Both answer the same questions, so no step has to know which of them it was given.
"""

from __future__ import annotations

from itertools import accumulate
from operator import mul
from typing import TYPE_CHECKING, Protocol

from csvapi.native import comparing
from csvapi.native.loader import load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.csvio.keys import Digests
    from csvapi.csvio.sink import Sink


Cell = bytes | None  # None: the record has no such field
Mask = bytes  # one byte per record: 1 stays, 0 goes

BLOCK_SIZE = 64 * 1024  # measured: larger ones fall out of the processor's cache


class Batch(Protocol):
    """A run of whole records in the order of the file; `len()` is how many.

    This is what a step is given. It asks for whole columns, keys or masks: one call for thousands of records costs
    about as much as a call for each of ten. A selector that keeps the records with something in their third column:

        >>> def keep(batch):
        ...     return bytes(bool(cell) for cell in batch.column(2))

    Positions of columns count from 0. Positions of records count from 0 within the batch; a mask has a byte for each
    of them. All bytes are in the encoding `byte_dialect.inner`, in which ASCII means ASCII.

    A batch is valid until its parser is asked for the next one, and so are those that `select` and `part` make of it:
    what is to last longer must be copied. Memory: a few times the bytes of the records; what has been asked for is
    remembered. No method raises an error for what is in a record; a position of a column that is negative, or of a
    record that is not there, is the caller's mistake.
    """

    @property
    def byte_dialect(self) -> ByteDialect:
        """The dialect and encoding that the bytes of the records are in."""

    @property
    def width(self) -> int:
        """The number of fields that every record has; 0 where the records differ or nobody has counted."""

    @property
    def lines(self) -> int:
        """The physical lines of the records: a record with line ends within quotes has several."""

    @property
    def rows(self) -> Sequence[int]:
        """The number of each record among all records of its range, from 0, rising; shape (len,)."""

    @property
    def raw(self) -> list[bytes]:
        """The bytes of each record with its line end, as they are in the file; the last record may have none."""

    @property
    def line_texts(self) -> list[bytes]:
        """The fields of each record joined by the delimiter; means nothing for those that are in `parsed_fields`."""

    @property
    def parsed_fields(self) -> dict[int, list[bytes]]:
        """The fields of those records whose text is more than fields between delimiters, by position in the batch."""

    def __len__(self) -> int:
        """How many records there are."""

    def fields(self, index: int) -> list[bytes]:
        """The fields of one record, at least one."""

    def widths(self) -> list[int]:
        """The number of fields of each record; shape (len,)."""

    def column(self, position: int) -> list[Cell]:
        """The cells of one column, None where a record has fewer fields; shape (len,)."""

    def keys(self, positions: Sequence[int] | None) -> list[bytes]:
        """The key of each record (see `csvio.keys`), of the whole record (None) or of some columns; shape (len,).

        Two records have the same key exactly when these fields are the same, however they are quoted.
        """

    def digests(self, positions: Sequence[int] | None, secret: bytes) -> Digests | None:
        """The digests of these keys, 16 bytes each, under a secret; None where `keys` has to make the keys first."""

    def text_mask(self, position: int, comparison: str, operand: bytes) -> Mask | None:
        """For which records the comparison of a cell with a text holds; None where only the cells can tell.

        `comparison` is an operator of a condition (`==`, `contains`, ...), `operand` in the encoding of the cells.
        """

    def number_answers(self, position: int, comparison: str, limit: Decimal) -> bytes | None:
        """For each record whether its cell as a number compares so with `limit`: 1 or 0, or 3 where only the cell can
        tell; None where that holds for all of them."""

    def part(self, start: int, stop: int) -> Batch:
        """The batch of the records from `start` up to `stop`, of all that are left if there are fewer."""

    def select(self, mask: Mask) -> Batch:
        """The batch of the records whose byte in `mask` is 1; `mask` has `len` bytes, each 0 or 1."""

    def put(self, values: bytes, target: bytearray, start: int) -> None:
        """Write a byte of `values` for each record to `target`, at the record's row less `start`."""

    def write_to(self, sink: Sink) -> None:
        """Write the records' bytes as they are in the file. Raises what the sink does, for a full disk say."""


def spread(mask: Mask, values: bytes) -> bytes:
    """The next one of `values` for each record whose byte in `mask` is 1, else 0."""
    if len(values) == len(mask):
        return values
    if load() is not None:
        return comparing.spread(mask, values)
    numbers = map(mul, mask, accumulate(mask))  # of the values, from 1
    return bytes(map((b"\0" + values).__getitem__, numbers))
