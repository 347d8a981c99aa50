"""A second file by its keys, and which of its records match those of a batch."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property, partial
from itertools import compress
from typing import TYPE_CHECKING, Any, TypeGuard

from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.keys import canonical
from csvapi.spill.answers import Answers, write_answers
from csvapi.spill.hash_index import HashIndex
from csvapi.spill.native_index import NativeHashIndex, RemoteIndex, empty_digest
from csvapi.steps.asking import Asker
from csvapi.steps.folding import folded_cell
from csvapi.steps.growth import some
from csvapi.steps.near_keys import LARGEST, MOST, NearKeys
from csvapi.steps.params import IGNORABLE
from csvapi.steps.second_index import SecondIndex
from csvapi.steps.second_input import SecondInput
from csvapi.steps.writing import byte_dialect_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from csvapi.csvio.batch import Batch, Cell, Mask
    from csvapi.native.joining import Found
    from csvapi.spill.key_files import KeySink
    from csvapi.spill.native_index import Matches
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.step import Column, Context, Counts

MOST_TEXTS = 1 << 63  # of an answer: all


class Lookup(Asker):
    """The second file by its keys. A key that is empty in all its columns matches nothing, as does an absent field.

    `left` and `right` are the key columns of the files, and where the request names them. Keys are compared as text,
    without regard to what the parameter `ignore` says.
    Memory: see `spill.hash_index` and `spill.native_index`; the second file is read once, before the first. It `asks`
    where the kernel's index does not fit the budget (see `spill.answers`).
    """

    one = False  # match of a record is enough

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
        self.ignore = frozenset(params.get("ignore", ()))
        self.near = NearKeys.of([context.columns[at] for at in self.left], self.byte_dialect)
        tells = not self.ignore.issuperset(IGNORABLE) and self.second.source.size <= LARGEST
        self.remarks = [self.near.remark] if tells else []
        self.missing = self.matched = 0
        self.index: HashIndex | NativeHashIndex | RemoteIndex | None = None
        self.answers: Answers | None = None

    def prepare(self, workspace: Workspace) -> Counts:
        """Read the second file into an index. See `Behaviour.prepare`."""
        self.missing = self.matched = 0
        self.workspace = workspace
        self.second_index = SecondIndex(
            self.context, self.byte_dialect, self.second, self.right, self.taken, self.ignore, self.near
        )
        if shared := self.second.source.shared:
            self.index = RemoteIndex(shared.secret, shared.partitions)
            self.second_index.known(MOST if self.remarks else 0)
            return {}
        self.index = self.second_index.built(workspace)
        return {"repeated_keys": self.index.repeated}

    @property
    def asks(self) -> bool:
        """See `Behaviour.asks`."""
        return isinstance(self.index, RemoteIndex) or (isinstance(self.index, NativeHashIndex) and not self.index.fits)

    @property
    def secret(self) -> bytes:
        """See `Asker.secret`."""
        return self._asked.secret

    @property
    def partitions(self) -> int:
        """See `Asker.partitions`."""
        return self._asked.partitions

    @property
    def _asked(self) -> NativeHashIndex | RemoteIndex:
        assert isinstance(self.index, NativeHashIndex | RemoteIndex)  # noqa: S101  asked before
        return self.index

    @property
    def _native(self) -> NativeHashIndex:
        assert isinstance(self.index, NativeHashIndex)  # noqa: S101  asked before
        return self.index

    def ask(self, batch: Batch, sink: KeySink) -> None:
        """See `Asker.ask`."""
        if self.finds(batch):
            digests, empty = batch.digests(self.left, self.secret), empty_digest(batch, self.left, self.secret)
            missing, _ = digests.count(empty, 0)
            self.missing += missing
            sink.add_digests(digests.without(empty) if missing else digests)
            return
        for few in some(batch, batch.width or 1):
            keys = self._keys(few)
            self.missing += keys.count(None)
            sink.add(
                [key for key in keys if key is not None], list(compress(few.rows, [key is not None for key in keys]))
            )
            self.heartbeat()

    def asked(self) -> Counts:
        """See `Asker.asked`."""
        missing, self.missing = self.missing, 0
        return {"empty_keys": missing}

    def answer(
        self,
        workspace: Path,
        step: int,
        ranges: int,
        partitions: range,
        report: Callable[[tuple[int, int, int]], None],
    ) -> None:
        """See `Asker.answer`."""
        most, heartbeat = 1 if self.one else MOST_TEXTS, partial(report, (0, 0, 0))
        for partition in partitions:
            for number in range(ranges):
                write_answers(self._native, workspace, step, number, partition, most, heartbeat)
            self._native.release()

    @contextmanager
    def in_range(self, workspace: Path, step: int, number: int) -> Iterator[None]:
        """See `Behaviour.in_range`."""
        self.near.begin(number)
        if not self.asks:
            yield
            return
        with Answers(self._asked, workspace, step, number, self.workspace.memory) as self.answers:
            yield
        self.answers = None

    def look(self, batch: Batch) -> None:
        """Look for keys that almost match, among those of the first records of the range."""
        if self.remarks:
            self.near.look(batch, self.left, self._found)

    def _found(self, keys: list[list[bytes]]) -> list[bool]:
        """Which of them match; all might, where the second file is too large for that to be known here."""
        made = [self._key([*cells]) for cells in keys]
        if self.near.whole:
            return [key in self.near.exact for key in made]
        if self.asks:
            return [True] * len(made)
        assert isinstance(self.index, HashIndex | NativeHashIndex)  # noqa: S101  prepared
        return list(map(bool, self.index.find(made)))

    def matches(self, batch: Batch) -> Iterator[Iterable[bytes]]:
        """For each record the texts of those with its key."""
        if self.answers:
            for some_ in self._answered(self.answers, batch.rows):
                yield from map(some_.texts, some_.records)
            return
        keys = self._keys(batch)
        self.missing += keys.count(None)
        assert isinstance(self.index, HashIndex | NativeHashIndex)  # noqa: S101  prepared, and not answered
        found = self.index.find(keys)
        self.matched += sum(map(bool, found))
        for places in found:
            yield map(self.index.text, places)

    def matched_by_kernel(self, batch: IndexedBatch) -> Iterator[Matches]:
        """The same for a batch that the kernel `finds`, some records of its index at a time."""
        if self.answers:
            yield from self._answered(self.answers, batch.all_rows)
            return
        matches = self._native.matches(batch, self.left, places=True)
        self._count(matches.found)
        yield matches

    def _answered(self, answers: Answers, rows: Sequence[int]) -> Iterator[Matches]:
        found: Found | None = None
        for matches in answers.matches(rows):
            found = matches.found
            yield matches
        self.matched += found.matched if found else 0

    def match(self, batch: Batch) -> Mask:
        """For each record a byte: 1 where there are others with its key."""
        if self.answers:
            found = self.answers.found(batch.rows)
            self._count(found)
            return found.answered
        if self.finds(batch):
            by_kernel = self._native.find_batch(batch, self.left, places=False)
            self._count(by_kernel)
            return batch.packed(by_kernel.answered)
        keys = self._keys(batch)
        self.missing += keys.count(None)
        assert isinstance(self.index, HashIndex | NativeHashIndex)  # noqa: S101  prepared, and not answered
        answers = bytes(map(bool, self.index.find(keys)))
        self.matched += answers.count(1)
        return answers

    def _count(self, found: Found) -> None:
        self.missing += found.missing
        self.matched += found.matched

    def finds(self, batch: Batch) -> TypeGuard[IndexedBatch]:
        """Whether the kernel looks up the keys of a batch."""
        return isinstance(batch, IndexedBatch) and isinstance(self.index, NativeHashIndex | RemoteIndex) and self._plain

    @cached_property
    def _plain(self) -> bool:
        """Whether the kernel makes such keys: of columns that are apart, as they are."""
        return len({*self.left}) == len(self.left) and not self.ignore

    def _keys(self, batch: Batch) -> list[bytes | None]:
        if not batch.width or self.ignore:
            return [self._key(list(row)) for row in zip(*(batch.column(at) for at in self.left), strict=True)]
        keys: list[bytes | None] = [*batch.keys(self.left)]
        blank = self.byte_dialect.delimiter * (len(self.left) - 1)
        return [None if key == blank else key for key in keys] if blank in keys else keys

    def _key(self, cells: list[Cell]) -> bytes | None:
        cells = [folded_cell(cell, self.byte_dialect, self.ignore) for cell in cells] if self.ignore else cells
        return None if None in cells or not any(cells) else canonical(cells, self.byte_dialect.delimiter)

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"matched": self.matched, "empty_keys": self.missing}
