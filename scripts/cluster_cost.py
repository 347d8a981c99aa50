"""What work on a cluster takes on paper: objects, requests, bytes, time and money, from formulas.

    python scripts/cluster_cost.py [SIZE …]    sizes such as 10GB or 10TB

Requests are those that `csvapi.engines.cluster` makes; the prices are Amazon's list prices in us-east-1, and the speeds
of a machine are given below; the environment may have others (CORES, SPEED_FILTER, PRICE_GET, …).
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from math import ceil

from csvapi.engines.cluster.driver import _ENOUGH_PARTITIONS, _KEY_BYTES, _MOST_PARTITIONS, _MOST_RANGES, Split
from csvapi.engines.cluster.slices import MOST_SLICES
from csvapi.native.marking import SHORT
from csvapi.storage.streamed import PART

UNITS = {"GB": 10**9, "TB": 10**12}
KEY = SHORT + 1  # bytes of a record between two passes: its key, and how long it is


def given(name: str, default: float) -> float:
    """A figure from the environment."""
    return float(os.environ.get(name) or default)


CORES = given("CORES", 64)  # of all machines together
RECORD = given("RECORD", 110)  # bytes
MEMORY = given("MEMORY", 256 * 2**20)  # of a task
KEPT = given("KEPT", 0.8)  # of the records stay
# bytes that a core takes a second, in each stage
SPEEDS = {
    "filter": given("SPEED_FILTER", 250e6),
    "dedup": given("SPEED_DEDUP", 125e6),
    "sort": given("SPEED_SORT", 70e6),
}
HASH = given("SPEED_HASH", 800e6)  # bytes that csvapi's worker reads and hashes a second
PRICE_GET, PRICE_PUT = given("PRICE_GET", 0.4e-6), given("PRICE_PUT", 5e-6)
PRICE_CORE = given("PRICE_CORE", 0.05)  # dollars for a core and an hour


@dataclass(frozen=True)
class Cost:
    """Numbers of ranges and partitions, of objects on the way and requests, bytes moved, hours and dollars."""

    ranges: int
    parts: int
    objects: int
    reads: int
    writes: int
    moved: float
    hours: float
    dollars: float


def cost(kind: str, size: float) -> Cost:
    """Of a filter, a dedup or a sort over a file of this size."""
    ranges = min(_MOST_RANGES, ceil(size / Split().size))
    out = size * KEPT
    # of each range: the head of the file, its place, what it has done; the job and its steps once in a process
    reads, writes = 5 * ranges, ranges * (1 + _requests(out / ranges))  # what was counted, and the part
    objects, parts, moved = 2 * ranges, 0, size + out
    if kind == "dedup":
        wanted = max(size / RECORD * _KEY_BYTES / MEMORY, min(ranges, _ENOUGH_PARTITIONS))
        parts = 1
        while parts < min(wanted, _MOST_PARTITIONS):
            parts *= 2
        reads += 5 * ranges + 2 * ranges * parts + 4 * ranges  # scan; slices of keys, and of marks; lengths, decisions
        writes += ranges + parts
        objects += ranges + parts
        moved += size + 2 * size / RECORD * KEY
    if kind == "sort":
        parts = min(MOST_SLICES, ceil(size / Split().size))
        reads += 3 * 2 * ranges + 3 * ranges * parts  # indexes, thrice; two edges and a slice of each range
        writes += parts * (1 + _requests(size / parts))  # where it is, and a part; the ranges leave sorted ones
        objects += 3 * parts
        moved += 3 * size
    writes += parts if kind == "sort" else ranges  # copies of parts into one object
    reads += ceil(out / 2**30)
    moved += out
    seconds = size / SPEEDS[kind] / CORES + out / HASH
    dollars = reads * PRICE_GET + writes * PRICE_PUT + size / SPEEDS[kind] / 3600 * PRICE_CORE
    return Cost(ranges, parts, objects, reads, writes, moved, seconds / 3600, dollars)


def _requests(size: float) -> int:
    """What it takes to write an object of this size while it is made: one, or its parts, and one before and after."""
    return 1 if size <= PART else ceil(size / PART) + 2


def table(sizes: list[str]) -> str:
    """All kinds at all sizes."""
    lines = [
        f"{CORES:.0f} cores; records of {RECORD:.0f} bytes, {KEPT:.0%} of which stay",
        "",
        "| | | ranges | partitions | objects | reads | writes | moved | hours | dollars |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for text in sizes:
        for kind in SPEEDS:
            found = cost(kind, bytes_of(text))
            numbers = (found.ranges, found.parts, found.objects, found.reads, found.writes)
            figures = " | ".join(f"{number:,}" for number in numbers)
            money = f"{found.hours:.2f} | {found.dollars:,.2f}"
            lines.append(f"| {text} | {kind} | {figures} | {found.moved / 1e12:.2f} TB | {money} |")
    return "\n".join(lines)


def bytes_of(text: str) -> float:
    """Bytes of a size such as 10TB. Ends with a line of help for what is none."""
    unit = UNITS.get(text[-2:].upper())
    if unit is None or not text[:-2].replace(".", "", 1).isdecimal():
        raise SystemExit(f"{text} is no size such as 10GB or 10TB")
    return float(text[:-2]) * unit


if __name__ == "__main__":
    print(table(sys.argv[1:] or ["10GB", "1TB", "10TB"]))
