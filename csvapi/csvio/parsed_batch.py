"""A batch of records as the csv module read them: each one's text, line text and, where it matters, fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import compress, repeat
from typing import TYPE_CHECKING, cast

from csvapi.csvio.keys import canonical
from csvapi.csvio.records import line_count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from csvapi.csvio.batch import Cell, Mask
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.csvio.sink import Sink


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

    @property
    def lines(self) -> int:
        """See `Batch.lines`; only a record that the csv module read can have several."""
        return len(self) + sum(line_count(self.raw[index]) - 1 for index in self.parsed_fields)

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
