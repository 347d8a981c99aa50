"""What docs/cluster.md says of costs is what the script computes, and its formulas are about what runs do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options, cluster
from scripts import cluster_cost
from tests.engines.cluster.memory_bucket import Here, MemoryBucket

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[3] / "docs" / "cluster.md"
DATA = b"a,b\n" + b"".join(b"%d,%0100d\n" % (number % 5_000, number) for number in range(20_000))
CASES: dict[str, list[dict[str, Any]]] = {
    "filter": [{"op": "filter", "filters": [{"column": "a", "operator": "!=", "value": "1"}]}],
    "dedup": [{"op": "dedup", "columns": ["a"]}],
    "sort": [{"op": "sort", "by": [{"column": "a"}]}],
}


@dataclass(frozen=True, eq=False)
class CountingBucket(MemoryBucket):
    """Counts requests by kind."""

    counts: Counter[str] = field(default_factory=Counter)

    def look(self, key: str) -> tuple[int, str]:
        self.counts["reads"] += 1
        return super().look(key)

    def read(self, key: str, start: int, stop: int, size: int, etag: str = "") -> Iterator[bytes]:
        self.counts["reads"] += start < stop
        return super().read(key, start, stop, size)

    def get(self, key: str) -> bytes | None:
        self.counts["reads"] += 1
        return super().get(key)

    def put(self, key: str, data: bytes) -> None:
        self.counts["writes"] += 1
        super().put(key, data)


def test_the_page_has_the_figures_of_the_script() -> None:
    assert cluster_cost.table(["10GB", "1TB", "10TB"]) in PAGE.read_text()


@pytest.mark.parametrize("kind", CASES)
def test_requests_are_about_what_the_formulas_say(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(DATA) // 40
    monkeypatch.setattr(cluster_cost, "Split", lambda: cluster.Split(size))
    bucket = CountingBucket()
    bucket.put("in", DATA)
    cluster.run(
        cluster.File("in", Dialect()), CASES[kind], cluster.Targets("out"), bucket=bucket, prefix="work/",
        cluster=Here(), options=Options(), split=cluster.Split(size),
    )  # fmt: skip
    said = cluster_cost.cost(kind, len(DATA))
    assert said.ranges == 41
    for found, what in ((bucket.counts["reads"], said.reads), (bucket.counts["writes"], said.writes)):
        assert what / 3 <= found <= what * 1.5, (bucket.counts, said)  # a slice of a small range may be empty
