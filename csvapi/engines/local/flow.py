"""Blocks on their way through the steps, in parts of bounded memory.

A step that makes much of little takes only the first records of a block (see `steps.growth`). What it took goes on
through the steps behind it before the others follow, so that records stay in their order, and at each step wait at most
the records of one part. Of n records that wait at several steps each step holds other ones, so all of them together
need no more than log n parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from csvapi.csvio.batch import Batch

Step = Callable[[int, Batch], tuple[Batch, int]]  # of a step and a block: what comes out, of how many records


@dataclass
class _Waiting:
    """The records of a block from `start` on are still to go through step `number`; `more` of them are tried next."""

    block: Batch
    number: int
    start: int
    more: int


def through(block: Batch, steps: range, step: Step) -> Iterator[Batch]:
    """What the steps leave of a block, none of it empty. Time: linear, since the records tried grow by doubling."""
    waiting = [_Waiting(block, steps.start, 0, len(block))]
    while waiting:
        block, number = _next(waiting)
        while number < steps.stop and len(block):
            done, taken = step(number, block)
            if taken < len(block):
                waiting.append(_Waiting(block, number, taken, 2 * taken))
            block, number = done, number + 1
        if len(block):
            yield block


def _next(waiting: list[_Waiting]) -> tuple[Batch, int]:
    """The records to try next, those that have waited shortest; the others of their block wait on."""
    last = waiting.pop()
    block, stop = last.block, min(last.start + last.more, len(last.block))
    found = block.part(last.start, stop)
    if stop < len(block):
        if stop > len(block) // 2:
            block, stop = block.part(stop, len(block)), 0
        waiting.append(_Waiting(block, last.number, stop, 2 * last.more))
    return found, last.number
