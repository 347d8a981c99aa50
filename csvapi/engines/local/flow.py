"""Batches on their way through the steps, in parts of bounded memory.

A step that makes much of little takes only the first records of a batch (see `steps.growth`). What it took goes on
through the steps after it before the other records follow, so that records stay in their order, and at most the records
of one part wait at each step. Of n records that wait at several steps each step holds other ones, so all of them
together need no more than log n parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from csvapi.csvio.batch import Batch

Step = Callable[[int, Batch], tuple[Batch, int]]  # of a step and a batch: what comes out, of how many records


@dataclass
class _Waiting:
    """The records of a batch from `start` on are still to go through step `number`; `more` of them are tried next."""

    batch: Batch
    number: int
    start: int
    more: int


def through(batch: Batch, steps: range, step: Step) -> Iterator[Batch]:
    """Yields what the steps leave of a batch, in parts that are not empty. Time: linear, since the records tried grow
    by doubling."""
    waiting = [_Waiting(batch, steps.start, 0, len(batch))]
    while waiting:
        batch, number = _next(waiting)
        while number < steps.stop and len(batch):
            done, taken = step(number, batch)
            if taken < len(batch):
                waiting.append(_Waiting(batch, number, taken, 2 * taken))
            batch, number = done, number + 1
        if len(batch):
            yield batch


def _next(waiting: list[_Waiting]) -> tuple[Batch, int]:
    """The records to try next, those that have waited shortest; the others of their batch wait on."""
    last = waiting.pop()
    batch, stop = last.batch, min(last.start + last.more, len(last.batch))
    found = batch.part(last.start, stop)
    if stop < len(batch):
        if stop > len(batch) // 2:
            batch, stop = batch.part(stop, len(batch)), 0
        waiting.append(_Waiting(batch, last.number, stop, 2 * last.more))
    return found, last.number
