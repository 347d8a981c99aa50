"""Batches: runs of whole records, as the steps of a pipeline see a file.

`ParsedBatch` has the records as the csv module read them, `indexed.IndexedBatch` is an index over a buffer.
Both answer the same questions, so nothing after a parser knows which of them it has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate, compress, repeat
from operator import mul
from typing import TYPE_CHECKING, Protocol, cast

from csvapi.csvio.keys import canonical
from csvapi.native import comparing
from csvapi.native.loader import load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.csvio.keys import Digests
    from csvapi.csvio.sink import Sink


Cell = bytes | None
Mask = bytes  # one byte per record: 1 stays, 0 goes

BLOCK_SIZE = 64 * 1024  # measured: larger ones fall out of the processor's cache


class Batch(Protocol):
    """A run of whole records in the order of the file; `len()` is how many.

    byte_dialect   the dialect as bytes
    width          the number of fields that every record has; 0 where they differ or nobody has counted them
    rows           the number of each record among those of its range, from 0, rising
    raw            each record's bytes with its line end, as they are in the file
    line_texts     each record's key: its fields joined by the delimiter, for those that are not in `parsed_fields`
    parsed_fields  by position in the batch, the fields of records whose text is more than fields between delimiters

    Positions of columns count from 0. Positions of records, and masks of a byte each, are those in this batch. A batch
    is valid until the parser that made it goes on; one that is made by `select` or `part`, as long as the first one.
    """

    @property
    def byte_dialect(self) -> ByteDialect: ...
    @property
    def width(self) -> int: ...
    @property
    def rows(self) -> Sequence[int]: ...
    @property
    def raw(self) -> list[bytes]: ...
    @property
    def line_texts(self) -> list[bytes]: ...
    @property
    def parsed_fields(self) -> dict[int, list[bytes]]: ...

    def __len__(self) -> int: ...

    def fields(self, index: int) -> list[bytes]:
        """The fields of one record."""
        ...

    def widths(self) -> list[int]:
        """The number of fields of each record."""
        ...

    def column(self, position: int) -> list[Cell]:
        """The cells of one column, None where a record has fewer fields."""
        ...

    def keys(self, positions: Sequence[int] | None) -> list[bytes]:
        """The key of each record (see `csvio.keys`), of the whole record (None) or of some columns."""
        ...

    def digests(self, positions: Sequence[int] | None, secret: bytes) -> Digests | None:
        """The digests of these keys under a secret; None where the keys have to be made first."""
        ...

    def text_mask(self, position: int, comparison: str, operand: bytes) -> Mask | None:
        """For which records the comparison of a cell with a text holds; None where only the cells can tell."""
        ...

    def number_answers(self, position: int, comparison: str, limit: Decimal) -> bytes | None:
        """For each record whether its cell as a number compares so with `limit`: 1 or 0, or 3 where only the cell can
        tell; None where that holds for all of them."""
        ...

    def part(self, start: int, stop: int) -> Batch:
        """The batch of the records from `start` up to `stop`."""
        ...

    def select(self, mask: Mask) -> Batch:
        """The batch of the records whose byte in `mask` is 1."""
        ...

    def put(self, values: bytes, target: bytearray, start: int) -> None:
        """Write a byte for each record to `target`, whose first byte is of row `start`."""
        ...

    def write_to(self, sink: Sink) -> None:
        """Write the records' bytes."""
        ...


def spread(mask: Mask, values: bytes) -> bytes:
    """The next one of `values` for each record whose byte in `mask` is 1, else 0."""
    if len(values) == len(mask):
        return values
    if load() is not None:
        return comparing.spread(mask, values)
    numbers = map(mul, mask, accumulate(mask))  # of the values, from 1
    return bytes(map((b"\0" + values).__getitem__, numbers))


@dataclass(slots=True)
class ParsedBatch:
    """Records by their raw text (`raw`), their keys (`line_texts`), their row numbers and, on demand, their columns.

    A record's fields are its key split at delimiters. Of those the csv module read the fields are in `parsed_fields`;
    what is in `line_texts` for them means nothing.
    """

    byte_dialect: ByteDialect
    raw: list[bytes]
    line_texts: list[bytes]
    rows: Sequence[int]
    parsed_fields: dict[int, list[bytes]] = field(default_factory=dict)
    width: int = 0  # number of fields where every record has the same, 0 where that is not known
    _flat: list[bytes] | None = None
    _from: tuple[ParsedBatch, Mask] | None = None
    _columns: dict[int, list[Cell]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.raw)

    def fields(self, index: int) -> list[bytes]:
        """The fields of one record."""
        return self.parsed_fields.get(index) or self.line_texts[index].split(self.byte_dialect.delimiter)

    def widths(self) -> list[int]:
        """The number of fields of each record."""
        return [count + 1 for count in self._delimiters()]

    def even(self, width: int) -> bool:
        """Whether every record has `width` fields."""
        return set(self._delimiters()) <= {width - 1}

    def _delimiters(self) -> list[int]:
        """One less than the fields of each record."""
        counts = list(map(bytes.count, self.line_texts, repeat(self.byte_dialect.delimiter)))
        for index, fields in self.parsed_fields.items():
            counts[index] = len(fields) - 1
        return counts

    def column(self, position: int) -> list[Cell]:
        """The cells of one column, None where a record has fewer fields."""
        if position not in self._columns:
            self._columns[position] = self._read(position)
        return self._columns[position]

    def _read(self, position: int) -> list[Cell]:
        if self._from and (self._from[0].split or position in self._from[0]._columns):  # noqa: SLF001  its own kind
            return list(compress(self._from[0].column(position), self._from[1]))
        return self._slice(position) if self.width else self._pick(position)

    @property
    def split(self) -> bool:
        """Whether every field of the batch is at hand."""
        return self._flat is not None or (self._from is not None and self._from[0].split)

    def _slice(self, position: int) -> list[Cell]:
        """A column of a rectangular batch: every `width`-th of all its fields."""
        if self._flat is None:
            delimiter = self.byte_dialect.delimiter
            plain = self.line_texts
            if self.parsed_fields:
                plain = plain.copy()
                for index in self.parsed_fields:
                    plain[index] = delimiter * (self.width - 1)
            self._flat = delimiter.join(plain).split(delimiter) if plain else []
        cells: list[Cell] = list(self._flat[position :: self.width])
        for index, fields in self.parsed_fields.items():
            cells[index] = fields[position]
        return cells

    def _pick(self, position: int) -> list[Cell]:
        rows = map(self.fields, range(len(self)))
        return [fields[position] if position < len(fields) else None for fields in rows]

    def keys(self, positions: Sequence[int] | None) -> list[bytes]:
        """One key per record, of the whole record (None) or of some columns."""
        if positions is None:
            keys = self.line_texts.copy() if self.parsed_fields else self.line_texts
            for index, fields in self.parsed_fields.items():
                keys[index] = canonical(fields, self.byte_dialect.delimiter)
            return keys
        columns = [self.column(position) for position in positions]
        delimiter = self.byte_dialect.delimiter
        if not self.width:
            return [canonical(cells, delimiter) for cells in zip(*columns, strict=True)]
        plain = cast("list[list[bytes]]", columns)
        keys = plain[0].copy() if len(plain) == 1 else list(map(delimiter.join, zip(*plain, strict=True)))
        for index in self.parsed_fields:
            keys[index] = canonical([cells[index] for cells in columns], delimiter)
        return keys

    def digests(self, positions: Sequence[int] | None, secret: bytes) -> None:
        """None: `keys` has what they are of."""

    def text_mask(self, position: int, comparison: str, operand: bytes) -> Mask | None:
        """None: the cells are at hand."""
        return None

    def number_answers(self, position: int, comparison: str, limit: Decimal) -> None:
        """None: the cells are at hand."""

    def put(self, values: bytes, target: bytearray, start: int) -> None:
        """Write a byte for each record to `target`, whose first byte is of row `start`."""
        for row, value in zip(self.rows, values, strict=True):
            target[row - start] = value

    def write_to(self, sink: Sink) -> None:
        """Write the records' bytes."""
        sink.write_records(self.raw, self.byte_dialect)

    def part(self, start: int, stop: int) -> ParsedBatch:
        """The batch of the records from `start` up to `stop`."""
        stop = min(stop, len(self))
        if start == 0 and stop == len(self):
            return self
        near = self.parsed_fields and {
            at - start: self.parsed_fields[at] for at in range(start, stop) if at in self.parsed_fields
        }
        return ParsedBatch(
            self.byte_dialect,
            self.raw[start:stop],
            self.line_texts[start:stop],
            self.rows[start:stop],
            near,
            self.width,
        )

    def select(self, mask: Mask) -> ParsedBatch:
        """The batch of the records whose byte in `mask` is 1."""
        if mask.count(1) == len(self):
            return self
        return ParsedBatch(
            self.byte_dialect,
            list(compress(self.raw, mask)),
            list(compress(self.line_texts, mask)),
            list(compress(self.rows, mask)),
            {mask.count(1, 0, index): fields for index, fields in self.parsed_fields.items() if mask[index]},
            self.width,
            None,
            (self, mask),
        )
