"""Run steps over a file in a bucket on the machines of a cluster, with the bytes and counts of the local engine.

Passes are those of the local engine, over ranges that each machine reads for itself; one more read of the result makes
its SHA-256. Each stage of a pipeline (see `engines.local.stages`) reads what the one before it left in the bucket.
Everything that a function made is in the bucket: a run that is begun again, by whoever, goes on where the last one was.
The caller removes what lies below the prefix when the run has ended for good.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from csvapi import __version__
from csvapi.csvio.dialect import Dialect
from csvapi.csvio.disk import limited
from csvapi.csvio.preview import head
from csvapi.engines.cluster.bucket import ObjectSource
from csvapi.engines.cluster.cluster_stage import ClusterStage
from csvapi.engines.cluster.context import fetched, opened, plan_of
from csvapi.engines.cluster.fitness import Others, most_of_others
from csvapi.engines.cluster.job import Job, Source, Spread
from csvapi.engines.cluster.run_objects import RunObjects
from csvapi.engines.cluster.targets import Asides, Targets
from csvapi.engines.local.outputs import Outputs
from csvapi.engines.local.ranges import ranges
from csvapi.engines.local.stages import check, stages, whole
from csvapi.engines.local.strategy import records
from csvapi.errors import TaskError
from csvapi.native.duplicates import BYTES_PER_KEY
from csvapi.native.keys import new_secret
from csvapi.operations import files_of, load_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from csvapi.engines.cluster.bucket import Bucket
    from csvapi.engines.cluster.cluster import Cluster
    from csvapi.engines.local.plan import Plan
    from csvapi.engines.options import Options, Progress
    from csvapi.engines.receipt import Receipt
    from csvapi.steps.step import Step

MIB = 1 << 20
_KEY_BYTES = BYTES_PER_KEY + 21  # and its row, a decision, two rows of reasons
_MOST_RANGES = 9_000  # an object has 10,000 parts at most, and large ones take two
_SHARE = 4  # of the memory: a partition of a second file takes more than its bytes
_ENOUGH_PARTITIONS, _MOST_PARTITIONS = 16, 256


@dataclass(frozen=True)
class Split:
    """How the work is cut: bytes of a range, and how many partitions of keys are enough, if they fit into memory."""

    size: int = 128 * MIB
    partitions: int = _ENOUGH_PARTITIONS


@dataclass(frozen=True)
class File:
    """A file in the bucket, or by its address in another one; with an `etag` it must have that."""

    key: str
    dialect: Dialect
    sha256: str | None = None
    etag: str = ""

    def source(self, bucket: Bucket) -> Source:
        """The object as it is now. Raises `ObjectMissing`, and `TaskError` for one with another ETag."""
        size, etag = bucket.look(self.key)
        if self.etag and self.etag != etag:
            raise TaskError(f"{self.key} is another object by now than the one that was to be read")
        return Source(self.key, etag, size, self.dialect.as_json())


def run(
    file: File,
    steps: list[dict[str, Any]],
    targets: Targets,
    *,
    bucket: Bucket,
    prefix: str,
    cluster: Cluster,
    options: Options,
    workspace: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    split: Split | None = None,
    files: Mapping[Any, File] | None = None,
) -> Receipt:
    """Write what the steps leave of `file` to the objects `targets`; what goes on the way lies below `prefix`.

    `files` are those that steps read besides, by the id they name; every machine fetches them, or a range of each that
    is large and only joined with. `progress` is called
    whenever a function ends, and at least every second; it may raise, and the exception passes through. Only for what
    `fitness.unfit` has nothing against. Raises what the local engine does, `StorageDown`, `WorkerLost` where the
    cluster cannot do the work, and `TaskError` for a file that changes meanwhile.
    """
    with TemporaryDirectory(prefix="run-", dir=workspace) as folder, limited(options.limits, [Path(folder)]):
        pipeline = _Pipeline(
            stages(load_steps(steps), options),
            replace(options, explain=bool(targets.dropped)),
            steps,
            bucket,
            f"{prefix}{__version__}/",
            cluster,
            Path(folder),
            progress,
            split or Split(),
            files or {},
        )
        receipt = pipeline.run(file, targets)
    receipt.input_sha256 = file.sha256
    return receipt


@dataclass
class _Pipeline:
    """The stages of a run, each over the object that the one before it left."""

    parts: list[list[Step]]
    options: Options
    steps: list[dict[str, Any]]
    bucket: Bucket
    prefix: str
    cluster: Cluster
    folder: Path
    progress: Callable[[Progress], None] | None
    split: Split
    files: Mapping[Any, File]
    plans: list[Plan] = field(default_factory=list)
    asides: Asides = field(default_factory=Asides)
    done: list[int] = field(default_factory=lambda: [0, 0, 0])

    def run(self, file: File, targets: Targets) -> Receipt:
        """Do all stages; the receipt of all of them."""
        began = time.monotonic()
        receipts = []
        for number in range(len(self.parts)):
            last = number == len(self.parts) - 1
            objects = RunObjects(self.bucket, f"{self.prefix}stage-{number}/" if number else self.prefix)
            target = targets if last else Targets(f"{objects.prefix}between")
            receipts.append(self._stage(number, file, objects, target))
            after = self.plans[-1].after.byte_dialect
            assert after is not None  # noqa: S101  the plan of a file
            file = File(target.main, after.dialect)
        run = {"engine": "cluster", "seconds": round(time.monotonic() - began, 3)}
        return whole(self.plans[0].source, self.plans[-1], receipts, self.options, run)

    def _stage(self, number: int, file: File, objects: RunObjects, targets: Targets) -> Receipt:
        job = objects.record("job") or self._job(number, file)
        objects.put("job", job)
        files = fetched(self.bucket, job, self.folder)
        plan = plan_of(job, *opened(self.bucket, job), job.options, files)
        if not number:
            check(plan, self.parts[1:], files)
        self.plans.append(plan)
        workspace = self.folder / f"work-{number}"
        workspace.mkdir()
        stage = ClusterStage(plan, job, objects, self.cluster, targets, workspace, self.progress, self.done)
        stage.settled, stage.asides = number == len(self.parts) - 1, self.asides
        receipt = stage.run(Outputs(BytesIO()))
        plan.take_names()
        self.done = stage.done
        return receipt

    def _job(self, number: int, file: File) -> Job:
        options = replace(self.options, on_ragged="keep", on_bad="keep") if number else self.options
        columns = self.plans[-1].after.columns if number else None
        others = {name: self.files[name] for _, name in files_of(self.parts[number])}
        return new_job(
            file, self.steps, self.bucket, options, self.split, self.folder, stage=number, columns=columns, files=others
        )


def new_job(
    file: File,
    steps: list[dict[str, Any]],
    bucket: Bucket,
    options: Options,
    split: Split,
    folder: Path,
    *,
    stage: int = 0,
    columns: list[str] | None = None,
    files: Mapping[Any, File] | None = None,
) -> Job:
    """What a stage is to do, with a secret of its own and a first guess of the ranges; what it drops is kept aside if
    the options want it explained. The other files are fetched to the folder."""
    job = Job(
        version=__version__,
        source=file.source(bucket),
        steps=steps,
        stage=stage,
        columns=columns,
        options=replace(options, keys={}),
        files={name: each.source(bucket) for name, each in (files or {}).items()},
        secret=new_secret(),
        partitions=1,
        size=_size(stages(load_steps(steps), options)[stage], split, options),
        bounds=(),
        asides=options.explain,
    )
    job = replace(job, shared=_shared(job, bucket, split))
    source, first = opened(bucket, job)
    most = _MOST_RANGES // 2 if job.shared else _MOST_RANGES  # a full join leaves parts of both files
    count = min(most, -(-source.size // job.size))
    bounds = ranges(source, first, count, 1)
    plan = plan_of(job, source, first, options, fetched(bucket, job, folder))
    return replace(job, bounds=tuple(bounds), partitions=_partitions(plan, options, split, len(bounds)))


def _size(steps: list[Step], split: Split, options: Options) -> int:
    """The bytes of a range: of a file that is sorted so few that a machine has room for one with its keys."""
    sorts = bool(steps) and steps[-1].traits.kind == "sorter"
    return min(split.size, options.memory // 8 * 3) if sorts else split.size


def _shared(job: Job, bucket: Bucket, split: Split) -> dict[Any, Spread]:
    """How the other files are read that no machine reads as a whole."""
    dialects = {name: Dialect.from_json(each.dialect) for name, each in job.files.items()}
    sizes = {name: each.size for name, each in job.files.items()}
    others, found = Others(sizes, dialects, most_of_others(split.size, job.options.memory)), {}
    for name in others.shared(load_steps(job.steps)):
        each = job.files[name]
        source = ObjectSource.at(bucket, each.key, each.etag, each.size, dialects[name])
        bounds = ranges(source, head(source), min(_MOST_RANGES // 2, -(-source.size // split.size)), 1)
        wanted = max(_SHARE * source.size / job.options.memory, min(len(bounds), split.partitions), 2)
        found[name] = Spread(tuple(bounds), _power(wanted))
    return found


def _partitions(plan: Plan, options: Options, split: Split, count: int) -> int:
    """Enough that the keys of one fit into the memory of a task, and as many as there are ranges for machines to work
    at, up to those of `split`: each range and partition costs two requests."""
    return _power(max(records(plan) * _KEY_BYTES / options.memory, min(count, split.partitions)))


def _power(wanted: float) -> int:
    """A power of two, as partitions are."""
    partitions = 1
    while partitions < min(wanted, _MOST_PARTITIONS):
        partitions *= 2
    return partitions
