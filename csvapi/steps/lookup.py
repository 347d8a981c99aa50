"""A second file by its keys, and which of its records match those of a batch."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeGuard

from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.keys import canonical
from csvapi.csvio.native_parser import native_form
from csvapi.csvio.rewriting import Rewriting
from csvapi.native.ordering import Texts
from csvapi.spill.hash_index import HashIndex, HashIndexWriter
from csvapi.spill.native_index import NativeHashIndex
from csvapi.spill.native_index_writer import NativeHashIndexWriter
from csvapi.steps.behaviour import Behaviour
from csvapi.steps.growth import some
from csvapi.steps.second_input import SecondInput
from csvapi.steps.writing import byte_dialect_of, records

if TYPE_CHECKING:
    from csvapi.csvio.batch import Batch, Cell
    from csvapi.native.joining import Found
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.step import Column, Context, Counts


class Lookup(Behaviour):
    """The second file by its keys. A key that is empty in all its columns matches nothing, as does an absent field.

    `left` and `right` are the key columns of the files, and where the request names them. Keys are compared as text.
    Memory: see `spill.hash_index` and `spill.native_index`; the second file is read once, before the first.
    """

    def __init__(
        self,
        params: dict[str, Any],
        context: Context,
        pointer: str,
        left: list[tuple[str, Column]],
        right: list[tuple[str, Column]],
    ) -> None:
        self.context, self.byte_dialect = context, byte_dialect_of(context)
        self.second = SecondInput(context, params["file"], f"{pointer}/file")
        self.second_inputs = [self.second]
        mine = [context.position(column, pointer + at) for at, column in left]
        theirs = [self.second.position(column, pointer + at) for at, column in right]
        pairs = list(dict.fromkeys(zip(mine, theirs, strict=True)))
        self.left, self.right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        self.taken = sorted({*range(len(self.second.columns))} - {*self.right})
        self.missing = self.matched = 0
        self.index: HashIndex | NativeHashIndex | None = None

    def prepare(self, workspace: Workspace) -> Counts:
        """Read the second file into an index. See `Behaviour.prepare`."""
        self.missing = self.matched = 0
        kind = NativeHashIndexWriter if workspace.native else HashIndexWriter
        with kind(workspace, f"join-{id(self)}") as writer:
            texts = self._kernels if isinstance(writer, NativeHashIndexWriter) else None
            for batch in self.second.batches(native=texts is not None):
                alike = self.alike(batch)
                if texts and alike and isinstance(writer, NativeHashIndexWriter):
                    writer.add_batch(alike, self.right, texts)
                    workspace.heartbeat()
                else:
                    self._add(batch, writer, workspace)
            self.index = writer.finish()
        return {"repeated_keys": self.index.repeated}

    def _add(self, batch: Batch, writer: HashIndexWriter | NativeHashIndexWriter, workspace: Workspace) -> None:
        for few in some(batch, len(self.second.columns)):
            writer.add(*self._entries(few))
            workspace.heartbeat()

    @property
    def _kernels(self) -> Texts | None:
        """The kernel's way to write what stands behind a record; None where it has none: it needs quotes for any text,
        and columns that are apart for a key."""
        form = native_form(self.byte_dialect, 1)
        if form is None or not form.quote or not form.doubled or len({*self.right}) < len(self.right):
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
            key = self._key([fields[at] for at in self.right], foreign=True)
            if key is not None:
                kept.append(key)
                rows.append(self.second.into(self.byte_dialect, [fields[at] for at in self.taken]))
        with self.second.blamed():
            return kept, self._texts(rows)

    def _texts(self, rows: list[list[bytes]]) -> list[bytes]:
        """What stands behind a record's own fields; nothing where only its keys are asked for."""
        if not self.taken:
            return [b""] * len(rows)
        lead = [[b"", *row] for row in rows]  # an empty field before them writes the delimiter, and no lone empty one
        line_end = len(self.byte_dialect.dialect.line_end.encode())
        return [record[:-line_end] for record in records(lead, self.byte_dialect)]

    def matches(self, batch: Batch) -> list[range]:
        """For each record the places in the index of those with its key."""
        assert self.index is not None  # noqa: S101  prepared
        keys = self._keys(batch)
        self.missing += keys.count(None)
        found = self.index.find(keys)
        self.matched += sum(map(bool, found))
        return found

    def finds(self, batch: Batch) -> TypeGuard[IndexedBatch]:
        """Whether the kernel looks up the keys of a batch."""
        return isinstance(batch, IndexedBatch) and isinstance(self.index, NativeHashIndex) and self._apart

    @cached_property
    def _apart(self) -> bool:
        return len({*self.left}) == len(self.left)

    def found(self, batch: IndexedBatch, *, places: bool) -> Found:
        """The same by the kernel, for a batch that it `finds`."""
        assert isinstance(self.index, NativeHashIndex)  # noqa: S101  asked before
        found = self.index.find_batch(batch, self.left, places=places)
        self.missing += found.missing
        self.matched += found.matched
        return found

    def _keys(self, batch: Batch) -> list[bytes | None]:
        if not batch.width:
            return [self._key(list(row)) for row in zip(*(batch.column(at) for at in self.left), strict=True)]
        keys: list[bytes | None] = [*batch.keys(self.left)]
        blank = self.byte_dialect.delimiter * (len(self.left) - 1)
        return [None if key == blank else key for key in keys] if blank in keys else keys

    def _key(self, cells: list[Cell], *, foreign: bool = False) -> bytes | None:
        if None in cells or not any(cells):
            return None
        if foreign and self.second.source.byte_dialect.inner != self.byte_dialect.inner:
            decode = self.second.source.byte_dialect.decode
            try:
                cells = [
                    decode(cell or b"").encode(self.byte_dialect.inner, self.byte_dialect.errors) for cell in cells
                ]
            except UnicodeEncodeError:  # no key of the first file is like this
                return None
        return canonical(cells, self.byte_dialect.delimiter)

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"matched": self.matched, "empty_keys": self.missing}
