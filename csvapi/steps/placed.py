"""Records that were made in another order, put into theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.spill.record_sort import in_order
from csvapi.steps.growth import EACH, PART

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.spill.external_sort import SortedRuns
    from csvapi.spill.record_sort import NativeSortedRuns
    from csvapi.spill.workspace import Workspace


def placed(
    records: Iterator[tuple[bytes, bytes]], workspace: Workspace, ordered: SortedRuns | NativeSortedRuns
) -> Iterator[bytes]:
    """The bytes of records, given with those of their places, in the order of the places. Memory: the workspace's."""
    put(records, ordered)
    yield from in_order([ordered], workspace)


def put(records: Iterator[tuple[bytes, bytes]], ordered: SortedRuns | NativeSortedRuns) -> None:
    """Add records, given with the bytes of their places, to those that are put in order by these."""
    places: list[bytes] = []
    lines: list[bytes] = []
    size = 0
    for place, line in records:
        places.append(place)
        lines.append(line)
        size += len(line) + EACH
        if size >= PART:
            ordered.add(places, lines)
            places, lines, size = [], [], 0
    ordered.add(places, lines)
