"""How the passes of one stage run: by kernels or without, and the last one by looking at records or only copying."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from csvapi.engines.local import kernels
from csvapi.engines.local.copy_survivors import copy
from csvapi.engines.local.processes import WrongCut
from csvapi.errors import MalformedCsv, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable

    from csvapi.engines.local.mark_duplicates import Duplicates
    from csvapi.engines.local.plan import Plan
    from csvapi.engines.local.processes import Progressed, Report
    from csvapi.engines.local.range_pass import RangePass
    from csvapi.engines.local.range_result import Found
    from csvapi.engines.options import Options

_BYTES_PER_KEY = 200  # of a partition while it is resolved, measured
_CACHED_KEYS = 100_000  # a larger table costs up to three times as much per key, in cache misses
_MOST_PARTITIONS = 256
_SAMPLE = 1 << 20


class Ways:
    """`fast` uses NumPy, in processes `apart`; `locates` has the first pass leave behind where each record ends."""

    def __init__(self, plan: Plan, options: Options) -> None:
        self.plan, self.options = plan, options
        self.records = _records(plan)
        self.fast = options.fast and self.records >= options.smallest_fast and kernels.available()
        self.secret = os.urandom(kernels.SECRET)
        last = plan.steps[-1].traits if plan.steps else None
        exact = not plan.mappers and not plan.source.wire.wide and options.on_ragged != "pad"
        self.locates = exact and last is not None and last.keyed

    def apart(self, begin: int, end: int) -> bool:
        """Whether the pass that decides these steps loads NumPy."""
        return self.fast and kernels.suit(self.plan, begin, end)

    def task(self, each: RangePass, *, located: bool = False) -> Callable[[Callable[[Progressed], None]], Found]:
        """The quickest way to do a pass over a range, whose records may be `located`."""
        if located:
            return partial(copy, each)
        work = partial(kernels.run, each, self.secret) if self.apart(each.begin, each.end) else each.run
        return partial(_later, work) if each.number else work

    def mark(self, job: Duplicates) -> Callable[[range, Callable[[Progressed], None]], int]:
        return partial(kernels.mark, job) if self.fast else job.mark

    def partitions(self, processes: int) -> int:
        """Enough that a partition fits the memory, and better the cache."""
        each, cached = (kernels.BYTES_PER_KEY, kernels.CACHED_KEYS) if self.fast else (_BYTES_PER_KEY, _CACHED_KEYS)
        wanted = max(self.records * each * processes / self.options.memory, self.records / cached)
        partitions = 1
        while partitions < min(wanted, _MOST_PARTITIONS):
            partitions *= 2
        return partitions


def _later(work: Callable[[Report], Found], report: Report) -> Found:
    """Do the pass over a later range, which does not know the row and line of a record that it refuses."""
    try:
        return work(report)
    except (MalformedCsv, TooLarge) as error:
        raise WrongCut from error


def _records(plan: Plan) -> float:
    """How many there are, by the size of those at the file's start."""
    source, start = plan.source, plan.head.start
    size = max(source.size - start, 1)
    sample = b"".join(source.pieces(start, min(start + _SAMPLE, source.size), _SAMPLE))
    return max(sample.count(b"\n"), sample.count(b"\r"), 1) * size / max(len(sample), 1)
