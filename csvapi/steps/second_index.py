"""The records of a second file by their keys, as an index on disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.keys import canonical
from csvapi.csvio.native_parser import native_form
from csvapi.csvio.rewriting import Rewriting
from csvapi.native.ordering import Texts
from csvapi.spill.hash_index import Index, IndexWriter
from csvapi.spill.native_index_writer import NativeIndexWriter
from csvapi.steps.growth import some
from csvapi.steps.writing import records

if TYPE_CHECKING:
    from csvapi.csvio.batch import Batch, Cell
    from csvapi.csvio.wire import Wire
    from csvapi.spill.native_index import NativeIndex
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.second_input import Other
    from csvapi.steps.step import Context


@dataclass
class SecondIndex:
    """Reads `other` once: the columns `right` of a record are its key, and those in `taken` what stands behind a record
    of the first file, which `context` and `wire` are about. Records with an empty key are left out.

    Memory: see `spill.hash_index` and `spill.native_index_writer`.
    """

    context: Context
    wire: Wire
    other: Other
    right: list[int]
    taken: list[int]

    def built(self, workspace: Workspace) -> Index | NativeIndex:
        """The index, by the kernel where the workspace says that it may be used."""
        kind = NativeIndexWriter if workspace.native else IndexWriter
        with kind(workspace, f"join-{id(self)}") as writer:
            texts = self._kernels if isinstance(writer, NativeIndexWriter) else None
            for block in self.other.blocks(native=texts is not None):
                alike = self.alike(block)
                if texts and alike and isinstance(writer, NativeIndexWriter):
                    writer.add_batch(alike, self.right, texts)
                    workspace.alive()
                else:
                    self._add(block, writer, workspace)
            return writer.finish()

    def _add(self, block: Batch, writer: IndexWriter | NativeIndexWriter, workspace: Workspace) -> None:
        for few in some(block, len(self.other.columns)):
            writer.add(*self._entries(few))
            workspace.alive()

    @property
    def _kernels(self) -> Texts | None:
        """The kernel's way to write what stands behind a record; None where it has none: it needs quotes for any text,
        and columns that are apart for a key."""
        form = native_form(self.wire, 1)
        if form is None or not form.quote or not form.doubled or len({*self.right}) < len(self.right):
            return None
        return Texts(form, self.taken)

    def alike(self, block: Batch) -> IndexedBatch | None:
        """A block of the second file in the encoding and with the delimiter of the first; None where the kernel has no
        way to it."""
        mine, theirs = self.wire, block.wire
        if not isinstance(block, IndexedBatch):
            return None
        if (mine.codec, mine.inner) != (theirs.codec, theirs.inner) and not bytes(block.index.text).isascii():
            return None
        return block if mine.delimiter == theirs.delimiter else self._rewriting.of(replace(block, wire=mine))

    @cached_property
    def _rewriting(self) -> Rewriting:
        return Rewriting(self.wire, range(len(self.other.columns)), self.context.max_record)

    def _entries(self, block: Batch) -> tuple[list[bytes], list[bytes]]:
        """The keys of a block of the second file, and what each stands for."""
        kept: list[bytes] = []
        rows: list[list[bytes]] = []
        for number in range(len(block)):
            fields: list[Cell] = [*block.fields(number)]
            fields += [None] * (len(self.other.columns) - len(fields))
            key = self._key([fields[at] for at in self.right])
            if key is not None:
                kept.append(key)
                rows.append(self.other.into(self.wire, [fields[at] for at in self.taken]))
        with self.other.blamed():
            return kept, self._texts(rows)

    def _texts(self, rows: list[list[bytes]]) -> list[bytes]:
        """What stands behind a record's own fields; nothing where only its keys are asked for."""
        if not self.taken:
            return [b""] * len(rows)
        lead = [[b"", *row] for row in rows]  # an empty field before them writes the delimiter, and no lone empty one
        line_end = len(self.wire.dialect.line_end.encode())
        return [record[:-line_end] for record in records(lead, self.wire)]

    def _key(self, cells: list[Cell]) -> bytes | None:
        if None in cells or not any(cells):
            return None
        if self.other.source.wire.inner != self.wire.inner:
            decode = self.other.source.wire.decode
            try:
                cells = [decode(cell or b"").encode(self.wire.inner, self.wire.errors) for cell in cells]
            except UnicodeEncodeError:  # no key of the first file is like this
                return None
        return canonical(cells, self.wire.delimiter)
