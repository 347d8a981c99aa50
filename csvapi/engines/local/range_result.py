"""What a pass gives back for each range."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from csvapi.csvio.census import Census
    from csvapi.engines.receipt import StepCount
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
