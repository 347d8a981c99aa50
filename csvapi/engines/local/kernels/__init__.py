"""The same decisions on whole blocks at once, for machines that have NumPy (the `fast` extra).

Kernels only decide which records stay; the bytes are copied as ever. A block they do not take whole (another width,
lone carriage returns, NULs, bytes that are no text, a quote that is not around a field) goes the general way.

NumPy is loaded by what is called here, which must be in a process of its own: one that has loaded it must not fork.
"""

from __future__ import annotations

import os
from dataclasses import fields
from typing import TYPE_CHECKING

from csvapi.operations.filter import Filter
from csvapi.process import memory
from csvapi.steps.keyed import Keyed

if TYPE_CHECKING:
    from collections.abc import Callable

    from csvapi.engines.local.mark_duplicates import Duplicates
    from csvapi.engines.local.plan import Plan
    from csvapi.engines.local.processes import Progressed
    from csvapi.engines.local.range_pass import RangePass
    from csvapi.engines.local.range_result import Found

BYTES_PER_KEY = 80  # of a partition while it is resolved, measured
CACHED_KEYS = 1 << 18  # sorting more costs more for each
SECRET = 2112  # bytes: what `digests` draws its factors from


def available() -> bool:
    import importlib.util  # a small file starts fast without it

    return importlib.util.find_spec("numpy") is not None


def suit(plan: Plan, begin: int, end: int) -> bool:
    """Whether a pass decides nothing but what there are kernels for, over a file in which only quotes are special."""
    wire = plan.source.wire
    special = wire.wide or wire.escape or wire.dialect.skip_space or len(wire.delimiter) > 1 or len(wire.quote) > 1
    steps = plan.built[begin:end]
    known = all(isinstance(built, Filter) or (isinstance(built, Keyed) and not built.ignore) for built in steps)
    return bool(steps) and known and not special and not plan.mappers


def run(each: RangePass, secret: bytes, report: Callable[[Progressed], None]) -> Found:
    """What `each.run` does; all processes of a run share `secret`."""
    _settle()
    with memory.importing():
        from csvapi.engines.local.kernels.passes import TablePass

    return TablePass(**{field.name: getattr(each, field.name) for field in fields(each)}, secret=secret).run(report)


def mark(job: Duplicates, partitions: range, report: Callable[[Progressed], None]) -> int:
    """What `job.mark` does."""
    _settle()
    with memory.importing():
        from csvapi.engines.local.kernels import resolving

    return resolving.mark(job, partitions, report)


def _settle() -> None:
    """Make this process one for arrays: no threads, and memory that is freed stays for the next block.

    The C library gives each large piece of memory back to the kernel otherwise; getting it again, page by page, took
    longer than what the kernels do with it. See mallopt(3); where there is none, it is only slower.
    """
    import ctypes

    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(_MMAP_THRESHOLD, 32 << 20)
        mallopt(_TRIM_THRESHOLD, 64 << 20)


_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of malloc.h
