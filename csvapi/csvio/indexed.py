"""Batches that are an index over the bytes they were read into, without an object for a record.

What a step asks of such a batch, the kernel answers where it can; for everything else the records become Python
objects, as the csv module would have read them.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, compress, islice, pairwise
from typing import TYPE_CHECKING

from csvapi.csvio.parsed_batch import ParsedBatch
from csvapi.native import cells, comparing, copying, keys
from csvapi.native.partitions import entries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from csvapi.csvio.batch import Batch, Cell, Mask
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.csvio.sink import Sink
    from csvapi.native.index import RecordIndex
    from csvapi.native.partitions import Partitions

_COMPARISONS = {
    "==": comparing.How.IS,
    "contains": comparing.How.CONTAINS,
    "starts_with": comparing.How.STARTS_WITH,
    "ends_with": comparing.How.ENDS_WITH,
}


@dataclass
class IndexedBatch:
    """Those of an index's records whose byte in `kept` is 1; all where `kept` is None. See `csvio.batch.Batch`.

    `start` is the row of the index's first record. Where the index is of records that were written anew, `origin` has a
    byte for each record of the file from there on: 1 for those that they come from. Valid until the next scan.
    """

    byte_dialect: ByteDialect
    index: RecordIndex
    start: int
    kept: bytes | None = None
    origin: bytes | None = None

    @cached_property
    def _count(self) -> int:
        return len(self.index) if self.kept is None else self.kept.count(1)

    def __len__(self) -> int:
        return self._count

    @property
    def width(self) -> int:
        """See `Batch.width`; all records of an index have as many fields."""
        return self.index.scanner.form.width

    @property
    def lines(self) -> int:
        """See `Batch.lines`."""
        if self.kept is None:
            return self.index.lines
        return len(self) if self.index.lines == len(self.index) else self.index.lines_of(self.kept)

    @cached_property
    def rows(self) -> Sequence[int]:
        """See `Batch.rows`."""
        return self.all_rows if self.kept is None else list(compress(self.all_rows, self.kept))

    @cached_property
    def all_rows(self) -> Sequence[int]:
        """The row of each record of the index."""
        if self.origin is None:
            return range(self.start, self.start + len(self.index))
        return list(compress(range(self.start, self.start + len(self.origin)), self.origin))

    @property
    def ends(self) -> bool:
        """Whether the last record of the index has a line end, as all but a file's last one have."""
        return bytes(self.index.text[-1:]) == b"\n"

    def row_of(self, record: int) -> int:
        """The row of record number `record` of the index."""
        return int(self.all_rows[record])

    @property
    def places(self) -> bytes | None:
        """A byte for each record of the file from `start` on: 1 for those of this batch; None for all of them."""
        if self.kept is None or self.origin is None:
            return self.origin if self.kept is None else self.kept
        return comparing.spread(self.origin, self.kept)

    @property
    def raw(self) -> list[bytes]:
        """See `Batch.raw`; as all lists of objects it is made when it is asked for."""
        return self.parsed.raw

    @property
    def line_texts(self) -> list[bytes]:
        """See `Batch.line_texts`."""
        return self.parsed.line_texts

    @property
    def parsed_fields(self) -> dict[int, list[bytes]]:
        """See `Batch.parsed_fields`."""
        return self.parsed.parsed_fields

    @cached_property
    def parsed(self) -> ParsedBatch:
        """The records as Python objects, for steps that the kernel has nothing for."""
        raw, line_texts, parsed_fields = records(self.index, self.kept)
        return ParsedBatch(self.byte_dialect, raw, line_texts, self.rows, parsed_fields, self.width)

    def fields(self, index: int) -> list[bytes]:
        """See `Batch.fields`."""
        return self.parsed.fields(index)

    def widths(self) -> list[int]:
        """See `Batch.widths`."""
        return [self.width] * len(self)

    def cells(self, position: int) -> list[bytes]:
        """The cells of one column, which the batch does not keep."""
        return cells.cells(self.index, position, self.kept)

    def column(self, position: int) -> list[Cell]:
        """See `Batch.column`."""
        if position not in self._columns:
            self._columns[position] = [*cells.cells(self.index, position, self.kept)]
        return self._columns[position]

    @cached_property
    def _columns(self) -> dict[int, list[Cell]]:
        return {}

    def keys(self, positions: Sequence[int] | None) -> list[bytes]:
        """See `Batch.keys`."""
        return self.parsed.keys(positions)

    def digests(self, positions: Sequence[int] | None, secret: bytes) -> IndexedDigests:
        """See `Batch.digests`; made by the kernel, never None."""
        found = keys.digests(self.index, secret, positions, self.kept)
        return IndexedDigests(found, self.all_rows, self.kept)

    def text_mask(self, position: int, comparison: str, operand: bytes) -> Mask | None:
        """See `Batch.text_mask`."""
        how = _COMPARISONS.get(comparison)
        if how is None:
            return None
        return self.packed(comparing.compare_texts(self.index, position, how, operand, self.kept))

    def number_answers(self, position: int, comparison: str, limit: Decimal) -> bytes | None:
        """See `Batch.number_answers`."""
        found, _ = comparing.compare_numbers(self.index, position, comparison, limit, self.kept)
        return self.packed(found)

    def packed(self, answers: bytes) -> bytes:
        """Answers about the index's records, of those in the batch."""
        return answers if self.kept is None else comparing.pack(self.kept, answers)

    def part(self, start: int, stop: int) -> Batch:
        """See `Batch.part`."""
        return self if start == 0 and stop >= len(self) else self.parsed.part(start, stop)

    def select(self, mask: Mask) -> IndexedBatch:
        """See `Batch.select`; the index is shared, only the mask is new."""
        if mask.count(1) == len(self):
            return self
        kept = mask if self.kept is None else comparing.spread(self.kept, mask)
        return IndexedBatch(self.byte_dialect, self.index, self.start, kept, self.origin)

    def write_to(self, sink: Sink) -> None:
        """See `Batch.write_to`."""
        sink.write_text(copying.gather(self.index, self.kept).text, self.byte_dialect)

    def put(self, values: bytes, target: bytearray, start: int) -> None:
        """See `Batch.put`."""
        at = self.start - start
        whole = values if self.kept is None else comparing.spread(self.kept, values)
        whole = whole if self.origin is None else comparing.spread(self.origin, whole)
        there = target[at : at + len(whole)]
        both = int.from_bytes(whole, "little") | int.from_bytes(there, "little")
        target[at : at + len(whole)] = both.to_bytes(len(whole), "little")


@dataclass(frozen=True)
class IndexedDigests:
    """The digests of an index's records, of which those count whose byte in `kept` is 1. See `csvio.keys.Digests`."""

    found: memoryview
    rows: Sequence[int]
    kept: bytes | None

    def count(self, wanted: bytes, most: int) -> tuple[int, list[int]]:
        """How many digests are the `wanted` one, and the rows of the first `most` of them."""
        marks = bytearray(len(self.found))
        count = keys.mark_digest(self.found, wanted, marks, 1, self.kept)
        return count, list(islice(compress(self.rows, marks), most)) if count else []

    def without(self, unwanted: bytes) -> IndexedDigests:
        """The same but for those that are the `unwanted` one."""
        kept = bytearray(self.kept or b"\1" * len(self.found))
        keys.mark_digest(self.found, unwanted, kept, 0, kept)
        return IndexedDigests(self.found, self.rows, bytes(kept))

    def of_rows(self, rows: Sequence[int]) -> IndexedDigests:
        """The same of records in other rows: one for each record of the index."""
        return IndexedDigests(self.found, rows, self.kept)

    def add_to(self, partitions: Partitions) -> None:
        """Give the digests, with their rows, to the partitions."""
        if isinstance(self.rows, range):
            partitions.add_digests(self.found, self.rows.start, self.kept)
            return
        kept = self.kept or b"\1" * len(self.rows)
        halves = array("Q", self.found.tobytes())
        chosen = array("Q", [0]) * (2 * kept.count(1))
        chosen[::2], chosen[1::2] = (array("Q", compress(halves[half::2], kept)) for half in (0, 1))
        partitions.add_entries(entries(chosen.tobytes(), list(compress(self.rows, kept))))


def records(index: RecordIndex, kept: bytes | None) -> tuple[list[bytes], list[bytes], dict[int, list[bytes]]]:
    """The records of an index as `ParsedBatch` has them: their bytes, their keys, the fields of those with quotes."""
    text = bytes(index.text)
    lengths = array("I", bytes(4 * len(index)))
    index.record_lengths(lengths)
    ends = list(accumulate(lengths, initial=0))
    raw = [text[a:b] for a, b in pairwise(ends)]
    if kept is not None:
        raw = list(compress(raw, kept))
    line_texts = [record.rstrip(b"\r\n") for record in raw]
    parsed_fields: dict[int, list[bytes]] = {}
    if index.quotes:
        quote = index.scanner.form.quote
        for at, record in enumerate(raw):
            if quote in record:
                parsed_fields[at] = []
        mask = bytearray(len(index))
        places = [at for at in range(len(index)) if kept is None or kept[at]]
        for at in parsed_fields:
            mask[places[at]] = 1
        for at, fields in zip(parsed_fields, cells.rows(index, mask), strict=True):
            parsed_fields[at] = list(fields)
    return raw, line_texts, parsed_fields
