"""Writing indexed batches anew, by the kernel: what select and normalise do with plain records."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, TypeGuard

from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.native_parser import native_form
from csvapi.native.rewriting import Rewriter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.batch import Batch
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.native.rewriting import CellTexts

_EACH = 4  # bytes that quotes, a delimiter or a line end add to a field or a record, at most


class Rewriting:
    """Writes indexed batches anew: the fields of `columns`, counted from 0, as records of `byte_dialect`.

    `of` gives None for what only Python can write: a batch that is no index, an encoding that is not the one of
    `byte_dialect`, a dialect without doubled quotes, records that might become longer than `limit` bytes. What it gives
    is valid until its next call. Memory: a few times a batch.
    """

    def __init__(
        self, byte_dialect: ByteDialect, columns: Sequence[int], limit: int, *, quote_all: bool = False
    ) -> None:
        self.byte_dialect, self.columns, self.limit, self.quote_all = byte_dialect, columns, limit, quote_all
        self._times = max(Counter(columns).values(), default=0)

    @cached_property
    def _rewriter(self) -> Rewriter | None:
        form, line_end = native_form(self.byte_dialect, len(self.columns)), self.byte_dialect.dialect.line_end.encode()
        if form is None or not form.quote or not form.doubled or line_end not in (b"\n", b"\r\n"):
            return None
        return Rewriter(form, self.columns, line_end, quote_all=self.quote_all)

    def takes(self, batch: Batch) -> TypeGuard[IndexedBatch]:
        """Whether the kernel may write the batch."""
        return (
            isinstance(batch, IndexedBatch)
            and batch.byte_dialect.inner == self.byte_dialect.inner
            and self._rewriter is not None
        )

    def of(self, batch: Batch, texts: Sequence[CellTexts] = ()) -> IndexedBatch | None:
        """The records of a batch written anew, with the rows they had. `columns` from the batch's width on are `texts`,
        each of all records."""
        if not self.takes(batch) or self._rewriter is None:
            return None
        size = batch.index.size + sum(len(each.text) for each in texts)
        longest = 2 * self._times * size + _EACH * (len(self.columns) + 1)  # of a record, at most
        if longest > self.limit or max(self.columns) >= batch.width + len(texts):
            return None
        index = self._rewriter.rewrite(batch.index, batch.kept, texts=texts)
        return None if index is None else IndexedBatch(self.byte_dialect, index, batch.start, None, batch.places)
