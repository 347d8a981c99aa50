"""The one stage of a run on a cluster: the local engine's, but that others do its passes."""

from __future__ import annotations

from array import array
from dataclasses import replace
from hashlib import sha256
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, cast

from csvapi.csvio.disk import Budget, disk_budget
from csvapi.engines.cluster.asking import answer_keys, spread_second, write_rest
from csvapi.engines.cluster.dispatcher import Dispatcher
from csvapi.engines.cluster.goes import Goes, stayed_before
from csvapi.engines.cluster.job import (
    Merged,
    Ranges,
    Rest,
    Scanned,
    Slice,
    SliceRow,
    Sorted,
    Written,
    named,
    number_of,
    unpacked_sizes,
)
from csvapi.engines.cluster.records import loaded
from csvapi.engines.cluster.run_objects import offsets
from csvapi.engines.cluster.slices import borders, sliced
from csvapi.engines.cluster.targets import Asides, Parts, Targets, sink_at
from csvapi.engines.local.stage import Stage
from csvapi.engines.locating import COLUMNS
from csvapi.errors import TaskError
from csvapi.steps.gathering import Sorter
from csvapi.steps.lookup import Lookup
from csvapi.steps.unmatched import Unmatched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from csvapi.engines.cluster.cluster import Cluster
    from csvapi.engines.cluster.job import Gathered, Job, Marked, Range, Reasons
    from csvapi.engines.cluster.run_objects import RunObjects
    from csvapi.engines.cluster.slices import Border
    from csvapi.engines.cluster.work import Outcome
    from csvapi.engines.local.outputs import Outputs
    from csvapi.engines.local.plan import Plan
    from csvapi.engines.options import Progress
    from csvapi.engines.receipt import Receipt
    from csvapi.steps.selecting import KeyedSelector

_READ = 1 << 20


class ClusterStage(Stage):
    """Keys and parts are made by functions of a cluster; counts, warnings and the receipt are put together here."""

    def __init__(
        self,
        plan: Plan,
        job: Job,
        objects: RunObjects,
        cluster: Cluster,
        targets: Targets,
        workspace: Path,
        progress: Callable[[Progress], None] | None,
        done: list[int],
    ) -> None:
        super().__init__(plan, replace(job.options, processes=1), workspace, 1, progress, done)
        self.job, self.objects, self.targets = job, objects, targets
        self.dispatcher = Dispatcher(cluster, objects, self._heard)
        self.budget = Budget(replace(job.options.limits, reserve=0), [])
        self.ranges = list(job.bounds)
        self.proved = False  # whether the ranges are true ones
        self.number = 0  # of the pass that goes on
        self.settled = True  # whether it writes the outputs of the run
        self.asides = Asides()

    def _keyed_pass(self, begin: int, end: int) -> None:
        self.step, partitions = end, self.job.partitions
        scans: list[Scanned] = self._over_ranges("scan")
        self._add([each.found for each in scans], begin)
        self.put_offsets("keys", (each.keys for each in scans))
        if cast("KeyedSelector", self.plan.built[end - 1]).ranked:
            self._put_table("longest", [max(each.longest for each in scans)])
        marks: list[Marked] = self.dispatcher.over_partitions("mark", self.number, partitions)
        self.put_offsets("marks", (each.rows for each in marks))
        count = self.counts[end - 1]
        count.kept = count.records_in - sum(each.dropped for each in marks)
        self._put_table("stayed", stayed_before(scans, marks, end - 1, self.job))
        cast("KeyedSelector", self.plan.built[end - 1]).decided(Goes(self.objects, self.job, self.number, self.bases))
        self.number += 1

    def _asking_pass(self, begin: int, end: int) -> None:
        """See `Stage._asking_pass`."""
        self.step, built = end + 1, self.plan.built[end]
        if not isinstance(built, Lookup) or not built.second.source.shared:
            detail = "The keys of another file take more memory than a machine of the cluster may use for them"
            raise TaskError(f'{detail}; run the task with "engine": "local"')
        spread_second(self, built)
        scans: list[Scanned] = self._over_ranges("scan")
        self._add([each.found for each in scans], begin)
        self.counts[end].detail["repeated_keys"] = answer_keys(self, scans, built.partitions)
        self.number += 1

    def _last_pass(self, begin: int, outputs: Outputs) -> tuple[int, str]:
        """See `Stage._last_pass`; what this process writes itself stands above and below the parts of the ranges."""
        self.step = len(self.plan.steps)
        with sink_at(self.workspace / "above") as above, sink_at(self.workspace / "below") as below:
            self._begin(above)
            written: list[Written] = self._over_ranges("write")
            found = [each.found for each in written]
            self._add(found, begin)
            if isinstance(self.plan.gatherer, Sorter):
                parts = {str(place): each.size for place, each in enumerate(self._merged(self.plan.gatherer))}
            elif self.plan.gatherer:
                parts = {}
                for at, each in zip(self.ranges, found, strict=True):
                    each.gathered = self._gathered(at)
                self._end(below, found)
            else:
                parts = {named(at): each.size for at, each in zip(self.ranges, written, strict=True)}
                parts |= self._rest()
                self._end(below, found)
        for name in ("above", "below"):
            self.objects.upload(f"part/{name}", self.workspace / name)
        parts = {"above": above.size, **parts, "below": below.size}
        size = self._join(self.targets.main, "part", parts)
        if self.job.asides:
            self._add_aside(self.asides.dropped, "dropped", self.plan.top, [each.dropped for each in written])
            reasons: list[Reasons] = self.dispatcher.over_ranges("explain", self.number, self.ranges)
            names = f"{','.join(COLUMNS)}\n".encode()
            self._add_aside(self.asides.reasons, "reasons", names, [each.size for each in reasons])
        if self.targets.dropped:
            self.objects.bucket.join(self.targets.dropped, self.asides.dropped, self._heartbeat)
            self.objects.bucket.join(self.targets.reasons, self.asides.reasons, self._heartbeat)
        return size, self._sha256(size) if self.settled else ""

    def _rest(self) -> dict[str, int]:
        """What a full join has besides: the parts with their sizes."""
        last = self.plan.built[-1] if self.plan.built else None
        if not isinstance(last, Unmatched):
            return {}
        parts, records = write_rest(self, self.number - 1, last)
        self.counts[-1].detail["out"] += records
        return parts

    def _merged(self, sorter: Sorter) -> list[Merged]:
        """Have the sorted ranges merged, one range of keys after the other."""
        names = [f"sorted/{named(at)}" for at in self.ranges]
        sorter.count([index.counted for index in self._indexes(names)])
        self.counts[-1].detail = sorter.counts()
        found = borders(self._indexes(names), len(names), self.job.size)
        rows = [list[Slice]() for _ in range(len(found) + 1)]
        for place, index in enumerate(self._indexes(names)):
            for row, each in zip(rows, sliced(index, place, found), strict=True):
                row.append(each)
        edges: list[Border | None] = [(b"", 0), *found, None]
        for number, row in enumerate(rows):
            lower = edges[number]
            assert lower is not None  # noqa: S101  only the last one is
            self.objects.put(f"slices/{number}", SliceRow(lower, edges[number + 1], tuple(row)))
        return self.dispatcher.over_partitions("merge", self.number, len(rows))

    def _indexes(self, names: list[str]) -> Iterator[Sorted]:
        for name in names:
            index = self.objects.last(name)
            assert isinstance(index, Sorted)  # noqa: S101  by its name
            yield index
            self._heartbeat()

    @property
    def numbers(self) -> Iterable[int]:
        """See `Stage.numbers`; as the functions call them."""
        return (number_of(self.job, at) for at in self.ranges)

    def _over_ranges(self, what: str) -> list[Any]:
        if self.proved:
            return self.dispatcher.over_ranges(what, self.number, self.ranges)
        bounds, values = self.dispatcher.over_guessed(what, self.ranges, _counted)
        before = [list(accumulate(each, initial=0)) for each in zip(*map(_counted, values), strict=True)]
        self.proved, self.ranges = True, list(bounds)
        self.objects.put("ranges", Ranges(bounds, tuple(before[0]), tuple(before[1])))
        return values

    def _gathered(self, at: Range) -> object:
        """What a gatherer has of a range, its files in the workspace."""
        name, start = f"gathered/{named(at)}", 0
        gathered: Gathered = self.objects.last(name)
        for file, size in zip(gathered.names, gathered.sizes, strict=True):
            with (self.workspace / file).open("wb") as target:
                for piece in self.objects.bucket.read(self.objects.prefix + name, start, start + size, _READ):
                    with disk_budget(len(piece)):
                        target.write(piece)
                    self._heartbeat()
            start += size
        return loaded(gathered.state, self.workspace)

    def put_offsets(self, name: str, sizes: Iterable[bytes]) -> None:
        """Write where things begin in the objects of this pass, which have so many bytes each (`packed_sizes`)."""
        self._put_table(name, chain.from_iterable(offsets(unpacked_sizes(each)) for each in sizes))

    def _put_table(self, name: str, values: Iterable[int]) -> None:
        self.objects.bucket.put(f"{self.objects.prefix}{name}-{self.number}", array("Q", values).tobytes())

    def _add_aside(self, parts: Parts, folder: str, above: bytes, sizes: Sequence[int]) -> None:
        """What this stage adds to an output; only the first one has something above it."""
        if not self.job.stage:
            self.objects.bucket.put(f"{self.objects.prefix}{folder}/above", above)
            parts.append((f"{self.objects.prefix}{folder}/above", len(above)))
        added = zip(map(named, self.ranges), sizes, strict=True)
        parts += [(f"{self.objects.prefix}{folder}/{name}", size) for name, size in added if size]

    def _join(self, target: str, folder: str, parts: Mapping[str, int]) -> int:
        """Make an output of parts, which are given with their sizes, in order; its size. What another stage reads is
        made once, since that stage pins it."""
        keys = [(f"{self.objects.prefix}{folder}/{name}", size) for name, size in parts.items() if size]
        if self.settled or not replace(self.objects, prefix="").there(target):
            self.objects.bucket.join(target, keys, self._heartbeat)
        return sum(parts.values())

    def _sha256(self, size: int) -> str:
        """The digest of the output, by a second read: side by side only those of its parts can be made."""
        digest = sha256()
        for piece in self.objects.bucket.read(self.targets.main, 0, size, _READ):
            digest.update(piece)
            self._heartbeat()
        return digest.hexdigest()

    def _heartbeat(self) -> None:
        self._report((0, 0, 0))

    def _heard(self, outcome: Outcome | None) -> None:
        """Count what a function did. Raises what `progress` raises, and what the limits of outputs do."""
        value = outcome.value if outcome else None
        if outcome and isinstance(outcome.item.at, tuple) and isinstance(value, Scanned | Written):
            if isinstance(value, Written):
                self.budget.spend(value.size + value.dropped, output=True)
            start, stop = outcome.item.at
            self._report((stop - start, value.found.census.records, value.found.kept))
        else:
            if isinstance(value, Merged | Rest):
                self.budget.spend(value.size, output=True)
            self._heartbeat()

    def _receipt(self, size: int, sha256: str) -> Receipt:
        receipt = super()._receipt(size, sha256)
        receipt.run |= {"partitions": self.job.partitions, "functions": self.dispatcher.log}
        return receipt


def _counted(value: Scanned | Written) -> tuple[int, int]:
    """The records and physical lines of a range."""
    return value.found.census.records, value.found.census.lines
