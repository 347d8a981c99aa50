"""The same run by both engines: on this machine, and from bucket to bucket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from csvapi import __version__
from csvapi.engines import Options, cluster
from csvapi.engines import run as run_here
from csvapi.engines.cluster.context import RunObjects
from csvapi.engines.cluster.driver import new_job
from csvapi.engines.locating import locate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from csvapi.csvio.dialect import Dialect
    from csvapi.engines import Progress
    from csvapi.engines.cluster.bucket import Bucket
    from csvapi.engines.cluster.cluster import Cluster

GREATER = {"op": "filter", "filters": [{"column": {"index": 1}, "operator": "!=", "value": "b"}]}
SCHEMA = {"fields": [{"name": "h", "constraints": {"maxLength": 1}}, {"name": "i"}]}
STEPS: dict[str, list[dict[str, Any]]] = {
    "filter": [GREATER],
    "map": [{"op": "select", "columns": [{"index": 2}, {"index": 1}]}],
    "dedup": [{"op": "dedup"}],
    "dedup last": [{"op": "dedup", "columns": [{"index": 1}], "keep": "last", "ignore": ["case"]}],
    "dedup none": [{"op": "dedup", "columns": [{"index": 2}], "keep": "none"}],
    "unique": [{"op": "unique", "column": {"index": 1}}],
    "filter, dedup, filter": [
        GREATER,
        {"op": "dedup", "columns": [{"index": 1}]},
        {"op": "filter", "filters": [{"column": {"index": 2}, "operator": "!=", "value": "a b"}]},
    ],
    "frequency": [GREATER, {"op": "frequency", "column": {"index": 1}}],
    "frequency, the first": [{"op": "frequency", "column": {"index": 2}, "top": 2}],
    "profile": [{"op": "dedup", "columns": [{"index": 2}]}, {"op": "profile"}],
    "validate": [
        {"op": "validate", "schema": {"fields": [{"name": "h", "constraints": {"maxLength": 1}}, {"name": "i"}]}}
    ],
    "dedup, map, dedup": [
        {"op": "dedup", "columns": [{"index": 1}], "keep": "last"},
        {"op": "select", "columns": [{"index": 2}]},
        {"op": "dedup", "empty": "keep"},
    ],
}


@dataclass(frozen=True)
class Outputs:
    """What a run left, and its receipt as JSON."""

    main: bytes
    dropped: bytes
    reasons: bytes
    receipt: dict[str, Any]


def here(folder: Path, data: bytes, dialect: Dialect, steps: list[dict[str, Any]], **options: Any) -> Outputs:
    """By the local engine."""
    source, main, dropped, unlocated, reasons = (folder / name for name in ("in", "out", "gone", "unlocated", "why"))
    source.write_bytes(data)
    chosen = Options(explain=True, **options)
    receipt = run_here(source, dialect, steps, main, options=chosen, dropped=dropped, explain=unlocated)
    locate(source, dialect, unlocated, reasons, lambda: None)
    return Outputs(main.read_bytes(), dropped.read_bytes(), reasons.read_bytes(), receipt.as_json())


@dataclass(frozen=True)
class There:
    """Runs by a cluster in a bucket, of the object `in`, below a prefix of their own."""

    bucket: Bucket
    cluster: Cluster
    prefix: str

    def run(
        self,
        dialect: Dialect,
        steps: list[dict[str, Any]],
        split: cluster.Split,
        cuts: Sequence[int] = (),
        progress: Callable[[Progress], None] | None = None,
        **options: Any,
    ) -> tuple[Outputs, dict[str, Any]]:
        """What it left, and how it was done; `cuts` are bytes at which lines begin, right or wrong ones."""
        file, chosen = cluster.File(f"{self.prefix}in", dialect), Options(**options)
        if cuts:
            job = new_job(file, steps, self.bucket, chosen, split, asides=True)
            start, stop = job.bounds[0][0], job.bounds[-1][1]
            borders = [start, *sorted({cut for cut in cuts if start < cut < stop}), stop]
            job = replace(job, bounds=tuple(pairwise(borders)))
            RunObjects(self.bucket, f"{self.prefix}{__version__}/").put("job", job)
        keys = [f"{self.prefix}{name}" for name in ("main", "dropped", "reasons")]
        receipt = cluster.run(
            file, steps, cluster.Targets(*keys), bucket=self.bucket, prefix=self.prefix, cluster=self.cluster,
            options=chosen, split=split, progress=progress,
        )  # fmt: skip
        main, dropped, reasons = (self.bucket.get(key) or b"" for key in keys)
        return Outputs(main, dropped, reasons, receipt.as_json()), receipt.run
