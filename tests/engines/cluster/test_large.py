"""The driver of a run over 10 TB, whose machines are simulated: how much it asks for, and how much it holds meanwhile.

The planner, the dispatcher and the stage are the real ones. The bucket gives the same lines wherever it is read, and
what the machines give is what the real functions gave of a first range, with as many sizes as there are ranges and
partitions.
"""

from __future__ import annotations

import pickle
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options, cluster
from csvapi.engines.cluster.job import Marked, Scanned, Written, packed_sizes
from csvapi.engines.cluster.metered import Traffic
from csvapi.engines.cluster.work import Item, Outcome
from tests.engines.cluster.memory_bucket import Here, MemoryBucket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection

SIZE = 10**13
LINE = b"123456789,%089d\n" % 0
PIECE = 1 << 14
LINES = LINE * (PIECE // len(LINE) + 2)
HELD = 128 << 20  # bytes that the driver may hold at a time, for 9,000 ranges and 256 partitions


@dataclass(frozen=True, eq=False)
class LargeBucket(MemoryBucket):
    """One object of 10 TB that is the same line again and again, beside those that are written; `joined` has the
    numbers of parts that objects were made of."""

    counts: Counter[str] = field(default_factory=Counter)
    joined: list[int] = field(default_factory=list)

    def look(self, key: str) -> tuple[int, str]:
        return (SIZE, "large") if key == "in" else super().look(key)

    def read(self, key: str, start: int, stop: int, size: int, etag: str = "") -> Iterator[bytes]:
        if key != "in":
            yield from super().read(key, start, stop, size, etag)
            return
        for place in range(start, stop, min(size, PIECE)):
            length, offset = min(size, PIECE, stop - place), place % len(LINE)
            self.counts["read"] += length
            yield LINES[offset : offset + length]

    def put(self, key: str, data: bytes) -> None:
        self.counts["tables"] = max(self.counts["tables"], len(data))
        super().put(key, data if len(data) < 1 << 16 else b"")

    def join(self, target: str, parts: Sequence[tuple[str, int]], heartbeat: Callable[[], None]) -> None:
        self.joined.append(len(parts))
        super().put(target, b"".join(LINE[:1] * size for _, size in parts))


@dataclass
class Simulated:
    """Gives for each item what a machine would; `first` are values of a range that was really read, pickled."""

    first: dict[str, bytes]
    calls: Counter[str] = field(default_factory=Counter)
    ranges: int = 0

    def map(self, function: Any, items: Iterable[Item]) -> Iterator[Outcome]:
        for item in items:
            self.calls[item.what] += 1
            yield Outcome(item, self._value(item), None, "there:1", 1.0, Traffic(), done=True)

    def _value(self, item: Item) -> Any:
        value = pickle.loads(self.first[item.what])
        if isinstance(value, Scanned):
            self.ranges += 1
            return replace(value, keys=packed_sizes(range(256)))
        if isinstance(value, Marked):
            return replace(value, dropped=0, rows=packed_sizes([0] * self.ranges))
        return value


class Noting(Here):
    """Does the work here, and keeps what each function gave first."""

    def __init__(self) -> None:
        self.first: dict[str, Any] = {}

    def map(self, function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        for outcome in super().map(function, items):
            self.first.setdefault(outcome.item.what, outcome.value)
            yield outcome


@pytest.fixture(scope="module")
def first() -> dict[str, bytes]:
    bucket, noting = MemoryBucket(), Noting()
    bucket.put("in", LINE * 2_000)
    cluster.run(
        cluster.File("in", Dialect()), STEPS, cluster.Targets("out"), bucket=bucket, prefix="work/", cluster=noting,
        options=Options(), split=cluster.Split(100_000),
    )  # fmt: skip
    written: Written = noting.first["write"]
    found = {**noting.first, "write": replace(written, size=10)}
    return {what: pickle.dumps(value) for what, value in found.items()}


STEPS: list[dict[str, Any]] = [{"op": "dedup"}]


def _memory(name: str) -> int:
    """Bytes that this process has (VmRSS), or has had at most (VmHWM)."""
    (size,) = re.findall(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return 1024 * int(size)


def _driver(folder: Path, first: dict[str, bytes], to: Connection) -> None:
    bucket, machines = LargeBucket(), Simulated(first)
    before = _memory("VmRSS")
    receipt = cluster.run(
        cluster.File("in", Dialect()), STEPS, cluster.Targets("out"), bucket=bucket, prefix="work/", cluster=machines,
        options=Options(), workspace=folder,
    )  # fmt: skip
    held = _memory("VmHWM") - before
    to.send((machines.calls, receipt.run["stages"][0]["partitions"], bucket.counts, bucket.joined, held))


def test_the_driver_of_10_tb_holds_little(tmp_path: Path, first: dict[str, bytes]) -> None:
    context = get_context("fork")
    mine, theirs = context.Pipe(duplex=False)
    driver = context.Process(target=_driver, args=(tmp_path, first, theirs))
    driver.start()
    theirs.close()
    calls, partitions, counts, joined, held = mine.recv()
    driver.join()
    assert calls == {"scan": 9_000, "mark": 256, "write": 9_000}
    assert partitions == 256
    assert counts["read"] < 1 << 30, "the planner looks at the borders of ranges alone"
    assert counts["tables"] <= 8 * 9_001 * 257, "sizes of the keys of each range and partition, in one object"
    assert joined == [9_001]
    assert held < HELD, f"{held / (1 << 20):.0f} MiB"
