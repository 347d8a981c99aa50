"""One stage of a run: its passes over the file, in ranges side by side, and what they counted."""

from __future__ import annotations

import time
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, cast

from csvapi import __version__
from csvapi.engines.local.decisions import join
from csvapi.engines.local.explain import write_explanation
from csvapi.engines.local.keyed_pass import Repeats
from csvapi.engines.local.outputs import side_by_side
from csvapi.engines.local.processes import do_all, run_all
from csvapi.engines.local.range_pass import RangePass
from csvapi.engines.local.range_result import Found, add_counts, join_sightings, joined_census, merge, tell_kept
from csvapi.engines.local.ranges import ranges
from csvapi.engines.local.stage_warnings import warnings_of
from csvapi.engines.local.strategy import Strategy
from csvapi.engines.local.written_records import WrittenRecords, places_of, single_lines
from csvapi.engines.options import Options, Progress
from csvapi.engines.receipt import Receipt, StepCount
from csvapi.spill.workspace import Workspace
from csvapi.steps.gathering import Part
from csvapi.steps.mapping import Expander, Mapper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from csvapi.csvio.row_index import Places
    from csvapi.csvio.sink import Sink
    from csvapi.engines.local.outputs import Outputs
    from csvapi.engines.local.plan import Plan
    from csvapi.engines.local.processes import Progressed, Report
    from csvapi.steps.asking import Asker
    from csvapi.steps.selecting import KeyedSelector, Student


class Stage:
    """One stage of a pipeline: a pass for each keyed or studying step, and one that writes."""

    def __init__(
        self,
        plan: Plan,
        options: Options,
        workspace: Path,
        processes: int,
        progress: Callable[[Progress], None] | None,
        done: list[int],
    ) -> None:
        self.plan, self.options, self.workspace, self.progress = plan, options, workspace, progress
        self.processes = 1 if plan.ordered else processes
        self.share = options.memory // self.processes
        self.strategy = Strategy(plan, options)
        self.cut = partial(ranges, processes=self.processes, smallest=options.smallest_range)
        self.ranges = self.cut(plan.source, plan.head)
        self.kept = self.step = 0
        self.done, self.before, self.passes = done, done[0], plan.passes
        self.counts = [StepCount(step.operation.name) for step in plan.steps]
        self.found: list[Found] = []
        self.places: Places | None = None
        self.read = {"csv": 0, "native": 0}
        self.began = time.monotonic()

    def run(self, outputs: Outputs) -> Receipt:
        """Prepare the steps and do all passes. Raises what the steps raise, and `WrongCut` (see `range_pass`)."""
        workspace = self._step_workspace(self.share)
        for count, built in zip(self.counts, self.plan.built, strict=True):
            built.heartbeat = workspace.heartbeat
            count.detail.update(built.prepare(workspace))
        self.passes = self.plan.passes
        for each in self.passes[:-1]:
            if each.what == "keys":
                self._keyed_pass(each.begin, each.end)
            elif each.what == "ask":
                self._asking_pass(each.begin, each.end)
            else:
                self._study_pass(each.begin, each.end)
        return self._receipt(*self._last_pass(self.passes[-1].begin, outputs))

    @property
    def bases(self) -> list[int]:
        """For each range, the number of records before it; empty before the first pass."""
        return [0, *accumulate(found.census.records for found in self.found)][:-1]

    @property
    def records(self) -> int:
        """The number of records in the file, as the first pass counted them."""
        return sum(found.census.records for found in self.found)

    @property
    def total(self) -> int:
        """The bytes that all passes up to the end of this stage read, for the progress."""
        return self.before + (self.plan.source.size - self.plan.head.start) * len(self.passes)

    @property
    def numbers(self) -> Iterable[int]:
        """What the ranges are called, in order."""
        return range(len(self.ranges))

    def _report(self, step: Progressed) -> None:
        self.done = [mine + more for mine, more in zip(self.done, step, strict=True)]
        if self.progress:
            done, rows_in, rows_out = self.done
            self.progress(Progress(done, self.total, rows_in, rows_out, self.plan.before + self.step))

    def heartbeat(self) -> None:
        """Report that the run goes on. Raises what `progress` does."""
        self._report((0, 0, 0))

    def _step_workspace(self, memory: int) -> Workspace:
        several = self.options.processes, partial(do_all, self._report), self.cut
        return Workspace(self.workspace, memory, self.heartbeat, False, self.options.native, *several)

    def _pass(self, number: int, begin: int, end: int, **more: Any) -> RangePass:
        base = self.bases[number] if begin else 0
        place = (number, self.ranges[number], begin, end, self.share, base)
        return RangePass(self.plan, self.options, self.workspace, *place, even=self.even, **more)

    def _in_ranges(self, begin: int, end: int, **more: Any) -> list[Found]:
        """A pass over all ranges side by side; what it found, which is added to what is known."""
        more["locate"] = self.strategy.locates and begin == 0
        passes = [self._pass(number, begin, end, **more) for number in range(len(self.ranges))]
        found = run_all([self.strategy.task(each) for each in passes], self._report)
        self._add(found, begin)
        return found

    @property
    def even(self) -> bool:
        """Whether an earlier pass found every record as wide as the header."""
        return bool(self.found) and not any(each.census.issues["ragged"].count for each in self.found)

    @property
    def located(self) -> bool:
        """Whether an earlier pass stored where each record ends, and found nothing between the records."""
        return self.strategy.locates and bool(self.found) and not any(each.census.blank for each in self.found)

    def _keyed_pass(self, begin: int, end: int) -> None:
        self.step = end
        partitions = self.strategy.partitions(self.processes)
        more = {"partitions": partitions, "secret": self.strategy.secret, "remember": True}
        found = self._in_ranges(begin, end, **more)
        built = cast("KeyedSelector", self.plan.built[end - 1])
        codes = [self.plan.code(end - 1, reason) for reason in range(len(built.reasons))]
        place = (built, end - 1, codes, self.bases, self.records)
        repeats = Repeats(*place, explain=self.options.explain, processes=self.processes)
        if built.ranked:
            dropped = repeats.mark_by_rank(self._step_workspace(self.options.memory), found)
        else:
            dropped = repeats.mark_in_partitions(
                self.workspace, self.share, partitions, native=self.strategy.secret is not None, report=self._report
            )
        count = self.counts[end - 1]
        count.kept = count.records_in - dropped

    def _asking_pass(self, begin: int, end: int) -> None:
        """Collect the keys of the records that reach step `end` (from 0), and have them answered."""
        self.step, asker = end + 1, cast("Asker", self.plan.built[end])
        self._in_ranges(begin, end, asker=asker, remember=end > 0)
        groups = [range(first, asker.partitions, self.processes) for first in range(self.processes)]
        run_all([partial(asker.answer, self.workspace, end, len(self.ranges), each) for each in groups], self._report)

    def _study_pass(self, begin: int, end: int) -> None:
        """Show the records that reach step `end` (from 0) to it."""
        self.step, student = end + 1, cast("Student", self.plan.built[end])
        more = {"student": student, "remember": True, "locate": self.strategy.locates and begin == 0}
        found = run_all([self._pass(0, begin, end, **more).run], self._report)
        student.studied()
        self._add(found, begin)

    def _last_pass(self, begin: int, outputs: Outputs) -> tuple[int, str]:
        """Write the outputs; the size and the SHA-256 of the main one, which is "" where it was not hashed."""
        self.step = len(self.plan.steps)
        with outputs.opened() as sinks:
            self._begin(sinks[0])
            for side in sinks[1:]:
                side.write(self.plan.top)
            work = partial(self._last_range, begin, outputs)
            if len(self.ranges) == 1:
                found = run_all([partial(work, 0, sinks)], self._report)
            else:
                found = side_by_side(work, len(self.ranges), sinks, self.workspace, self._report)
            self._add(found, begin)
            self._end(sinks[0], found)
            for sink in sinks:
                sink.flush()
        if outputs.reasons:
            write_explanation(self.plan, self.workspace, [*self.bases, self.records], outputs.reasons, self._report)
        return sinks[0].size, sinks[0].digest.hexdigest() if sinks[0].digest else ""

    def _last_range(self, begin: int, outputs: Outputs, number: int, sinks: list[Sink], report: Report) -> Found:
        side = sinks[1] if len(sinks) > 1 else None
        remember = outputs.reasons is not None or begin > 0
        one = self._pass(number, begin, len(self.plan.steps), output=sinks[0], dropped=side, remember=remember)
        one.notes, one.single = True, single_lines(self.found, number)
        return self.strategy.task(one, located=self.located)(report)

    def _begin(self, main: Sink) -> None:
        """Write what stands above the first data record."""
        main.write(self.plan.above())

    def _end(self, main: Sink, found: list[Found]) -> None:
        """Write what comes after the last record of the pass: what was gathered, or what the last step appends."""
        last, written = self.plan.built[-1] if self.plan.built else None, WrittenRecords(main, places_of(found))
        if self.plan.gatherer:
            lines = accumulate((each.census.lines for each in found), initial=0)
            parts = list(map(Part, (each.gathered for each in found), self.bases, lines, self.numbers))
            for data in self.plan.gatherer.result(self._step_workspace(self.options.memory), parts):
                main.write_now(memoryview(data))
                self.heartbeat()
            self.counts[-1].detail = self.plan.gatherer.counts()
        elif isinstance(last, Mapper | Expander):
            for part in last.more():
                written.write(part)
                detail = self.counts[-1].detail
                detail["out"] = detail.get("out", self.kept) + len(part)
                self.heartbeat()
        elif not (self.plan.headed or self.plan.bare):
            main.write(self.plan.source.tail)
        self.places = written.places
        if self.counts:
            self.kept = self.counts[-1].detail.get("out", self.kept)

    def _add(self, found: list[Found], begin: int) -> None:
        """Counts of the steps this pass decided; the census is the first pass's."""
        if begin == 0:
            self.found = found
            join(self.workspace, range(len(found)))
        add_counts(self.counts, found)
        self.kept = sum(each.kept for each in found)
        for each in found:
            merge(self.read, each.read)
        join_sightings(self.plan.built, found, self.bases, [0, *accumulate(each.census.lines for each in self.found)])
        tell_kept(self.plan.built, found, self.bases)

    def _receipt(self, size: int, sha256: str) -> Receipt:
        census = joined_census(self.found, self.plan)
        return Receipt(
            engine=__version__,
            dialect=self.plan.source.byte_dialect.dialect,
            steps=[step.as_json() for step in self.plan.steps],
            options=self.options.as_json(),
            input_bytes=self.plan.source.size + self.plan.source.trailing,
            census=census,
            counts=self.counts,
            output_bytes=size,
            output_sha256=sha256,
            kept=self.kept,
            ragged_dropped=sum(each.ragged_dropped for each in self.found),
            warnings=warnings_of(self.plan, census),
            run={
                "steps": [step.operation.name for step in self.plan.steps],
                "passes": len(self.passes),
                "ranges": len(self.ranges),
                "bytes_by_parser": self.read,
                "seconds": round(time.monotonic() - self.began, 3),
            },
        )
