"""Records of two files as the kernel enters them: with digests of their keys and of all that is compared, so that only
those that differ have to be read again."""

from __future__ import annotations

import marshal
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvapi.csvio.indexed import IndexedBatch, IndexedDigests
from csvapi.csvio.records import cut
from csvapi.native.entries import Ranking
from csvapi.native.keys import DIGEST
from csvapi.native.sorting import Strings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.batch import Batch
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.spill.ranked_keys import RankedKeys

_MARK = b"\0"  # before a record that the kernel entered; no text of `marshal` begins with it


@dataclass(frozen=True)
class Versions:
    """One of the two files: the columns of its key and those that are compared, in the same order in both files.

    `plain` says that cells are compared as they are, in one encoding, and that nobody asks for records that are the
    same. `delimiter` is that of the keys.
    """

    byte_dialect: ByteDialect
    keys: Sequence[int]
    compared: Sequence[int]
    delimiter: bytes
    plain: bool

    @property
    def whole(self) -> bool:
        """Whether the kernel can make digests of these columns."""
        distinct = all(len(set(each)) == len(each) > 0 for each in (self.keys, self.compared))
        return self.plain and distinct and self.byte_dialect.delimiter == self.delimiter

    def enter(self, batch: Batch, entries: RankedKeys, rank: bytes) -> bool:
        """Add the records of a batch, if the kernel can; they all have the header's width."""
        if not self.whole or entries.secret is None or not isinstance(batch, IndexedBatch):
            return False
        if batch.index.scanner.form.delimiter != self.delimiter:
            return False
        found = batch.digests(self.keys, entries.secret)
        of_keys = IndexedDigests(memoryview(array("Q", found.found.tobytes())), found.rows, found.kept)
        versions = batch.digests(self.compared, entries.secret).found
        entries.add_indexed(batch, Ranking(rank, bytes(len(batch.index)), Strings()), of_keys, versions)
        return True

    def fields(self, text: bytes) -> list[bytes]:
        """The fields of a record, of the text of its entry."""
        if not text.startswith(_MARK):
            found: list[bytes] = marshal.loads(text)  # noqa: S302  we wrote it ourselves
            return found
        raw = text[len(_MARK) + DIGEST :]
        if not self.byte_dialect.quote or self.byte_dialect.quote not in raw:
            return raw.rstrip(b"\r\n").split(self.byte_dialect.delimiter)
        parsed = cut(raw, self.byte_dialect, final=True)
        return parsed.parsed_fields.get(0) or parsed.line_texts[0].split(self.byte_dialect.delimiter)
