"""One pass over one range: batches in; decisions, keys and kept bytes out. Memory: a few batches."""

from __future__ import annotations

from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, cast

from csvapi.csvio.batch import Batch
from csvapi.csvio.census import Counter
from csvapi.csvio.disk import disk_budget
from csvapi.csvio.parsing import WrongCut
from csvapi.csvio.reading import parsers_of, read_batches
from csvapi.csvio.row_index import Places
from csvapi.engines.local.bad_records import Judge
from csvapi.engines.local.decisions import GOES, LENGTH, STAYS, Decisions, length_file
from csvapi.engines.local.flow import through
from csvapi.engines.local.padding import Padding
from csvapi.engines.local.range_result import Found, merge, settled
from csvapi.engines.local.written_records import WrittenRecords
from csvapi.engines.receipt import StepCount
from csvapi.spill.key_files import key_sink
from csvapi.spill.ranked_keys import RankedKeys
from csvapi.spill.workspace import Workspace
from csvapi.steps.conditions import inverse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from csvapi.csvio.parsing import LocatedBatch
    from csvapi.csvio.sink import Sink
    from csvapi.engines.local.plan import Plan
    from csvapi.engines.local.processes import Progressed
    from csvapi.engines.options import Options
    from csvapi.spill.key_files import KeySink
    from csvapi.steps.asking import Asker
    from csvapi.steps.gathering import Gatherer
    from csvapi.steps.mapping import Mapper
    from csvapi.steps.selecting import KeyedSelector, Selector, Student

NATIVE = 8  # times as much as the csv module is the kernel given at once: a batch costs it next to nothing


@dataclass
class RangePass:
    """Steps `begin` to `end` (those before are decided) over the records of one range.

    A pass ends with a keyed step, whose keys it spills into `partitions`; or it shows what is left to the `student`, or
    spills its keys for the `asker`; or it writes to `output` and `dropped`, where a last `gatherer` may take the
    records instead, with `memory` bytes of its own; its state `crosses` to another process. It `notes` where records
    that it writes begin, or copies where each is a `single` line. The first may `locate` the records. Keys are `short`
    where another machine reads them. `stayed` is how many records a keyed step before it left in earlier ranges.
    """

    plan: Plan
    options: Options
    workspace: Path
    number: int
    bounds: tuple[int, int]
    begin: int
    end: int
    memory: int
    base: int = 0
    partitions: int = 1
    secret: bytes | None = None
    output: Sink | None = None
    dropped: Sink | None = None
    student: Student | None = None
    asker: Asker | None = None
    remember: bool = False
    even: bool = False
    notes: bool = False
    single: bool = False
    locate: bool = False
    short: bool = False
    stayed: int = 0
    crosses: bool = True

    def run(self, report: Callable[[Progressed], None]) -> Found:
        """Raises `MalformedCsv` where the options refuse what is found, `WrongCut` if the range ends in a record."""
        self.heartbeat = partial(report, (0, 0, 0))
        for built in self.plan.built:
            built.heartbeat = self.heartbeat
        self.counter = Counter(self.plan.source, self.plan.head)
        self.judge = Judge(self.plan, self.options, self.counter, first=not self.begin, even=self.even)
        self.found = Found(self.counter.census, [StepCount(step.operation.name) for step in self.plan.steps])
        if not self.student:  # the pass after that one begins at the same step
            self.found.collect(self.plan, self.begin, self.stayed)
        self.line = self.plan.head.line
        self.remarks = {number: self.plan.built[number].remarks for number in range(self.begin, self.end)}
        for remark in chain.from_iterable(self.remarks.values()):
            remark.reset()
        decisions = Decisions(self.workspace, self.number, self.base, new=not self.begin, kept=self.remember)
        gatherer = self.plan.gatherer if self.output else None
        self.gathering = gatherer.gather(self._step_workspace(report), self.number) if gatherer else None
        with closing(decisions), ExitStack() as stack:
            stack.push(self._abandon)
            stack.enter_context(settled(self.plan.built[: self.begin]))
            for number, built in enumerate(self.plan.built[self.begin : self.end], start=self.begin):
                stack.enter_context(built.in_range(self.workspace, number, self.number))
            keyed = self.output is None and self.student is None
            self.keys = stack.enter_context(closing(self._key_sink(report))) if keyed else None
            lengths = length_file(self.workspace, self.number)
            self.lengths = stack.enter_context(lengths.open("wb")) if self.locate else None
            self.written = WrittenRecords(self.output, Places() if self.notes else None)
            for located in self._batches():
                kept = self.found.kept
                self._process(located, decisions)
                self._locate(located)
                merge(self.found.read, {located.parser: located.size})
                report((located.size, len(located), self.found.kept - kept))
            if self.keys:
                self.keys.flush()
        self.found.ragged_dropped, self.found.places = self.judge.dropped, self.written.places
        ranked = self.keys.runs if isinstance(self.keys, RankedKeys) else None
        self.found.gathered = self.gathering.close() if self.gathering else ranked
        self.found.seen = {number: [remark.seen for remark in remarks] for number, remarks in self.remarks.items()}
        self._count(gatherer)
        return self.found

    def _count(self, gatherer: Gatherer | None) -> None:
        """What the steps counted; a gatherer is asked when it has written."""
        if self.asker:
            self.found.counts[self.end].detail = self.asker.asked()
        for number in range(self.begin, self.end):
            built = self.plan.built[number]
            if built is not gatherer:
                self.found.counts[number].detail = built.counts()

    def _abandon(self, kind: type[BaseException] | None, *_: object) -> None:
        """Let the gatherer close its files when the pass fails."""
        if kind and self.gathering:
            with suppress(OSError):  # a full disk, which the failure itself reports
                self.gathering.abandon()

    def _locate(self, located: LocatedBatch) -> None:
        """Add line and byte to what the steps found in this batch."""
        for remark in chain.from_iterable(self.remarks.values()):
            for spot in remark.seen.spots:
                if spot.line is None:
                    spot.line, spot.byte = located.where(spot.row - located.batch.rows[0])
        self.line += located.lines

    def _step_workspace(self, report: Callable[[Progressed], None]) -> Workspace:
        shared = self.number > 0 or self.bounds[1] < self.plan.source.size
        more = (shared and self.crosses, self.options.native, 1 if shared else self.options.processes)
        return Workspace(self.workspace, self.memory, lambda: report((0, 0, 0)), *more)

    def _key_sink(self, report: Callable[[Progressed], None]) -> KeySink | RankedKeys:
        of, step = self.asker or self, self.end if self.asker else self.end - 1
        if not self.asker and cast("KeyedSelector", self.plan.built[step]).ranked:
            return RankedKeys(self._step_workspace(report), f"ranked-{step}", self.number, self.secret)
        return key_sink(self.workspace, step, self.number, of.partitions, of.secret, short=self.short)

    def _batches(self) -> Iterator[LocatedBatch]:
        source, options = self.plan.source, self.options
        native = 2 * NATIVE * options.block_size if options.native else 0
        parsers = parsers_of(source, self.counter.width, options.max_record, native=native)
        size = options.block_size * (NATIVE if len(parsers) > 1 else 1)
        for located in read_batches(source, *self.bounds, parsers, line=self.line, size=size, limit=options.max_record):
            if located.unclosed and self.bounds[1] < source.size:
                raise WrongCut
            yield located

    def _process(self, located: LocatedBatch, decisions: Decisions) -> None:
        batch = located.batch
        self.start = start = batch.rows[0] if len(batch) else 0
        self.marks = marks = decisions.read(start, len(batch))
        ragged = self.judge.ragged(located, marks)
        pads = self.options.on_ragged == "pad" and ragged
        rows = frozenset(batch.rows[index] for index in ragged) if pads else frozenset()
        self.padding = Padding(rows, len(self.plan.head.columns), self.options.max_record) if pads else None
        remaining, left = batch.select(bytes(marks).translate(STAYS)), 0
        for part in through(remaining, range(-1 if pads else 0, self.end), self._advance):
            self._take(part, located)
            self.heartbeat()
            left += len(part)
        decisions.write(start, marks)
        if self.lengths:
            with disk_budget(LENGTH * len(batch)):
                located.lengths().tofile(self.lengths)
        if self.dropped and left < len(batch):
            batch.select(bytes(marks.translate(GOES))).write_to(self.dropped)

    def _take(self, part: Batch, located: LocatedBatch) -> None:
        """Hand over the records that all steps of the pass left, to whatever the pass is for."""
        if self.asker:
            self.asker.ask(part, cast("KeySink", self.keys))
        elif self.keys:
            self._add_keys_of(part, self.keys)
        elif self.student:
            self.student.study(part)
        elif self.gathering:
            self.gathering.add(part, lambda row: located.where(row - self.start)[0])
            self.found.kept += len(part)
        elif self.output:
            self._write(part)

    def _add_keys_of(self, remaining: Batch, sink: KeySink | RankedKeys) -> None:
        self.found.counts[self.end - 1].records_in += len(remaining)
        cast("KeyedSelector", self.plan.built[self.end - 1]).give(remaining, sink)

    def _write(self, remaining: Batch) -> None:
        expander = self.plan.expander
        for part in expander.expand(remaining) if expander else self._rewritten(remaining):
            self.written.write(part)
            self.found.kept += len(part)
            self.heartbeat()

    def _rewritten(self, batch: Batch) -> Iterable[Batch]:
        rewriting = self.plan.rewriting
        return through(batch, range(1), lambda _, part: _mapped(rewriting, part)) if rewriting else (batch,)

    def _advance(self, number: int, batch: Batch) -> tuple[Batch, int]:
        """Apply step `number` (-1: the padding) to the first records; returns what it makes, and of how many."""
        if number < 0:
            return _mapped(cast("Padding", self.padding), batch)
        traits = self.plan.steps[number].traits
        if traits.kind == "mapper":
            return self._map(number, batch)
        if traits.keyed:
            if number == self.begin - 1:
                self.found.see_kept(number, cast("KeyedSelector", self.plan.built[number]), batch)
        elif traits.kind != "selector":
            self._pass_on(number, len(batch))
        elif number >= self.begin:
            return self._select(number, cast("Selector", self.plan.built[number]), batch), len(batch)
        return batch, len(batch)

    def _map(self, number: int, batch: Batch) -> tuple[Batch, int]:
        built = self.plan.built[number]
        done = batch if built is self.plan.expander else cast("Mapper", built).map(batch)
        if number >= self.begin:
            self._pass_on(number, len(done))
        return done, len(done)

    def _pass_on(self, number: int, records: int) -> None:
        count = self.found.counts[number]
        count.records_in += records
        count.kept += records

    def _select(self, number: int, step: Selector, remaining: Batch) -> Batch:
        mask = step.keep(remaining)
        count = self.found.counts[number]
        count.records_in += len(remaining)
        count.kept += mask.count(1)
        if (self.remember or self.dropped) and 0 in mask:
            gone = remaining.select(inverse(mask))
            codes = bytes(self.plan.code(number, reason) for reason in range(len(step.reasons)))
            reasons = step.why(gone) if self.options.explain else bytes(len(gone))
            gone.put(reasons.translate(codes.ljust(256, b"\0")), self.marks, self.start)
        return remaining.select(mask)


def _mapped(mapper: Mapper | Padding, batch: Batch) -> tuple[Batch, int]:
    done = mapper.map(batch)
    return done, len(done)
