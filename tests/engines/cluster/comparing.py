"""The same run by both engines: on this machine, and from bucket to bucket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csvapi import __version__
from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options, cluster
from csvapi.engines import run as run_here
from csvapi.engines.cluster.driver import new_job
from csvapi.engines.cluster.run_objects import RunObjects
from csvapi.engines.local.stages import steps_of_input
from csvapi.engines.locating import locate
from csvapi.operations import files_of, load_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
    "dedup fullest": [{"op": "dedup", "columns": [{"index": 1}], "keep": "fullest", "empty": "keep"}],
    "dedup greatest": [{"op": "dedup", "columns": [{"index": 1}], "keep": {"max": {"index": 2}}}],
    "dedup least": [GREATER, {"op": "dedup", "columns": [{"index": 2}], "keep": {"min": {"index": 1}, "as": "number"}}],
    "unique": [{"op": "unique", "column": {"index": 1}}],
    "filter, dedup, filter": [
        GREATER,
        {"op": "dedup", "columns": [{"index": 1}]},
        {"op": "filter", "filters": [{"column": {"index": 2}, "operator": "!=", "value": "a b"}]},
    ],
    "frequency": [GREATER, {"op": "frequency", "column": {"index": 1}}],
    "frequency, the first": [{"op": "frequency", "column": {"index": 2}, "top": 2}],
    "profile": [{"op": "dedup", "columns": [{"index": 2}]}, {"op": "profile"}],
    "profile, spread": [GREATER, {"op": "profile", "histogram": 5}],
    "validate": [
        {"op": "validate", "schema": {"fields": [{"name": "h", "constraints": {"maxLength": 1}}, {"name": "i"}]}}
    ],
    "sort": [{"op": "sort", "by": [{"column": {"index": 1}}]}],
    "sort numbers": [GREATER, {"op": "sort", "by": [{"column": {"index": 2}, "as": "number", "order": "desc"}]}],
    "sort as folded": [{"op": "sort", "by": [{"column": {"index": 1}, "ignore_case": True}, {"column": {"index": 2}}]}],
    "group": [
        {"op": "dedup"},
        {
            "op": "group",
            "by": [{"index": 1}],
            "aggregates": [{"aggregate": "count"}, {"aggregate": "first", "column": {"index": 2}}],
        },
    ],
    "pivot": [{"op": "pivot", "index": [{"index": 1}], "columns": [{"index": 2}], "aggregate": "count"}],
    "frequency of several": [{"op": "frequency", "columns": [{"index": 1}, {"index": 2}]}],
    "transpose": [GREATER, {"op": "transpose"}],
    "unpivot": [{"op": "unpivot", "columns": [{"index": 2}]}],
    "join": [{"op": "join", "file": 2, "left_on": [{"index": 1}], "right_on": ["k"], "how": "left"}],
    "anti": [{"op": "join", "file": 2, "left_on": [{"index": 1}], "right_on": ["k"], "how": "anti"}],
    "concat": [GREATER, {"op": "concat", "files": [2]}],
    "dedup, map, dedup": [
        {"op": "dedup", "columns": [{"index": 1}], "keep": "last"},
        {"op": "select", "columns": [{"index": 2}]},
        {"op": "dedup", "empty": "keep"},
    ],
}
STAGES: dict[str, list[dict[str, Any]]] = {
    "sort, dedup": [{"op": "sort", "by": [{"column": {"index": 2}}]}, {"op": "dedup", "columns": [{"index": 1}]}],
    "sort, sort": [{"op": "sort", "by": [{"column": {"index": at}, "order": "desc"}]} for at in (2, 1)],
    "join, filter, sort": [
        {"op": "join", "file": 2, "left_on": [{"index": 1}], "right_on": ["k"]},
        GREATER,
        {"op": "sort", "by": [{"column": "v", "as": "number"}]},
    ],
    "group, sort": [{"op": "group", "by": [{"index": 1}]}, {"op": "sort", "by": [{"column": "count", "as": "number"}]}],
    "pivot, filter": [
        {"op": "pivot", "index": [{"index": 1}], "columns": [{"index": 2}], "aggregate": "count"},
        GREATER,
    ],
    "explode, frequency": [
        {"op": "explode", "column": {"index": 2}, "separator": " "},
        {"op": "frequency", "column": {"index": 2}},
    ],
}
OTHER = b'k,v\nb,2\na,10\nb,"x\ny"\na b,3\n,4\n'  # file 2


@dataclass(frozen=True)
class Outputs:
    """What a run left, and its receipt as JSON."""

    main: bytes
    dropped: bytes
    reasons: bytes
    receipt: dict[str, Any]


def here(
    folder: Path,
    data: bytes,
    dialect: Dialect,
    steps: list[dict[str, Any]],
    *,
    explain: bool = True,
    second: bytes = OTHER,
    **options: Any,
) -> Outputs:
    """By the local engine, with the content of file 2."""
    source, main, dropped, unlocated, reasons = (folder / name for name in ("in", "out", "gone", "unlocated", "why"))
    source.write_bytes(data)
    other = folder / "other"
    other.write_bytes(second)
    files = {2: (other, Dialect())}
    if not explain:
        receipt = run_here(source, dialect, steps, main, options=Options(**options), files=files)
        return Outputs(main.read_bytes(), b"", b"", receipt.as_json())
    chosen = Options(explain=True, **options)
    receipt = run_here(source, dialect, steps, main, options=chosen, dropped=dropped, explain=unlocated, files=files)
    locate(source, dialect, unlocated, reasons, lambda: None, steps_of_input(load_steps(steps)))
    return Outputs(main.read_bytes(), dropped.read_bytes(), reasons.read_bytes(), receipt.as_json())


@dataclass(frozen=True)
class There:
    """Runs by a cluster in a bucket, of the object `in`, below a prefix of their own."""

    bucket: Bucket
    cluster: Cluster
    prefix: str
    folder: Path = Path("/nowhere")  # for the other files that steps read
    second: bytes = OTHER

    @property
    def _other(self) -> cluster.File:
        self.bucket.put(f"{self.prefix}other", self.second)
        return cluster.File(f"{self.prefix}other", Dialect())

    def run(
        self,
        dialect: Dialect,
        steps: list[dict[str, Any]],
        split: cluster.Split,
        cuts: Sequence[int] = (),
        progress: Callable[[Progress], None] | None = None,
        *,
        explain: bool = True,
        **options: Any,
    ) -> tuple[Outputs, dict[str, Any]]:
        """What it left, and how it was done; `cuts` are bytes at which lines begin, right or wrong ones."""
        file, chosen = cluster.File(f"{self.prefix}in", dialect), Options(**options)
        if cuts:
            named = {name for _, name in files_of(load_steps(steps))}
            job = new_job(
                file, steps, self.bucket, replace(chosen, explain=explain), split, self.folder,
                files=dict.fromkeys(named, self._other),
            )  # fmt: skip
            start, stop = job.bounds[0][0], job.bounds[-1][1]
            borders = [start, *sorted({cut for cut in cuts if start < cut < stop}), stop]
            job = replace(job, bounds=tuple(pairwise(borders)))
            RunObjects(self.bucket, f"{self.prefix}{__version__}/").put("job", job)
        keys = [f"{self.prefix}{name}" if explain or name == "main" else "" for name in ("main", "dropped", "reasons")]
        receipt = cluster.run(
            file, steps, cluster.Targets(*keys), bucket=self.bucket, prefix=self.prefix, cluster=self.cluster,
            options=chosen, split=split, progress=progress, files={2: self._other},
        )  # fmt: skip
        main, dropped, reasons = ((key and self.bucket.get(key)) or b"" for key in keys)
        return Outputs(main, dropped, reasons, receipt.as_json()), receipt.run
