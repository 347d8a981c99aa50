"""What programs and people put above, inside and below a table, and what a person reads in spite of it.

Each kind changes a draft, and says what the table must have that a person can still tell what is what. At most one of
each group is put on a file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.detection.draft import Draft
from benchmarks.detection.shape import Needs


@dataclass(frozen=True)
class Dirt:
    """`soil` gives False where this draft cannot have it."""

    name: str
    group: str
    needs: Needs
    soil: Callable[[Draft], bool | None]


ANY = Needs()


def dirt(name: str, group: str, needs: Needs = ANY) -> Callable[[Callable[[Draft], bool | None]], Dirt]:
    return lambda soil: Dirt(name, group, needs, soil)


def listed(module: dict[str, object]) -> tuple[Dirt, ...]:
    """The kinds that a module defines, in its order."""
    return tuple(each for each in module.values() if isinstance(each, Dirt))
