"""The selector of dedup and unique: the key of each record, and a sample of those that stayed."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from itertools import compress, islice
from typing import TYPE_CHECKING, Any

from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.keys import canonical
from csvapi.steps.folding import folded_cell, folded_row
from csvapi.steps.growth import some
from csvapi.steps.near_duplicates import NearDuplicates
from csvapi.steps.params import IGNORABLE
from csvapi.steps.ranks import Extreme
from csvapi.steps.remarks import Remark, Sighting, Spot
from csvapi.steps.selecting import SAMPLE, KeyedSelector
from csvapi.steps.writing import byte_dialect_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from csvapi.csvio.batch import Batch, Cell
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.csvio.keys import Digests
    from csvapi.spill.duplicates import Keep
    from csvapi.spill.key_files import KeySink
    from csvapi.spill.ranked_keys import RankedKeys
    from csvapi.steps.ranks import Ranks
    from csvapi.steps.step import Context, Counts
    from csvapi.steps.typed_keys import Typed

_DIGEST = 16  # bytes
_MOST_CELLS = 1 << 20  # of all these keys
_RANKED = 8  # texts that are made of a record besides its key: cells, rank, digest, entry
_MOST_SHAPES = 1000  # of empty keys, by how many of the columns are absent


@dataclass(slots=True)
class EmptyKeys(Remark):
    """Counts the records with one empty `key`; all but the one that is kept, if any, go as duplicates. `first` is the
    first one that goes, once that is decided."""

    key: bytes = b""
    retain: Keep = "first"
    first: list[Spot] = field(default_factory=list)

    def reported(self) -> Sighting:
        """All of them but the record that is kept; the place is that of the first one that is dropped."""
        if self.seen.count < 2:
            return Sighting()
        return Sighting(self.seen.count - (self.retain != "none"), self.seen.of, self.first)


@dataclass(eq=False)
class Keyed(KeyedSelector):
    """`positions` None compares whole records; `sampled` puts the number of keys and ten of them in the receipt.

    `typed` are those of `positions`, by their place, that are compared as numbers or dates.
    `ranks` decide which record stays, where it is not its place. `keeps_empty`: records whose key is empty are no
    duplicates of each other. `empty` are the usual forms of such a key, the one without absent fields first; for each
    there is a remark.
    """

    positions: Sequence[int] | None
    retain: Keep
    ignore: frozenset[str]
    sampled: bool = False
    keeps_empty: bool = False
    empty: tuple[bytes, ...] = ()
    delimiter: bytes = b""
    typed: Mapping[int, Typed] = field(default_factory=dict)
    ranks: Ranks | None = None
    empties: Sequence[EmptyKeys] = ()
    near: NearDuplicates | None = None

    @classmethod
    def of(cls, positions: Sequence[int] | None, context: Context, retain: Keep, **more: Any) -> Keyed:
        """A key is empty when all its fields are; of whole records, when they have the header's width, too."""
        if positions and not more.get("typed"):
            positions = list(dict.fromkeys(positions))  # named twice, a column is no other key
        delimiter = byte_dialect_of(context).delimiter
        empty = _empty_keys(positions, len(context.columns), delimiter)
        names = list(dict.fromkeys(context.columns[place] for place in positions or ()))
        column = names[0] if len(names) == 1 else None
        describe = partial(_describe, names, "dedup" if "keeps_empty" in more else "unique")
        remarks = [EmptyKeys("empty_keys", describe, column, most=2, key=key, retain=retain) for key in empty]
        kept = more.get("keeps_empty", False)
        near = None
        if not more.get("typed") and not more.get("ignore", frozenset()).issuperset(IGNORABLE):
            near = NearDuplicates.of(len(positions or context.columns))
        more |= {"empty": empty, "delimiter": delimiter, "near": near}
        return cls(positions, retain, **more, empties=[] if kept else remarks)

    def __post_init__(self) -> None:
        self.ranked = self.ranks is not None
        self.asked = {each.pointer: each.asked for each in self.typed.values()} | (
            self.ranks.asked if self.ranks else {}
        )
        more = [self.near] if self.near else []
        self.compared = self.near.compared if self.near else 0
        self.remarks = [*self.empties, *self.asked.values(), *(self.ranks.remarks if self.ranks else ()), *more]

    def spill(self, batch: Batch, sink: KeySink) -> None:
        """Give the records' keys to `sink`, and count the empty ones."""
        if sink.secret is not None and self._plain:
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
            filled = self._filled(keys)
            keys, rows = list(compress(keys, filled)), list(compress(rows, filled))
        sink.add(keys, rows)

    def rank(self, batch: Batch, sink: RankedKeys) -> None:
        """See `KeyedSelector.rank`."""
        assert self.ranks is not None  # noqa: S101  `ranked`
        if self._rank_indexed(batch, sink):
            return
        for part in some(batch, _RANKED + (len(self.positions or ()) or batch.width)):
            keys, ranks, rows = self.keys(part), self.ranks.of(part), part.rows
            self.see(keys, rows)
            filled = self._filled(keys) if self.keeps_empty else [True] * len(keys)
            sink.add(list(compress(keys, filled)), list(compress(ranks, filled)), list(compress(rows, filled)))
            self.heartbeat()

    def _rank_indexed(self, batch: Batch, sink: RankedKeys) -> bool:
        """The same by the kernel, where it can."""
        if sink.secret is None or not self._plain or not isinstance(batch, IndexedBatch):
            return False
        ranks = self.ranks
        ranking = ranks.by_kernel(batch) if isinstance(ranks, Extreme) and not self.keeps_empty else None
        if ranking is None or not isinstance(ranks, Extreme):
            return False
        digests = batch.digests(self.positions, sink.secret)
        self._see_digests(batch, digests, sink)
        empty = sink.add_indexed(batch, ranking, digests)
        ranks.count(len(batch) - len(ranking.ranks) - empty)
        self.heartbeat()
        return True

    def _filled(self, keys: Sequence[bytes]) -> list[bool]:
        return [not self.is_empty(key) for key in keys]

    def decided(self, goes: Callable[[int], bool]) -> None:
        """See `KeyedSelector.decided`."""
        for remark in self.empties:
            remark.first = [spot for spot in remark.seen.spots if goes(spot.row)][:1]

    def _spill_digests(self, batch: Batch, digests: Digests, sink: KeySink) -> None:
        """The same for records that all have the header's width."""
        empty = self._see_digests(batch, digests, sink)
        sink.add_digests(digests.without(empty) if self.keeps_empty else digests)

    def _see_digests(self, batch: Batch, digests: Digests, sink: KeySink | RankedKeys) -> bytes:
        """Count those of empty keys, of which only one is possible in records of the header's width; its digest."""
        empty = sink.digest(self.empty[0])
        for remark in self.empties[:1]:
            count, rows = digests.count(empty, remark.most)
            remark.add(len(batch), count, [(row, None) for row in rows])
        for remark in self.empties[1:]:
            remark.add(len(batch), 0, ())  # no field of these records is absent
        return empty

    def see(self, keys: Sequence[bytes], rows: Sequence[int]) -> None:
        """Count the empty ones among the keys of the records in `rows`."""
        shapes = {remark.key: remark for remark in self.empties}
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
        if self._plain:
            return batch.keys(self.positions)
        delimiter = batch.byte_dialect.delimiter
        if self.typed and self.positions is not None:
            columns = (self._compared(batch, place, position) for place, position in enumerate(self.positions))
            return [canonical(row, delimiter) for row in zip(*columns, strict=True)]
        rows = self._cells(batch)
        return [canonical(folded_row(row, batch.byte_dialect, self.ignore), delimiter) for row in rows]

    @property
    def _plain(self) -> bool:
        """Whether cells are compared as they are."""
        return not self.ignore and not self.typed

    def _compared(self, batch: Batch, place: int, position: int) -> list[Cell]:
        if place in self.typed:
            return self.typed[place].keys(batch, self._fold)
        return [self._fold(cell, batch.byte_dialect) for cell in batch.column(position)]

    def _cells(self, batch: Batch) -> Sequence[Sequence[Cell]]:
        if self.positions is None:
            return [batch.fields(index) for index in range(len(batch))]
        return list(zip(*(batch.column(position) for position in self.positions), strict=True))

    def _fold(self, cell: Cell, byte_dialect: ByteDialect) -> Cell:
        return folded_cell(cell, byte_dialect, self.ignore)

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        found = {pointer: remark.seen.count for pointer, remark in self.asked.items()}
        return {"not_comparable": found} if found else {}

    def folded(self, kept: Batch) -> list[bytes]:
        """See `KeyedSelector.folded`: without regard to case and spaces; empty where all cells are."""
        byte_dialect = kept.byte_dialect
        rows = (folded_row(row, byte_dialect, IGNORABLE) for row in self._cells(kept))
        keys = (canonical(row, byte_dialect.delimiter) if any(row) else b"" for row in rows)
        return [key and blake2b(key, digest_size=_DIGEST).digest() for key in keys]

    def see_stayed(self, stayed: Sequence[tuple[int, bytes]]) -> None:
        """See `KeyedSelector.see_stayed`."""
        if self.near:
            self.near.see(stayed)

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
