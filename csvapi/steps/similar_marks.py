"""Records with the group of similar ones that they belong to, and how like its leader they are, as two columns."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from struct import Struct
from typing import TYPE_CHECKING, Any

from csvapi.native.keys import new_secret
from csvapi.spill import rows
from csvapi.spill.ranked_keys import RankedKeys, repeated
from csvapi.spill.record_sort import sorter
from csvapi.steps.alike import Alike
from csvapi.steps.column_names import distinct
from csvapi.steps.gathering import Gathering, Reducer
from csvapi.steps.growth import parts_of_batch, some
from csvapi.steps.placed import placed
from csvapi.steps.writing import Written, encoded, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from csvapi.csvio.batch import Batch
    from csvapi.spill.external_sort import SortedRuns
    from csvapi.spill.record_sort import NativeSortedRuns
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.gathering import Part
    from csvapi.steps.step import Context, Counts

    Mark = tuple[int, int, float]

_MARK = Struct(">QQd")  # the rows of a record and of the one that leads its group, and how alike they are
_TOGETHER = 64  # records that are written at once


class SimilarMarks(Written, Reducer):
    """All records in the order of the file; both columns are empty where a record is like no other.

    What is compared is sorted by blocks, and the marks by rows; the records themselves wait in files.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.alike = Alike.of(params, context, pointer)
        self.remarks = self.alike.remarks
        self.names = distinct(["group", "score"], context.columns)
        self.width = len(context.columns)
        super().__init__(context, [*context.columns, *self.names], pointer)
        self.secret: bytes | None = None
        self.out = self.groups = self.similar = 0

    def prepare(self, workspace: Workspace) -> Counts:
        """See `Behaviour.prepare`."""
        self.secret = new_secret() if workspace.native else None
        return {}

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """See `Headed.head`."""
        return self.top([*fields, *(encoded(name, self.byte_dialect) for name in self.names)] if fields else fields)

    def gather(self, workspace: Workspace, number: int) -> Marking:
        """See `Gatherer.gather`."""
        kept = rows.Rows(workspace.folder / f"similar-rows-{number}")
        return Marking(self, RankedKeys(workspace, "similar", number, self.secret), kept)

    def result(self, workspace: Workspace, parts: list[Part]) -> Iterator[bytes]:
        """See `Gatherer.result`."""
        self.out = self.groups = self.similar = 0
        half = replace(workspace, memory=workspace.memory // 2)
        entries = repeated([part.state[0] for part in parts], half)
        members = self.alike.clusters(workspace.heartbeat).of(entries, [part.rows for part in parts])
        packed = ((each.row.to_bytes(8), _MARK.pack(*each[:3])) for each in members if not each.single)
        marks = _marks(placed(packed, half, sorter(half, "similar-marks")))
        lines: list[list[bytes]] = []
        for fields in self._marked(chain.from_iterable(rows.read(part.state[1]) for part in parts), marks):
            lines.append(fields)
            if len(lines) == _TOGETHER:
                yield self._written(lines)
                lines = []
        yield self._written(lines)

    def _marked(self, found: Iterable[list[bytes]], marks: Iterator[Mark]) -> Iterator[list[bytes]]:
        """The records' cells with their marks between those of the header and those beyond."""
        row, leader, score = next(marks, (-1, -1, 0.0))
        for number, fields in enumerate(found):
            two = [b"", b""]
            if number == row:
                self.groups += row == leader
                self.similar += row != leader
                two = [encoded(each, self.byte_dialect) for each in (str(leader + 1), f"{score:.4f}")]
                row, leader, score = next(marks, (-1, -1, 0.0))
            made = [*fields[: self.width], *[b""] * (self.width - len(fields)), *two, *fields[self.width :]]
            self.bound.check(sum(map(len, made)) + len(made), number)
            yield made

    def _written(self, lines: list[list[bytes]]) -> bytes:
        self.out += len(lines)
        return self.byte_dialect.restore(b"".join(records(lines, self.byte_dialect)))

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"out": self.out, "groups": self.groups, "similar": self.similar}


def _marks(pieces: Iterator[bytes]) -> Iterator[Mark]:
    rest = b""
    for piece in pieces:
        data = rest + piece
        whole = len(data) - len(data) % _MARK.size
        rest = data[whole:]
        yield from _MARK.iter_unpack(data[:whole])


class Marking(Gathering):
    """Takes the records of a range: what is compared with the keys of its block, and the fields."""

    def __init__(self, marks: SimilarMarks, entries: RankedKeys, kept: rows.Rows) -> None:
        self.marks, self.entries, self.kept = marks, entries, kept

    def add(self, batch: Batch, line: Callable[[int], int]) -> None:
        """See `Gathering.add`."""
        for few in some(batch, self.marks.width + 1):
            self.kept.add([few.fields(at) for at in range(len(few))])
            self.marks.heartbeat()
        alike = self.marks.alike
        for few in parts_of_batch(alike.enter_words(batch, self.entries, last=False), self.marks.width + 1):
            alike.enter(few, self.entries, alike.places(few, self.entries))
            self.marks.heartbeat()

    def close(self) -> tuple[SortedRuns | NativeSortedRuns, Path]:
        """See `Gathering.close`: the entries in sorted runs, and the file of the records."""
        return self.entries.finish(), self.kept.close()

    def abandon(self) -> None:
        """See `Gathering.abandon`."""
        self.kept.close()
