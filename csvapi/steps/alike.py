"""What both forms of `similar` share: the texts that are compared, their blocks, and what could not be compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, partial
from struct import Struct
from typing import TYPE_CHECKING, Any

from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.keys import canonical
from csvapi.native.wording import Wording
from csvapi.steps.clusters import Clusters
from csvapi.steps.remarks import Remark, Sighting
from csvapi.steps.similarity import (
    COLLIDING,
    LONGEST,
    MEASURED,
    fingerprint,
    letters,
    ngram_fingerprint,
    phonetic,
    plain,
    plain_letter,
    word_letter,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from csvapi.csvio.batch import Batch
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.spill.ranked_keys import RankedKeys
    from csvapi.steps.step import Context


_PLACE = Struct(">IQ")
_LAST = (1 << 32) - 1, (1 << 64) - 1


@dataclass
class Alike:
    """`positions` are the columns that are compared, `block` those by which records are put into blocks before."""

    positions: list[int]
    block: list[int]
    method: str
    size: int
    prefix: int
    threshold: float
    largest: int
    crowd: Remark = field(default_factory=lambda: Remark("not_compared", _crowd))
    long: Remark = field(default_factory=lambda: Remark("not_compared", _long))

    @classmethod
    def of(cls, params: dict[str, Any], context: Context, pointer: str) -> Alike:
        """By the valid parameters of the step."""
        positions = [context.position(name, f"{pointer}/columns/{at}") for at, name in enumerate(params["columns"])]
        block = [context.position(name, f"{pointer}/block/{at}") for at, name in enumerate(params.get("block", ()))]
        method = params.get("method", COLLIDING[0])
        largest = params.get("largest", 1000)
        threshold = float(params.get("threshold", 0.9))
        return cls(positions, block, method, params.get("size", 2), params.get("prefix", 3), threshold, largest)

    @property
    def remarks(self) -> list[Remark]:
        """What is counted for warnings."""
        return [self.crowd, self.long] if self.method in MEASURED else []

    def texts(self, batch: Batch) -> list[str]:
        """What is compared of each record: its cells with a space between them."""
        decode = batch.byte_dialect.decode
        columns = [batch.column(at) for at in self.positions]
        if len(columns) == 1:
            return [plain(decode(cell)) if cell else "" for cell in columns[0]]
        rows = zip(*columns, strict=True)
        return [plain(" ".join(decode(cell) for cell in row if cell)) for row in rows]

    def keys(self, batch: Batch, texts: Sequence[str]) -> list[bytes | None]:
        """The key of the block that a record belongs to; None for one that is compared with no other: it is empty, or
        too long."""
        if self.method not in MEASURED:
            make = self._collide
            return [made.encode("utf-8", "surrogatepass") if (made := make(text)) else None for text in texts]
        far = [(row, None) for row, text in zip(batch.rows, texts, strict=True) if len(text) > LONGEST]
        self.long.add(len(texts), len(far), far[:1])
        return [
            key if text and len(text) <= LONGEST else None
            for key, text in zip(self._blocks(batch, texts), texts, strict=True)
        ]

    @property
    def _collide(self) -> Callable[[str], str]:
        ways: dict[str, Callable[[str], str]] = {
            "ngram": partial(ngram_fingerprint, size=self.size),
            "phonetic": phonetic,
            "fingerprint": fingerprint,
        }
        return ways[self.method]

    def _blocks(self, batch: Batch, texts: Sequence[str]) -> list[bytes]:
        if not self.block:
            return [_encoded(text[: self.prefix]) for text in texts]
        byte_dialect = batch.byte_dialect
        rows = zip(*(batch.column(at) for at in self.block), strict=True)
        return [canonical([_folded(cell, byte_dialect) for cell in row], byte_dialect.delimiter) for row in rows]

    def enter(self, batch: Batch, entries: RankedKeys, ranks: Sequence[bytes]) -> None:
        """Add the records that are compared, with what is compared of them."""
        texts = self.texts(batch)
        found = [
            (key, rank, row, text[:LONGEST].encode("utf-8", "surrogatepass"))
            for key, rank, row, text in zip(self.keys(batch, texts), ranks, batch.rows, texts, strict=True)
            if key is not None
        ]
        if found:
            keys, kept, rows, given = map(list, zip(*found, strict=True))
            entries.add(keys, kept, rows, given)

    def enter_words(self, batch: Batch, entries: RankedKeys, *, last: bool) -> Batch:
        """The same by the kernel where it can, by the place in the file; gives the records that are left."""
        if self.method != COLLIDING[0] or entries.secret is None:
            return batch
        if not isinstance(batch, IndexedBatch) or not batch.index.scanner.form.utf8:
            return batch
        return batch.select(entries.add_words(batch, self.positions, _wording(last=last)))

    def places(self, batch: Batch, entries: RankedKeys, *, last: bool = False) -> list[bytes]:
        """The ranks of records by their places in the file, as the kernel has them."""
        origin = entries.origin
        if last:
            return [_PLACE.pack(_LAST[0] - origin, _LAST[1] - row) for row in batch.rows]
        return [_PLACE.pack(origin, row) for row in batch.rows]

    def clusters(self, heartbeat: Callable[[], None]) -> Clusters:
        """How they come together."""
        return Clusters(self.method, self.threshold, self.largest, self._beyond, heartbeat)

    def _beyond(self, row: int, count: int) -> None:
        self.crowd.add(count, count, [(row, None)])


@cache
def _wording(*, last: bool) -> Wording:
    return Wording(letters(plain_letter), letters(word_letter), last)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _folded(cell: bytes | None, byte_dialect: ByteDialect) -> bytes:
    return _encoded(fingerprint(byte_dialect.decode(cell))) if cell else b""


def _crowd(seen: Sighting) -> tuple[str, str]:
    detail = f"{seen.count} records are in blocks too large to compare each with each"
    return detail, "choose columns for block that divide them, a longer prefix, or a larger largest"


def _long(seen: Sighting) -> tuple[str, str]:
    verb = "has" if seen.count == 1 else "have"
    detail = f"{seen.count} of {seen.of} records {verb} more than {LONGEST} characters to compare, and {verb} not been"
    return detail, "choose shorter columns, or the method fingerprint"
