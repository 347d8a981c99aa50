"""The records of a second file by their keys, as an index on disk."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.keys import canonical
from csvapi.csvio.native_parser import native_form
from csvapi.csvio.rewriting import Rewriting
from csvapi.native.ordering import Texts
from csvapi.spill.hash_index import HashIndex, HashIndexWriter
from csvapi.spill.native_index_writer import NativeHashIndexWriter
from csvapi.steps.folding import folded_cell
from csvapi.steps.growth import some
from csvapi.steps.writing import records

if TYPE_CHECKING:
    from csvapi.csvio.batch import Batch, Cell
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.spill.native_index import NativeHashIndex
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.near_keys import NearKeys
    from csvapi.steps.second_input import SecondInput
    from csvapi.steps.step import Context


@dataclass
class SecondIndex:
    """Reads `second` once: the columns `right` of a record form its key, those in `taken` what is appended to a record
    of the first file, which `context` and `byte_dialect` are about. Records with an empty key are left out.

    Memory: see `spill.hash_index` and `spill.native_index_writer`.
    """

    context: Context
    byte_dialect: ByteDialect
    second: SecondInput
    right: list[int]
    taken: list[int]
    ignore: frozenset[str] = frozenset()
    near: NearKeys | None = None

    def built(self, workspace: Workspace) -> HashIndex | NativeHashIndex:
        """The index, by the kernel where the workspace says that it may be used."""
        kind = NativeHashIndexWriter if workspace.native else HashIndexWriter
        with kind(workspace, f"join-{id(self)}") as writer:
            self.fill(writer, workspace)
            return writer.finish()

    def known(self, most: int) -> None:
        """Know the keys of the first `most` records, where no index is made here."""
        if self.near and most:
            with closing(self.second.batches()) as batches:
                for batch in batches:
                    self.near.know(batch, self.right, self.key)
                    if not self.near.whole:
                        return

    def fill(
        self,
        writer: HashIndexWriter | NativeHashIndexWriter,
        workspace: Workspace,
        bounds: tuple[int, int] | None = None,
    ) -> None:
        """Give the writer all records, or those of a range; see `SecondInput.batches`."""
        texts = self._kernels if isinstance(writer, NativeHashIndexWriter) else None
        for batch in self.second.batches(native=texts is not None, bounds=bounds):
            if self.near:
                self.near.know(batch, self.right, self.key)
            alike = self.alike(batch)
            if texts and alike and isinstance(writer, NativeHashIndexWriter):
                writer.add_batch(alike, self.right, texts)
                workspace.heartbeat()
            else:
                self._add(batch, writer, workspace)

    def _add(self, batch: Batch, writer: HashIndexWriter | NativeHashIndexWriter, workspace: Workspace) -> None:
        for few in some(batch, len(self.second.columns)):
            writer.add(*self._entries(few))
            workspace.heartbeat()

    @property
    def _kernels(self) -> Texts | None:
        """How the kernel writes what is appended to a record; None where it has none: it needs quotes for any text,
        and columns that are apart for a key."""
        form = native_form(self.byte_dialect, 1)
        if self.ignore or form is None or not form.quote or not form.doubled or len({*self.right}) < len(self.right):
            return None
        return Texts(form, self.taken)

    def alike(self, batch: Batch) -> IndexedBatch | None:
        """A batch of the second file in the encoding and with the delimiter of the first; None where the kernel has no
        way to it."""
        mine, theirs = self.byte_dialect, batch.byte_dialect
        if not isinstance(batch, IndexedBatch):
            return None
        if (mine.codec, mine.inner) != (theirs.codec, theirs.inner) and not bytes(batch.index.text).isascii():
            return None
        return batch if mine.delimiter == theirs.delimiter else self._rewriting.of(replace(batch, byte_dialect=mine))

    @cached_property
    def _rewriting(self) -> Rewriting:
        return Rewriting(self.byte_dialect, range(len(self.second.columns)), self.context.max_record)

    def _entries(self, batch: Batch) -> tuple[list[bytes], list[bytes]]:
        """The keys of a batch of the second file, and what each stands for."""
        kept: list[bytes] = []
        rows: list[list[bytes]] = []
        for number in range(len(batch)):
            fields: list[Cell] = [*batch.fields(number)]
            fields += [None] * (len(self.second.columns) - len(fields))
            key = self.key([fields[at] for at in self.right])
            if key is not None:
                kept.append(key)
                rows.append(self.second.into(self.byte_dialect, [fields[at] for at in self.taken]))
        with self.second.blamed():
            return kept, self._texts(rows)

    def _texts(self, rows: list[list[bytes]]) -> list[bytes]:
        """What is appended to a record's own fields; nothing where only its keys are asked for."""
        if not self.taken:
            return [b""] * len(rows)
        lead = [[b"", *row] for row in rows]  # an empty field before them writes the delimiter, and no lone empty one
        line_end = len(self.byte_dialect.dialect.line_end.encode())
        return [record[:-line_end] for record in records(lead, self.byte_dialect)]

    def key(self, cells: list[Cell]) -> bytes | None:
        """The key that these cells of a record of the second file are; None if no record of the first has it."""
        if self.ignore:
            cells = [folded_cell(cell, self.second.source.byte_dialect, self.ignore) for cell in cells]
        if None in cells or not any(cells):
            return None
        if not self.ignore and self.second.source.byte_dialect.inner != self.byte_dialect.inner:
            decode = self.second.source.byte_dialect.decode
            try:
                cells = [
                    decode(cell or b"").encode(self.byte_dialect.inner, self.byte_dialect.errors) for cell in cells
                ]
            except UnicodeEncodeError:  # no key of the first file is like this
                return None
        return canonical(cells, self.byte_dialect.delimiter)
