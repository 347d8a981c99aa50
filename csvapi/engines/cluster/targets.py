"""What a run on a cluster writes, and what of it there is so far."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from csvapi.csvio.sink import Sink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


@contextmanager
def sink_at(path: Path) -> Iterator[Sink]:
    """For what the driver writes itself, to be uploaded."""
    with path.open("wb") as file:
        sink = Sink(file, hashed=False)
        yield sink
        sink.settle()
