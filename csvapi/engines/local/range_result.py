"""What a pass gives back for each range, and how that is put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csvapi.csvio.census import Census
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
