"""The same decision as `mark_duplicates`, by sorting arrays: only which records go, marked in their fates.

Time: one sort of each partition. Memory: about `BYTES_PER_KEY` for each of its keys.
"""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from csvapi.engines.local.decisions import fate_file, twin_file
from csvapi.engines.local.kernels import BYTES_PER_KEY
from csvapi.spill.key_files import key_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from csvapi.engines.local.mark_duplicates import Duplicates
    from csvapi.engines.local.processes import Progressed

Arrays = tuple[Any, Any, Any, Any]  # halves of the digests, rows, numbers of ranges


def mark(job: Duplicates, partitions: range, report: Callable[[Progressed], None]) -> int:
    """Resolve some partitions; gives the number of records dropped."""
    files = [(number, count) for number, count in enumerate(job.records) if count]
    fates = {n: np.memmap(fate_file(job.workspace, n), np.uint8, "r+", shape=(count,)) for n, count in files}
    twins = {
        n: np.memmap(twin_file(job.workspace, n), np.int64, "r+", shape=(count,)) for n, count in files if job.explain
    }
    total = 0
    for partition in partitions:
        if job.crowded(partition, BYTES_PER_KEY):
            total += job.mark_crowd(partition, fates, partial(_put, twins), partial(report, (0, 0, 0)))
            continue
        first, second, rows, numbers = _load(job, partition)
        dropped, leaders = repeats(first, second, job.keep)
        total += len(dropped)
        for number, fate in fates.items():
            fate[rows[dropped[numbers[dropped] == number]]] = job.code
        if twins:
            dropped, leaders = dropped[dropped != leaders], leaders[dropped != leaders]
            of = np.array(job.bases, np.int64)[numbers[leaders]] + rows[leaders] + 1
            for number, twin in twins.items():
                mine = numbers[dropped] == number
                twin[rows[dropped[mine]]] = of[mine]
        report((0, 0, 0))
    return total


def _put(twins: dict[int, Any], number: int, row: int, of: int) -> None:
    twins[number][row] = of


def _frames(path: Path) -> Iterator[tuple[Any, Any, Any]]:
    data = np.memmap(path, dtype=np.uint8, mode="r") if path.stat().st_size else b""
    at, head = 0, struct.Struct("=Q")
    while at < len(data):
        (count,) = head.unpack(bytes(data[at : at + head.size]))
        at += head.size
        first = np.frombuffer(data, np.int64, count, at)
        second = np.frombuffer(data, np.int64, count, at + 8 * count)
        yield first, second, np.frombuffer(data, np.uint32, count, at + 16 * count)
        at += 20 * count


def _load(job: Duplicates, partition: int) -> Arrays:
    """The keys of a partition, those of all ranges in order."""
    parts: list[tuple[Any, ...]] = [(np.empty(0, np.int64),) * 2 + (np.empty(0, np.uint32), np.empty(0, np.uint16))]
    for number in range(len(job.records)):
        for frame in _frames(key_file(job.workspace, job.step, number, partition)):
            parts.append((*frame, np.full(len(frame[2]), number, np.uint16)))  # noqa: PERF401  two loops read better
    first, second, rows, numbers = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return first, second, rows, numbers


def repeats(first: Any, second: Any, keep: str) -> tuple[Any, Any]:
    """As `spill.duplicates.repeats`, on arrays and in no particular order."""
    order, starts = _ordered(first)
    if not (_same_in_groups(first[order], starts) and _same_in_groups(second[order], starts)):
        order = np.lexsort((second, first))
        starts = _starts(first[order]) | _starts(second[order])
    heads = np.flatnonzero(starts)
    sizes = np.diff(np.append(heads, len(order)))
    leaders = order[heads + sizes - 1] if keep == "last" else order[heads]
    twins = np.repeat(leaders, sizes)
    goes = np.repeat(sizes > 1, sizes) if keep == "none" else order != twins
    return order[goes], twins[goes]


def _ordered(first: Any) -> tuple[Any, Any]:
    """Where the numbers are, those with equal high bits behind each other and in the order they have; and where others
    begin. Sorting numbers whose low bits are places is faster than sorting places."""
    bits = len(first).bit_length()
    low = (1 << bits) - 1
    packed = (first & ~low) | np.arange(len(first))
    packed.sort()
    return packed & low, _starts(packed >> bits)


def _starts(values: Any) -> Any:
    starts = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=starts[1:])
    return starts


def _same_in_groups(second: Any, starts: Any) -> bool:
    return bool((second[1:] == second[:-1])[~starts[1:]].all())
