"""The profile of a column in indexed batches: the kernel counts its values and, where these are too many, its cells.

Both give the same profile as `ColumnProfile.add`, in whatever order the three are mixed.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import compress
from typing import TYPE_CHECKING

from csvapi.native.buckets import EACH as EACH_BUCKET
from csvapi.native.buckets import BucketTable
from csvapi.native.cells import cells
from csvapi.native.profiling import EACH, NONE, Summary, ValueCounter, total
from csvapi.native.structures import SCALES
from csvapi.steps.buckets import MOST
from csvapi.steps.column_profile import KINDS
from csvapi.steps.hyperloglog import FEW
from csvapi.steps.numbers import SPACES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.csvio.indexed import IndexedBatch
    from csvapi.native.structures import SummaryStruct
    from csvapi.steps.column_profile import ColumnProfile

_SAME = bytes(range(256))
_SPACES = b" \t\xc2\xa0\xe2\x80\xaf"  # bytes of spaces that the kernel knows
_LEAST, _MOST = 256, 1 << 16  # values that are worth a table, and that Python is given at once


def values_of(bound: int, memory: int, columns: int) -> int:
    """How many values of each column can be counted in so much memory; 0 where there is too little. Never more than one
    above the bound, which is enough to know that it is passed.
    """
    found = min(max(bound, FEW) + 1, _MOST, memory // (EACH * max(1, columns)))
    return found if found >= _LEAST else 0


def buckets_of(memory: int, columns: int) -> int:
    """How many buckets of each column can be counted in so much memory; 0 where there is too little. Never more than
    there may be of both kinds: then to find no room for one always means that they become wider."""
    found = min(2 * MOST, memory // (EACH_BUCKET * max(1, columns)))
    return found if found >= _LEAST else 0


def ranks_of(byte_dialect: ByteDialect) -> bytes | None:
    """The rank of each byte in the order of code points; None where the kernel cannot distinguish texts from values,
    because a character may have several bytes or a value may have spaces around it that the kernel does not know."""
    undefined = b"" if byte_dialect.ordered else byte_dialect.undecodable
    if byte_dialect.ordered or undefined is None:
        return _SAME if byte_dialect.ordered else None
    texts = [byte_dialect.decode(bytes((byte,))) for byte in range(256)]
    if any(text in SPACES and byte not in _SPACES for byte, text in enumerate(texts)):
        return None
    order = sorted(range(256), key=texts.__getitem__)
    return bytes(map(order.index, range(256))) if texts[0] == "\0" else None


class IndexedColumn:
    """One column; `flush` puts into `profile` what is known so far. `most` values and `buckets` have room at once."""

    def __init__(
        self, profile: ColumnProfile, position: int, most: int, buckets: int, secret: bytes, byte_dialect: ByteDialect
    ) -> None:
        self.position, self.most, self.secret, self.byte_dialect = position, most, secret, byte_dialect
        self.ranks = ranks_of(byte_dialect)
        self.table = BucketTable(buckets, secret) if buckets else None
        self.begin(profile)

    def begin(self, profile: ColumnProfile) -> None:
        """Go on with an empty profile."""
        self.profile = profile
        self.counter: ValueCounter | None = ValueCounter(self.most, self.secret)
        self.rows: list[int] = []  # of the first cell of each value
        self.summary = Summary(None if self.ranks == _SAME else self.ranks)
        if self.table:
            self.table.widen(1, 1)

    def add(self, batch: IndexedBatch) -> None:
        """Take a batch's cells of the column."""
        done = self._count(batch, self.counter) if self.counter is not None else 0
        if self.counter is None and done < len(batch.index):
            kept = batch.kept or b"\1" * len(batch.index)
            self._summarise(batch, bytes(done) + kept[done:] if done else batch.kept, self.summary)

    def flush(self) -> None:
        """Put what was counted into the profile."""
        if self.counter is not None:
            self._flush_counter(self.counter)
        self._flush_summary(self.summary)
        self._take_buckets({})

    def _take_buckets(self, lost: Mapping[bytes, int]) -> None:
        """Put the counts of buckets into the profile, and values whose bucket had no room, each with its count."""
        spread, table = self.profile.spread, self.table
        if not spread or not table:
            return
        numbers, moments = table.taken()
        spread.numbers.add(numbers)
        spread.moments.add(moments)
        self.profile.add_spread(lost, self.byte_dialect)
        table.widen(spread.numbers.width, spread.moments.width)

    def _flush_counter(self, counter: ValueCounter) -> None:
        """Put the counted values into the profile, and begin to count again."""
        unknown = b"\1" * len(counter) if self.ranks is None else self.summary.add_kinds(counter, self.table)
        found, profile = counter.taken(), self.profile
        counted = dict(zip(found.texts, found.counts, strict=True))
        profile.add_values(counted, found.empty, self.byte_dialect)
        if self.ranks is not None:
            if self.table and self.summary.found.lost:
                self._take_buckets({text: counted[text] for text in compress(found.texts, self.table.lost)})
            for kind, number in zip(KINDS, self.summary.found.stranger, strict=True):
                if number != NONE:
                    profile.note_stranger(kind, self.rows[number], found.texts[number])
        if 1 in unknown:
            asked, rows = list(compress(found.texts, unknown)), list(compress(self.rows, unknown))
            profile.add_kinds({text: counted[text] for text in asked}, asked, rows, self.byte_dialect)
        self.rows = []

    def _count(self, batch: IndexedBatch, counter: ValueCounter) -> int:
        """Count the values of the index's records up to the one that is returned; the rest go to the summary."""
        done, rows = 0, batch.all_rows
        while done < len(batch.index):
            known = len(counter)
            done = counter.add(batch.index, self.position, batch.kept, done)
            self.rows += map(rows.__getitem__, counter.records(known))
            if done == len(batch.index):
                break
            if not len(counter):  # a cell that no table has room for
                self.profile.add([*self._cells(batch, {done}).values()], [rows[done]], self.byte_dialect)
                done += 1
            self._flush_counter(counter)
            if self.profile.distinct.registers and self.ranks is not None:
                self.counter = None
                least, most = map(self._cell, self.profile.ranges["text"])
                self.summary.expect((least, most))
                break
        return done

    def _summarise(self, batch: IndexedBatch, kept: bytes | None, summary: Summary) -> None:
        found, profile = summary.found, self.profile
        distinct = profile.distinct
        unknown, below = summary.add(
            batch.index, self.position, distinct.registers, kept, distinct.sample.limit, self.table
        )
        profile.records += len(batch.index) if kept is None else kept.count(1)
        self._note_texts(batch, found)
        if found.below:
            distinct.add_sampled(cells(batch.index, self.position, below))
        if self.table and found.lost:
            self._take_buckets(Counter(cells(batch.index, self.position, self.table.lost)))
        if found.unknown:
            asked, rows = cells(batch.index, self.position, unknown), list(compress(batch.all_rows, unknown))
            profile.add_kinds(Counter(asked), asked, rows, self.byte_dialect)

    def _note_texts(self, batch: IndexedBatch, found: SummaryStruct) -> None:
        """The extremes and strangers of one batch."""
        rows, profile = batch.all_rows, self.profile
        strangers = {
            kind: record
            for kind, record in zip(KINDS, found.stranger, strict=True)
            if record != NONE and (kind not in profile.strangers or rows[record] < profile.strangers[kind][0])
        }
        ends = {record for record in (found.least, found.most) if record != NONE}
        if not strangers and not ends:
            return
        texts = self._cells(batch, ends.union(strangers.values()))
        for kind, record in strangers.items():
            profile.note_stranger(kind, rows[record], texts[record])
        for record in ends:
            text = self._text(texts[record])
            profile.note_range("text", text, text)

    def _flush_summary(self, summary: Summary) -> None:
        found, profile = summary.found, self.profile
        profile.empty += found.empty
        profile.longest = max(profile.longest, found.longest)
        for scale, kind in enumerate(summary.kinds()):
            if not kind.count:
                continue
            ends = [(each.number, each.text) for each in (kind.least, kind.most)]
            if scale == SCALES:
                profile.note_count("date", kind.count)
                profile.note_range("date", *(((seconds, ""), text) for seconds, text in ends))
                continue
            profile.note_sum(total(kind), scale)
            for name in ("number",) if scale else ("integer", "number"):
                profile.note_count(name, kind.count)
                profile.note_range(name, *((Decimal(text.decode()), text) for _, text in ends))

    def _text(self, cell: bytes) -> bytes:
        """A cell as the profile orders texts."""
        return cell if self.byte_dialect.ordered else self.byte_dialect.decode(cell).encode("utf-8", "replace")

    def _cell(self, text: bytes) -> bytes:
        return text if self.byte_dialect.ordered else text.decode().encode(self.byte_dialect.inner, "replace")

    def _cells(self, batch: IndexedBatch, records: set[int]) -> dict[int, bytes]:
        """The cells of some records of the index."""
        mask = bytearray(len(batch.index))
        for record in records:
            mask[record] = 1
        return dict(zip(sorted(records), cells(batch.index, self.position, mask), strict=True))
