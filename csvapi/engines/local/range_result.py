"""What a pass gives back for each range, and how that is put together."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from csvapi.csvio.census import Issue
from csvapi.steps.selecting import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csvapi.csvio.batch import Batch
    from csvapi.csvio.census import Census
    from csvapi.csvio.row_index import Places
    from csvapi.engines.local.plan import Plan
    from csvapi.engines.receipt import StepCount
    from csvapi.steps.behaviour import Behaviour
    from csvapi.steps.remarks import Sighting
    from csvapi.steps.selecting import KeyedSelector


@dataclass
class Found:
    """What one range of one pass counted."""

    census: Census
    counts: list[StepCount]
    kept: int = 0
    ragged_dropped: int = 0
    samples: dict[int, list[str]] = field(default_factory=dict)
    stayed: dict[int, list[tuple[int, bytes]]] = field(default_factory=dict)
    gathered: object = None
    seen: dict[int, list[Sighting]] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)  # bytes by parser
    places: Places | None = None  # of what was written

    def collect(self, plan: Plan, begin: int, before: int) -> None:
        """Collect the first records that the keyed step before step `begin` leaves, if it asks for some, and unless
        enough of them were left `before`."""
        if before < SAMPLE and plan.samples(begin):
            self.samples[begin - 1] = []
        if before < plan.compares(begin):
            self.stayed[begin - 1] = []

    def see_kept(self, number: int, built: KeyedSelector, kept: Batch) -> None:
        """Show keyed step `number` the first records that stayed, if it asks for some."""
        sample, stayed = self.samples.get(number), self.stayed.get(number)
        if sample is not None and len(sample) < SAMPLE and len(kept):
            sample += built.sample(kept)[: SAMPLE - len(sample)]
        if stayed is not None and len(stayed) < built.compared:
            some = kept.select(bytes(index < built.compared - len(stayed) for index in range(len(kept))))
            stayed += zip(some.rows, built.folded(some), strict=True)


def merge(total: dict[str, Any], more: dict[str, Any]) -> None:
    """Add numbers, at any depth."""
    for key, value in more.items():
        if isinstance(value, dict):
            merge(total.setdefault(key, {}), value)
        else:
            total[key] = total.get(key, 0) + value


def add_counts(total: list[StepCount], found: list[Found]) -> None:
    """Add to each step what the ranges of a pass counted."""
    for number, count in enumerate(total):
        for each in found:
            more = each.counts[number]
            count.records_in += more.records_in
            count.kept += more.kept
            merge(count.detail, more.detail)
            if number in each.samples:
                count.detail["distinct"] = count.kept
                sample = count.detail.setdefault("sample", [])
                sample += each.samples[number][: SAMPLE - len(sample)]


def tell_kept(built: Sequence[Behaviour], found: list[Found], bases: list[int]) -> None:
    """Tell the keyed step before a pass what it asked for of the first records that stayed."""
    for number in found[0].stayed:
        step = cast("KeyedSelector", built[number])
        each = zip(found, bases, strict=False)
        stayed = [(base + row, key) for part, base in each for row, key in part.stayed.get(number, ())]
        step.see_stayed(stayed[: step.compared])


def joined_census(found: list[Found], plan: Plan) -> Census:
    """What the ranges of the first pass found, in the order of the file, with places in the file as it was given."""
    census = found[0].census
    for each in found[1:]:
        census.add(each.census)
    census.blank += plan.head.blank
    if plan.head.comments:
        census.comments = Issue(census.comments.count + plan.head.comments, 1, *plan.head.comment)
    for issue in (census.comments, *census.issues.values()):
        issue.byte = plan.source.byte(issue.byte) if issue.count else 0
    return census


def join_sightings(built: Sequence[Behaviour], found: list[Found], bases: list[int], lines: list[int]) -> None:
    """What the ranges saw, in the order of the file, as remarks of this process's steps.

    `bases` and `lines` are the records and the physical lines before each range.
    """
    for number in found[0].seen:
        seen = [each.seen[number] for each in found]
        for place, remark in enumerate(built[number].remarks):
            remark.reset()
            for each, rows, above in zip(seen, bases, lines, strict=False):
                remark.seen.join(each[place], rows, above, remark.most)


@contextmanager
def settled(built: Sequence[Behaviour]) -> Iterator[None]:
    """What the steps report in the block is told apart from what they reported before, which is there again after it:
    where mappers of earlier passes map the same records again, and where processes add to it side by side."""
    before = [(remark, remark.seen) for step in built for remark in step.remarks]
    for remark, _ in before:
        remark.reset()
    yield
    for remark, seen in before:
        remark.seen = seen
