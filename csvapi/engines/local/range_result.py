"""What a pass gives back for each range, and how that is put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from csvapi.csvio.census import Issue
from csvapi.steps.keyed import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.census import Census
    from csvapi.engines.local.plan import Plan
    from csvapi.engines.receipt import StepCount
    from csvapi.steps.behaviour import Behaviour
    from csvapi.steps.remarks import Sighting


@dataclass
class Found:
    """What one range of one pass counted."""

    census: Census
    counts: list[StepCount]
    kept: int = 0
    ragged_dropped: int = 0
    samples: dict[int, list[str]] = field(default_factory=dict)
    gathered: object = None
    seen: dict[int, list[Sighting]] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)  # bytes by parser


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
