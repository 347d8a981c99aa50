"""Run steps over a file on this machine, in one process or several.

A pass reads the file once in ranges side by side; one more pass per dedup or unique. Memory: a few blocks per process,
and the keys of one partition. Everything a run writes besides its outputs is in a folder of the workspace that goes
with it, however it ends.
"""

from __future__ import annotations

import gc
import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from csvapi import __version__
from csvapi.csvio.receipt import Receipt, StepCount
from csvapi.csvio.sink import Sink
from csvapi.engines.duplicates import Duplicates
from csvapi.engines.explain import HEADER, write_explanation
from csvapi.engines.passes import Found, RangePass
from csvapi.engines.plan import Plan
from csvapi.engines.pool import Progressed, WrongCut, run_all
from csvapi.engines.ranges import ranges
from csvapi.engines.settings import Options, Progress
from csvapi.engines.stages import Aside, check, output_of, stages
from csvapi.engines.ways import Ways
from csvapi.operations import load_steps
from csvapi.operations.keyed import SAMPLE
from csvapi.operations.step import Part, Room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csvapi.csvio.dialect import Dialect
    from csvapi.engines.plan import Files
    from csvapi.engines.pool import Report
    from csvapi.operations.step import Appender, KeyedSelector, Prepared, Step, Student

__all__ = ["Options", "Progress", "run"]


def run(
    source: Path,
    dialect: Dialect,
    steps: list[dict[str, Any]],
    output: Path | BinaryIO,
    *,
    options: Options | None = None,
    workspace: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    dropped: Path | None = None,
    explain: Path | None = None,
    input_sha256: str | None = None,
    hashed: bool = True,
    files: Files | None = None,
) -> Receipt:
    """Write what the steps leave of `source` to `output`, the dropped records to `dropped`, and why to `explain`.

    Without `hashed` the receipt has no SHA-256 of the output, which takes a while. `files` are those that steps read
    besides, by the id they name. Behind a step that settles its output (see
    `engines.stages`) the rows in `explain` and the bytes in `dropped` are those of that output.
    `progress` is called at block borders and may raise: children and files then go and the exception passes through.
    Raises `InvalidInput` for steps and columns, `MalformedCsv` for a record beyond the options, `WorkspaceFull`.
    """
    options = options or Options()
    files = files or {}
    parts = stages(load_steps(steps), options)
    plan = Plan.of(source, dialect, parts[0], options, files, last=len(parts) == 1)
    check(plan, parts[1:], files)
    written = [path for path in (output, dropped, explain) if isinstance(path, Path)]
    try:
        with _quiet_collector():
            for count in dict.fromkeys((max(1, options.processes), 1)):
                try:
                    with tempfile.TemporaryDirectory(prefix="run-", dir=workspace) as folder:
                        pipeline = _Pipeline(parts, options, Path(folder).resolve(), count, progress, files)
                        receipt = pipeline.run(plan, output, dropped, explain, input_sha256, hashed=hashed)
                        break
                except WrongCut:
                    pass  # a range began inside a record: a run in one range has no cuts
    except BaseException:
        for path in filter(_is_regular, written):
            path.unlink(missing_ok=True)
        raise
    return receipt


def _is_regular(path: Path) -> bool:
    """A device, a pipe or a link is not the run's to remove."""
    return path.is_file() and not path.is_symlink()


@contextmanager
def _quiet_collector() -> Iterator[None]:
    """No cyclic garbage is made during a pass; looking for it would cost a tenth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass
class _Pipeline:
    """The stages of a run, each over the file that the one before it wrote."""

    parts: list[list[Step]]
    options: Options
    folder: Path
    processes: int
    progress: Callable[[Progress], None] | None
    files: Files

    def run(
        self,
        plan: Plan,
        output: Path | BinaryIO,
        dropped: Path | None,
        explain: Path | None,
        sha256: str | None,
        *,
        hashed: bool,
    ) -> Receipt:
        sides = (Aside(dropped, self.folder, "gone"), Aside(explain, self.folder, "reasons"))
        first, before = plan, 0
        receipts: list[Receipt] = []
        done = [0, 0, 0]
        for number, steps in enumerate(self.parts):
            last = number == len(self.parts) - 1
            target = output if last else self.folder / f"stage-{number}"
            options = self.options if number == 0 else replace(self.options, on_ragged="keep", on_bad="keep")
            if number:
                assert plan.after.wire is not None  # noqa: S101  the plan of a file
                source, dialect = self.folder / f"stage-{number - 1}", plan.after.wire.dialect
                columns = plan.after.columns
                plan = Plan.of(source, dialect, steps, options, self.files, last=last, columns=columns)
                plan.before = before
            workspace = self.folder / f"work-{number}"
            workspace.mkdir()
            job = _Run(plan, options, workspace, self.processes, self.progress, done)
            asides = sides[0].of(number), sides[1].of(number)
            receipts.append(job.run(target, *asides, sha256, hashed=hashed and last))
            done, before = job.done, before + len(steps)
            sides[0].add(number, len(plan.top))
            sides[1].add(number, len(HEADER))
            shutil.rmtree(workspace)
            if number:
                plan.source.path.unlink()
        return self._whole(first, plan, receipts)

    def _whole(self, first: Plan, last: Plan, receipts: list[Receipt]) -> Receipt:
        """One receipt: the input of the first stage, the output of the last one, and the steps of all."""
        receipt = replace(
            receipts[-1],
            dialect=first.source.wire.dialect,
            steps=[step for each in receipts for step in each.steps],
            options=self.options.as_json(),
            input_bytes=first.source.size,
            input_sha256=receipts[0].input_sha256,
            census=receipts[0].census,
            counts=[count for each in receipts for count in each.counts],
            ragged_dropped=receipts[0].ragged_dropped,
        )
        receipt.output = output_of(last)
        return receipt


class _Run:
    """One stage."""

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
        self.ways = Ways(plan, options)
        self.ranges = ranges(plan.source, plan.head, self.processes, options.smallest_range)
        self.done = done
        self.kept = 0
        self.passes = plan.passes
        self.total = done[0] + (plan.source.size - plan.head.start) * len(self.passes)
        self.step = 0
        self.counts = [StepCount(step.operation.name) for step in plan.steps]
        self.found: list[Found] = []

    def run(
        self,
        output: Path | BinaryIO,
        dropped: Path | None,
        explain: Path | None,
        sha256: str | None,
        *,
        hashed: bool,
    ) -> Receipt:
        room = Room(self.workspace, self.options.memory // self.processes, partial(self._report, (0, 0, 0)))
        for count, built in zip(self.counts, self.plan.built, strict=True):
            if hasattr(built, "prepare"):
                count.detail.update(cast("Prepared", built).prepare(room) or {})
        for each in self.passes[:-1]:
            if each.what == "keys":
                self._keyed_pass(each.begin, each.end)
            else:
                self._study_pass(each.begin, each.end)
        begin = self.passes[-1].begin
        out = self._last_pass(begin, output, dropped, remember=explain is not None or begin > 0, hashed=hashed)
        if explain:
            write_explanation(self.plan, self.workspace, self.bases, explain, partial(self._report, (0, 0, 0)))
        return self._receipt(out, sha256)

    @property
    def bases(self) -> list[int]:
        return [0, *accumulate(found.census.records for found in self.found)][:-1]

    def _report(self, step: Progressed) -> None:
        self.done = [mine + more for mine, more in zip(self.done, step, strict=True)]
        if self.progress:
            done, rows_in, rows_out = self.done
            self.progress(Progress(done, self.total, rows_in, rows_out, self.plan.before + self.step))

    def _pass(self, number: int, begin: int, end: int, **more: Any) -> RangePass:
        return RangePass(
            self.plan, self.options, self.workspace, number, self.ranges[number], begin, end, even=self.even, **more
        )

    @property
    def even(self) -> bool:
        """Whether an earlier pass found every record as wide as the header."""
        return bool(self.found) and not any(each.census.issues["ragged"].count for each in self.found)

    @property
    def located(self) -> bool:
        """Whether an earlier pass left where each record ends, with nothing between them."""
        return self.ways.locates and bool(self.found) and not any(each.census.blank for each in self.found)

    def _keyed_pass(self, begin: int, end: int) -> None:
        self.step = end
        partitions = self.ways.partitions(self.processes)
        more = {"partitions": partitions, "remember": True, "locate": self.ways.locates and begin == 0}
        tasks = [self.ways.task(self._pass(number, begin, end, **more)) for number in range(len(self.ranges))]
        found = run_all(tasks, self._report, apart=self.ways.apart(begin, end))
        self._add(found, begin)
        built = cast("KeyedSelector", self.plan.built[end - 1])
        records = [each.census.records for each in self.found]
        code = self.plan.code(end - 1, 0)
        resolver = Duplicates(
            self.workspace, end - 1, built.retain, code, self.bases, records, explain=self.options.explain
        )
        resolver.prepare()
        groups = [range(first, partitions, self.processes) for first in range(min(self.processes, partitions))]
        marks = [partial(self.ways.mark(resolver), group) for group in groups]
        dropped = sum(run_all(marks, self._report, apart=self.ways.fast))
        count = self.counts[end - 1]
        count.kept = count.records_in - dropped
        for path in self.workspace.glob(f"keys-{end - 1}-*"):
            path.unlink()

    def _study_pass(self, begin: int, end: int) -> None:
        """Show the records that reach step `end` (from 0) to it."""
        self.step = end + 1
        student = cast("Student", self.plan.built[end])
        found = run_all([self._pass(0, begin, end, student=student, remember=True).run], self._report)
        student.studied()
        self._add(found, begin)

    def _last_pass(
        self, begin: int, output: Path | BinaryIO, dropped: Path | None, *, remember: bool, hashed: bool
    ) -> Sink:
        self.step = len(self.plan.steps)
        end = len(self.plan.steps)
        with ExitStack() as stack:
            target = stack.enter_context(output.open("wb")) if isinstance(output, Path) else output
            main = Sink(target, hashed=hashed or not isinstance(output, Path))
            side = Sink(stack.enter_context(dropped.open("wb")), hashed=False) if dropped else None
            self._begin(main)
            if side:
                side.write(self.plan.top)
            apart = self.ways.apart(begin, end)
            if len(self.ranges) == 1 and not apart:
                one = self._pass(0, begin, end, output=main, dropped=side, remember=remember)
                found = run_all([self.ways.task(one, located=self.located)], self._report)
            else:
                found = self._parts([main, *([side] if side else [])], begin, end, remember=remember, apart=apart)
            self._add(found, begin)
            self._end(main, found)
            main.flush()
            if side:
                side.flush()
        return main

    def _parts(self, sinks: list[Sink], begin: int, end: int, *, remember: bool, apart: bool) -> list[Found]:
        """The ranges side by side, each into files of its own that are put together; the first one needs none.

        Where an output is hashed, its bytes have to pass through here.
        """
        direct = not any(sink.digest for sink in sinks)
        for sink in sinks:
            sink.settle()
        tasks = [
            partial(self._part, number, sinks if direct and not number else len(sinks), begin, end, remember)
            for number in range(len(self.ranges))
        ]
        found = run_all(tasks, self._report, apart=apart)
        for place, sink in enumerate(sinks):
            if direct:
                sink.size = sink.file.tell()
            for number in range(int(direct), len(self.ranges)):
                sink.append(self._part_file(number, place), partial(self._report, (0, 0, 0)))
        return found

    def _part_file(self, number: int, place: int) -> Path:
        return self.workspace / f"part-{number}-{place}"

    def _part(
        self, number: int, sinks: list[Sink] | int, begin: int, end: int, remember: bool, report: Report
    ) -> Found:
        """One range, into the sinks or into as many files of its own."""
        with ExitStack() as stack:
            if isinstance(sinks, int):
                files = [stack.enter_context(self._part_file(number, place).open("wb")) for place in range(sinks)]
                sinks = [Sink(file, hashed=False) for file in files]
            side = sinks[1] if len(sinks) > 1 else None
            one = self._pass(number, begin, end, output=sinks[0], dropped=side, remember=remember)
            found = self.ways.task(one, located=self.located)(report)
            for sink in sinks:
                sink.settle()
        return found

    def _begin(self, main: Sink) -> None:
        """The bytes above the first data record: as they were, or by the last mapper."""
        fields, top = self.plan.head.fields, self.plan.top
        for mapper in self.plan.mappers:
            fields, top = mapper.head(fields)
        main.write(top)

    def _end(self, main: Sink, found: list[Found]) -> None:
        """The bytes behind the last record that a pass wrote: what was gathered, or appended."""
        last = self.plan.built[-1] if self.plan.built else None
        if self.plan.gatherer:
            room = Room(self.workspace, self.options.memory, partial(self._report, (0, 0, 0)))
            before = zip(self.bases, accumulate([0, *(each.census.lines for each in found)]), strict=False)
            parts = [Part(each.gathered, *at) for each, at in zip(found, before, strict=True)]
            for data in self.plan.gatherer.result(room, parts):
                main.write(data)
                self._report((0, 0, 0))
            self.counts[-1].detail = self.plan.gatherer.counts()
        elif hasattr(last, "more"):
            for block in cast("Appender", last).more():
                main.write_records(block.raw, block.wire)
                self.counts[-1].detail["out"] += len(block)
                self._report((0, 0, 0))
        elif not self.plan.mappers:
            main.write(self.plan.source.tail)
        if self.counts:
            self.kept = self.counts[-1].detail.get("out", self.kept)

    def _add(self, found: list[Found], begin: int) -> None:
        """Counts of the steps this pass decided; the census is the first pass's."""
        if begin == 0:
            self.found = found
        for number, count in enumerate(self.counts):
            for each in found:
                more = each.counts[number]
                count.records_in += more.records_in
                count.kept += more.kept
                _merge(count.detail, more.detail)
                if number in each.samples:
                    count.detail["distinct"] = count.kept
                    sample = count.detail.setdefault("sample", [])
                    sample += each.samples[number][: SAMPLE - len(sample)]
        self.kept = sum(each.kept for each in found)

    def _receipt(self, out: Sink, sha256: str | None) -> Receipt:
        census = self.found[0].census
        for each in self.found[1:]:
            census.add(each.census)
        census.blank += self.plan.head.blank
        for issue in census.issues.values():
            issue.byte = self.plan.source.byte(issue.byte) if issue.count else 0
        return Receipt(
            engine=__version__,
            dialect=self.plan.source.wire.dialect,
            steps=[step.as_json() for step in self.plan.steps],
            options=self.options.as_json(),
            input_bytes=self.plan.source.size,
            input_sha256=sha256,
            census=census,
            counts=self.counts,
            output_bytes=out.size,
            output_sha256=out.digest.hexdigest() if out.digest else "",
            kept=self.kept,
            ragged_dropped=sum(each.ragged_dropped for each in self.found),
        )


def _merge(total: dict[str, Any], more: dict[str, Any]) -> None:
    """Add numbers, at any depth."""
    for key, value in more.items():
        if isinstance(value, dict):
            _merge(total.setdefault(key, {}), value)
        else:
            total[key] = total.get(key, 0) + value
