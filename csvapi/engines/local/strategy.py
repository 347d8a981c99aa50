"""How the passes of one stage run: the last one by looking at records or only copying, and how keys are spread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from csvapi.csvio.parsing import WrongCut
from csvapi.engines.local.copy_survivors import copy
from csvapi.engines.local.mark_duplicates import PLAIN_BYTES_PER_KEY
from csvapi.errors import MalformedCsv, TooLarge
from csvapi.native.duplicates import BYTES_PER_KEY
from csvapi.native.keys import new_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from csvapi.engines.local.plan import Plan
    from csvapi.engines.local.processes import Progressed, Report
    from csvapi.engines.local.range_pass import RangePass
    from csvapi.engines.local.range_result import Found
    from csvapi.engines.options import Options

_CACHED_KEYS = 100_000  # a larger table costs up to three times as much per key, in cache misses
_MOST_PARTITIONS = 256
_SAMPLE = 1 << 20


class Strategy:
    """If `locates`, the first pass stores how long each record is; `secret` is the digests' key, if the kernel makes
    them."""

    def __init__(self, plan: Plan, options: Options) -> None:
        self.plan, self.options = plan, options
        self.secret = new_secret() if options.native else None
        self.locates = locates(plan, options)

    def task(self, each: RangePass, *, located: bool = False) -> Callable[[Callable[[Progressed], None]], Found]:
        """The quickest way to do a pass over a range, whose records may be `located`."""
        work = partial(copy, each) if located else each.run
        return partial(_later, work) if each.number and not located else work

    def partitions(self, processes: int) -> int:
        """How many partitions of keys to make: so many that one fits the memory and, better, the processor's cache."""
        count = records(self.plan)
        each = PLAIN_BYTES_PER_KEY if self.secret is None else BYTES_PER_KEY
        wanted = max(count * each * processes / self.options.memory, count / _CACHED_KEYS)
        partitions = 1
        while partitions < min(wanted, _MOST_PARTITIONS):
            partitions *= 2
        return partitions


def locates(plan: Plan, options: Options) -> bool:
    """Whether the last pass only copies records, whose lengths the first one then stores."""
    last = plan.steps[-1].traits if plan.steps else None
    exact = not plan.headed and not plan.source.byte_dialect.wide and options.on_ragged != "pad"
    return exact and last is not None and last.keyed


def _later(work: Callable[[Report], Found], report: Report) -> Found:
    """Do the pass over a later range, which does not know the row and line of a record that it refuses."""
    try:
        return work(report)
    except (MalformedCsv, TooLarge) as error:
        raise WrongCut from error


def records(plan: Plan) -> float:
    """An estimate of the number of records, from the size of those at the start of the file."""
    source, start = plan.source, plan.head.start
    size = max(source.size - start, 1)
    sample = b"".join(source.pieces(start, min(start + _SAMPLE, source.size), _SAMPLE))
    return max(sample.count(b"\n"), sample.count(b"\r"), 1) * size / max(len(sample), 1)
