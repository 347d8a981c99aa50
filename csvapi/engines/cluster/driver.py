"""Run steps over a file in a bucket on the machines of a cluster, with the bytes and counts of the local engine.

Passes are those of the local engine, over ranges that each machine reads for itself; one more read of the result makes
its SHA-256. Everything that a function made is in the bucket: a run that is begun again, by whoever, goes on where the
last one was. The caller removes what lies below the prefix when the run has ended for good.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from csvapi import __version__
from csvapi.csvio.dialect import Dialect
from csvapi.csvio.disk import limited
from csvapi.engines.cluster.cluster_stage import ClusterStage, Targets
from csvapi.engines.cluster.context import RunObjects, opened
from csvapi.engines.cluster.job import Job
from csvapi.engines.local.outputs import Outputs
from csvapi.engines.local.plan import Plan
from csvapi.engines.local.ranges import ranges
from csvapi.engines.local.stages import output_of
from csvapi.engines.local.strategy import records
from csvapi.native.duplicates import BYTES_PER_KEY
from csvapi.native.keys import new_secret
from csvapi.operations import load_steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from csvapi.engines.cluster.bucket import Bucket
    from csvapi.engines.cluster.cluster import Cluster
    from csvapi.engines.options import Options, Progress
    from csvapi.engines.receipt import Receipt

MIB = 1 << 20
_KEY_BYTES = BYTES_PER_KEY + 21  # and its row, a decision, two rows of reasons
_MOST_RANGES = 9_000  # an object has 10,000 parts at most, and large ones take two
_LEAST_PARTITIONS, _MOST_PARTITIONS = 16, 256


@dataclass(frozen=True)
class Split:
    """How the work is cut: bytes of a range, and the least number of partitions of keys, a power of two."""

    size: int = 128 * MIB
    partitions: int = _LEAST_PARTITIONS


@dataclass(frozen=True)
class File:
    """A file in the bucket."""

    key: str
    dialect: Dialect
    sha256: str | None = None


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
) -> Receipt:
    """Write what the steps leave of `file` to the objects `targets`; what goes on the way lies below `prefix`.

    `progress` is called whenever a function ends, and at least every second; it may raise, and the exception passes
    through. Only for what `fitness.unfit` has nothing against. Raises what the local engine does, `StorageDown`,
    `WorkerLost` where the cluster cannot do the work, and `TaskError` for a file that changes meanwhile.
    """
    began = time.monotonic()
    objects = RunObjects(bucket, f"{prefix}{__version__}/")
    job = objects.record("job") or new_job(file, steps, bucket, options, split or Split(), asides=bool(targets.dropped))
    objects.put("job", job)
    source, first = opened(bucket, job)
    loaded = load_steps(job.steps)
    plan = Plan.over(source, first, loaded, job.options)
    with TemporaryDirectory(prefix="run-", dir=workspace) as folder, limited(job.options.limits, [Path(folder)]):
        stage = ClusterStage(plan, job, objects, cluster, targets, Path(folder), progress)
        receipt = stage.run(Outputs(BytesIO()))
    receipt.input_sha256 = file.sha256
    receipt.preamble, receipt.trailing = source.preamble_lines, source.trailing
    receipt.output = output_of(plan)
    seconds = round(time.monotonic() - began, 3)
    receipt.run = {"engine": "cluster", "seconds": seconds, "stages": [receipt.run]}
    return receipt


def new_job(
    file: File, steps: list[dict[str, Any]], bucket: Bucket, options: Options, split: Split, *, asides: bool
) -> Job:
    """What is to be done, with a secret of its own and a first guess of the ranges."""
    size, etag = bucket.look(file.key)
    options = replace(options, explain=asides, keys={})
    job = Job(__version__, file.key, etag, size, file.dialect.as_json(), steps, options, new_secret(), 1, (), asides)
    source, first = opened(bucket, job)
    plan = Plan.over(source, first, load_steps(steps), options)
    count = min(_MOST_RANGES, -(-source.size // split.size))
    bounds = ranges(source, first, count, 1)
    return replace(job, bounds=tuple(bounds), partitions=_partitions(plan, options, split))


def _partitions(plan: Plan, options: Options, split: Split) -> int:
    """Enough that the keys of one fit into the memory of a task, and not fewer than machines may work at."""
    wanted, partitions = records(plan) * _KEY_BYTES / options.memory, split.partitions
    while partitions < min(wanted, _MOST_PARTITIONS):
        partitions *= 2
    return partitions
