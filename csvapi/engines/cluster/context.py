"""What one function of a run works with: its plan, a folder of its own, and the objects of the run."""

from __future__ import annotations

import shutil
import weakref
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Any

from csvapi import __version__
from csvapi.csvio.dialect import Dialect
from csvapi.csvio.disk import disk_budget, limited
from csvapi.csvio.preview import head
from csvapi.csvio.source import Shared
from csvapi.engines.cluster import lengths
from csvapi.engines.cluster.bucket import Bucket, ObjectSource
from csvapi.engines.cluster.job import Job, Range, Ranges, Scanned, named, unpacked_sizes
from csvapi.engines.cluster.run_objects import RunObjects, offsets, table
from csvapi.engines.local.plan import Plan
from csvapi.engines.local.stages import stages
from csvapi.errors import TaskError
from csvapi.native.loader import load
from csvapi.native.marking import PLACE, ROW, mark
from csvapi.operations import load_steps
from csvapi.spill.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.csvio.preview import Head
    from csvapi.engines.local.plan import Files, Pass
    from csvapi.engines.options import Options
    from csvapi.spill.native_index import NativeHashIndex
    from csvapi.steps.step import OtherFile

_READ = 1 << 20


@lru_cache(4)
def job_of(objects: RunObjects) -> Job:
    """What is to be done. Raises `TaskError` where this process cannot do it."""
    job = objects.record("job")
    if job is None:
        raise TaskError("The run has ended; nothing is left to do")
    assert isinstance(job, Job)  # noqa: S101  by its name
    if job.version != __version__:
        raise TaskError(f"This machine of the cluster has csvapi {__version__}; it needs {job.version}")
    if job.options.native and load() is None:
        raise TaskError(
            "This machine of the cluster has csvapi without its compiled kernel; install it with a compiler"
        )
    return job


@lru_cache(4)
def _opened(objects: RunObjects) -> tuple[ObjectSource, Head]:
    """The file, and its head, read once in a process."""
    return opened(objects.bucket, job_of(objects))


def opened(bucket: Bucket, job: Job) -> tuple[ObjectSource, Head]:
    """The file, and its head."""
    given = job.source
    source = ObjectSource.at(bucket, given.key, given.etag, given.size, Dialect.from_json(given.dialect))
    first = head(source, limit=job.options.max_record, most=job.options.max_columns)
    return source, first


def fetched(bucket: Bucket, job: Job, folder: Path) -> Files:
    """Copies of the other files that the steps read, by the ids that they name; of those that are shared what reads
    them."""
    found: dict[Any, OtherFile] = {}
    for number, (name, source) in enumerate(job.files.items()):
        dialect = Dialect.from_json(source.dialect)
        if name in job.shared:
            given = ObjectSource.at(bucket, source.key, source.etag, source.size, dialect)
            found[name] = replace(given, shared=Shared(job.secret, job.shared[name].partitions)), dialect
            continue
        path = folder / f"other-{job.stage}-{number}"
        with path.open("wb") as file:
            for piece in bucket.read(source.key, 0, source.size, _READ, source.etag):
                with disk_budget(len(piece)):
                    file.write(piece)
        found[name] = path, dialect
    return found


@lru_cache(2)
def _fetched(objects: RunObjects) -> Files:
    """The same, once in a process; the copies go when it works for other runs, or ends."""
    job = job_of(objects)
    if not job.files:
        return {}
    folder = Path(mkdtemp(prefix="csvapi-files-"))
    files = _Copies(fetched(objects.bucket, job, folder))
    weakref.finalize(files, shutil.rmtree, folder, ignore_errors=True)
    return files


class _Copies(dict[Any, "OtherFile"]):
    """A dictionary that can be referred to weakly."""


def plan_of(job: Job, source: ObjectSource, first: Head, options: Options, files: Files) -> Plan:
    """The steps of the job's stage over its file."""
    parts = stages(load_steps(job.steps), options)
    last = job.stage == len(parts) - 1
    plan = Plan.over(source, first, parts[job.stage], options, files, last=last, columns=job.columns)
    plan.before = sum(map(len, parts[: job.stage]))
    return plan


@dataclass
class WorkContext:
    """One function at work; `folder` goes with it."""

    objects: RunObjects
    folder: Path
    indexes: dict[tuple[int, int], NativeHashIndex] = field(default_factory=dict)
    _scans: dict[tuple[int, Range], Scanned] = field(default_factory=dict)

    @cached_property
    def job(self) -> Job:
        """What is to be done."""
        return job_of(self.objects)

    @cached_property
    def options(self) -> Options:
        """The options of the run, in one process."""
        return replace(self.job.options, processes=1)

    @cached_property
    def plan(self) -> Plan:
        """Steps built anew: what they count is this function's."""
        source, first = _opened(self.objects)
        plan = plan_of(self.job, source, first, self.options, _fetched(self.objects))
        for built in plan.built:
            built.prepare(Workspace(self.folder, self.options.memory, native=self.options.native))
        return plan

    @cached_property
    def passes(self) -> list[Pass]:
        """What each reading of the file is for."""
        return self.plan.passes

    @cached_property
    def ranges(self) -> Ranges:
        """The true ranges, which the first pass has found."""
        found = self.objects.record("ranges")
        assert isinstance(found, Ranges)  # noqa: S101  by its name
        return found

    def even(self, at: Range) -> bool:
        """Whether the first pass found every record of the range as wide as the header."""
        return not self.scanned(0, at).found.census.issues["ragged"].count

    def decisions(self, number: int, at: Range) -> bytearray:
        """The decisions about a range behind pass `number`, a keyed one: a byte for each record."""
        scanned = self.scanned(number, at)
        start = sum(unpacked_sizes(scanned.keys)) + sum(scanned.lengths)
        data = self.objects.read(f"scan-{number}/{named(at)}", start, start + scanned.decisions)
        decisions = bytearray(zlib.decompress(data))
        if self.passes[number].what == "ask":
            return decisions
        code = self.plan.code(self.passes[number].end - 1, 0)
        for rows, _ in self.marks(number, at):
            mark(rows, code, decisions)
        return decisions

    def lengths(self, at: Range) -> bytearray | None:
        """How long the records of the range are, 4 bytes each; None where there is something between them, or nobody
        asked for that."""
        scanned = self.scanned(0, at)
        if not scanned.lengths or scanned.found.census.blank:
            return None
        places = offsets(scanned.lengths)
        start = sum(unpacked_sizes(scanned.keys))
        data = self.objects.read(f"scan-0/{named(at)}", start, start + places[-1])
        return lengths.unpacked([data[first:last] for first, last in pairwise(places)])

    def marks(self, number: int, at: Range) -> Iterator[tuple[bytes, bytes]]:
        """The rows in a range that go by pass `number`, partition by partition, and where reasons are wanted the rows
        in the file, from 1, of the records that stay for them."""
        return marks(self.objects, self.job, number, self.ranges.bounds.index(at), len(self.ranges.bounds))

    def scanned(self, number: int, at: Range) -> Scanned:
        """What pass `number` left of a range, which is read once."""
        if (number, at) not in self._scans:
            found = self.objects.last(f"scan-{number}/{named(at)}")
            assert isinstance(found, Scanned)  # noqa: S101  by its name
            self._scans[number, at] = found
        return self._scans[number, at]


@contextmanager
def work_context(objects: RunObjects) -> Iterator[WorkContext]:
    """A context in a folder of its own, within what the task may write."""
    with TemporaryDirectory(prefix="csvapi-") as folder, limited(job_of(objects).options.limits, [Path(folder)]):
        yield WorkContext(objects, Path(folder))


def marks(objects: RunObjects, job: Job, number: int, place: int, ranges: int) -> Iterator[tuple[bytes, bytes]]:
    """See `WorkContext.marks`, of the range at `place` of so many `ranges`; as `native.marking` has them."""
    where, count = table(objects, f"marks-{number}"), ranges + 1
    for partition in range(job.partitions):
        start, stop = where[partition * count + place : partition * count + place + 2]
        if start == stop:
            continue
        data = objects.read(f"mark-{number}/{partition}", start, stop)
        rows = ROW * (len(data) // (ROW + PLACE * job.asides))
        yield data[:rows], data[rows:]
