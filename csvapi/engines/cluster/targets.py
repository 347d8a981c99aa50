"""What a run on a cluster writes, and what of it there is so far."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Targets:
    """The keys of the outputs; those of dropped records and of reasons only where both are wanted."""

    main: str
    dropped: str = ""
    reasons: str = ""


Parts = list[tuple[str, int]]  # objects with their sizes, in order


@dataclass
class Asides:
    """What all stages have so far of the outputs beside the main one."""

    dropped: Parts = field(default_factory=list)
    reasons: Parts = field(default_factory=list)
