"""The selector of dedup and unique: the key of each record, and a sample of those that stayed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from itertools import compress, islice
from typing import TYPE_CHECKING, Any

from csvapi.csvio.keys import canonical
from csvapi.steps.growth import some
from csvapi.steps.remarks import Remark, Sighting
from csvapi.steps.selecting import KeyedSelector
from csvapi.steps.writing import byte_dialect_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.batch import Batch, Cell
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.csvio.keys import Digests
    from csvapi.spill.duplicates import Keep
    from csvapi.spill.key_files import KeySink
    from csvapi.steps.step import Context

SAMPLE = 10
_MOST_CELLS = 1 << 20  # of all these keys
_MOST_SHAPES = 1000  # of empty keys, by how many of the columns are absent


@dataclass(slots=True)
class EmptyKeys(Remark):
    """Counts the records with one empty `key`; all but the one that is kept, if any, go as duplicates."""

    key: bytes = b""
    retain: Keep = "first"

    def reported(self) -> Sighting:
        """All of them but the record that is kept; the place is that of the first one that is dropped."""
        gone = self.seen.count - (self.retain != "none")
        if self.seen.count < 2:
            return Sighting()
        first = 1 if self.retain == "first" else 0
        return Sighting(gone, self.seen.of, self.seen.spots[first : first + 1])


@dataclass(eq=False)
class Keyed(KeyedSelector):
    """`positions` None compares whole records; `sampled` puts the number of keys and ten of them in the receipt.

    `keeps_empty`: records whose key is empty are no duplicates of each other. `empty` are the usual forms of such a
    key, the one without absent fields first; for each there is a remark.
    """

    positions: Sequence[int] | None
    retain: Keep
    ignore: frozenset[str]
    sampled: bool = False
    keeps_empty: bool = False
    empty: tuple[bytes, ...] = ()
    delimiter: bytes = b""
    remarks: Sequence[EmptyKeys] = ()

    @classmethod
    def of(cls, positions: Sequence[int] | None, context: Context, retain: Keep, **more: Any) -> Keyed:
        """A key is empty when all its fields are; of whole records, when they have the header's width, too."""
        positions = positions and list(dict.fromkeys(positions))  # named twice, a column is no other key
        delimiter = byte_dialect_of(context).delimiter
        empty = _empty_keys(positions, len(context.columns), delimiter)
        names = [context.columns[place] for place in positions or ()]
        column = names[0] if len(names) == 1 else None
        describe = partial(_describe, names, "dedup" if "keeps_empty" in more else "unique")
        remarks = [EmptyKeys("empty_keys", describe, column, most=2, key=key, retain=retain) for key in empty]
        kept = more.get("keeps_empty", False)
        return cls(positions, retain, **more, empty=empty, delimiter=delimiter, remarks=[] if kept else remarks)

    def spill(self, batch: Batch, sink: KeySink) -> None:
        """Give the records' keys to `sink`, and count the empty ones."""
        if sink.secret is not None and not self.ignore:
            digests = batch.digests(self.positions, sink.secret)
            if digests is not None:
                self._spill_digests(batch, digests, sink)
                return
        for part in some(batch, len(self.positions or ()) or batch.width):
            self._spill_keys(part, sink)
            self.heartbeat()

    def _spill_keys(self, batch: Batch, sink: KeySink) -> None:
        keys, rows = self.keys(batch), batch.rows
        self.see(keys, rows)
        if self.keeps_empty:
            filled = [not self.is_empty(key) for key in keys]
            keys, rows = list(compress(keys, filled)), list(compress(rows, filled))
        sink.add(keys, rows)

    def _spill_digests(self, batch: Batch, digests: Digests, sink: KeySink) -> None:
        """The same for records that all have the header's width, so that only one empty key is possible."""
        empty = sink.digest(self.empty[0])
        for remark in self.remarks[:1]:
            count, rows = digests.count(empty, remark.most)
            remark.add(len(batch), count, [(row, None) for row in rows])
        sink.add_digests(digests.without(empty) if self.keeps_empty else digests)

    def see(self, keys: Sequence[bytes], rows: Sequence[int]) -> None:
        """Count the empty ones among the keys of the records in `rows`."""
        shapes = {remark.key: remark for remark in self.remarks}
        met: dict[bytes, list[int]] = {}
        for row, key in compress(zip(rows, keys, strict=True), map(shapes.__contains__, keys)):
            met.setdefault(key, []).append(row)
        for key, remark in shapes.items():
            found = met.get(key, [])
            remark.add(len(keys), len(found), [(row, None) for row in found[:2]])

    def is_empty(self, key: bytes) -> bool:
        """Whether the key has nothing but empty and absent fields."""
        return key in self.empty or (key[:1] == b"\n" and not key.replace(self.delimiter, b"").strip(b"\n"))

    def keys(self, batch: Batch) -> list[bytes]:
        """See `KeyedSelector.keys`."""
        if not self.ignore:
            return batch.keys(self.positions)
        delimiter = batch.byte_dialect.delimiter
        return [
            canonical([self._fold(cell, batch.byte_dialect) for cell in row], delimiter) for row in self._cells(batch)
        ]

    def _cells(self, batch: Batch) -> Sequence[Sequence[Cell]]:
        if self.positions is None:
            return [batch.fields(index) for index in range(len(batch))]
        return list(zip(*(batch.column(position) for position in self.positions), strict=True))

    def _fold(self, cell: Cell, byte_dialect: ByteDialect) -> Cell:
        """The cell as `ignore` sees it: Unicode case folding; outer spaces gone and inner runs of them one."""
        if cell is None:
            return None
        text = byte_dialect.decode(cell)
        if "case" in self.ignore:
            text = text.casefold()
        if "space" in self.ignore:
            text = " ".join(text.split())
        return text.encode("utf-8", "surrogatepass")

    def sample(self, kept: Batch) -> list[str]:
        """The first ten values among `kept`; of several columns, joined by a delimiter for show."""
        byte_dialect = kept.byte_dialect
        rows = islice(self._cells(kept.select(bytes(index < SAMPLE for index in range(len(kept))))), SAMPLE)
        shown = (byte_dialect.delimiter.join(cell or b"" for cell in row) for row in rows)
        return [cell.decode(byte_dialect.inner, "replace") for cell in shown]


def _empty_keys(positions: Sequence[int] | None, width: int, delimiter: bytes) -> tuple[bytes, ...]:
    """The key of nothing but empty fields, and those in which the last ones of them are absent."""
    if positions is None:
        return (delimiter * (width - 1),)
    ends = sorted(positions, reverse=True)[: min(_MOST_SHAPES, _MOST_CELLS // len(positions)) - 1]
    shapes = ([b"" if place < end else None for place in positions] for end in (sys.maxsize, *ends))
    return tuple(canonical(shape, delimiter) for shape in shapes)


def _describe(names: Sequence[str], operation: str, seen: Sighting) -> tuple[str, str | None]:
    where = f"are empty in {', '.join(map(repr, names))}" if names else "have nothing but empty fields"
    detail = f"{seen.count} of {seen.of} records went as duplicates although they {where}"
    step = '"empty": "keep" keeps them' if operation == "dedup" else 'dedup with "empty": "keep" keeps them'
    return detail, step
