"""Spark: a standalone cluster (`spark://host:port`) or one that is reached by Spark Connect (`sc://host:port`).

Only this module uses it. The numbers of the items are a DataFrame, one in each partition, which goes through
`mapInArrow`: no RDD, which Spark Connect does not have. Executors need csvapi, pyarrow and the bucket's
settings in their environment.
"""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from csvapi.errors import WorkerLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa

T = TypeVar("T")
R = TypeVar("R")
_LOOK = 0.25  # seconds


class SparkCluster:
    """See `Cluster`. Results come together at the end of a call, since Spark gives those of a stage only then."""

    def __init__(self, address: str) -> None:
        self.address = address

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R | None]:
        """See `Cluster.map`. How often a call is made again is Spark's to say (`spark.task.maxFailures`)."""
        given = list(items)
        if not given:
            return
        builder = SparkSession.builder.appName("csvapi")
        at = builder.remote(self.address) if self.address.startswith("sc://") else builder.master(self.address)
        try:
            session = at.getOrCreate()
            numbers = session.range(0, len(given), 1, len(given))  # one in each partition
            mapped = numbers.mapInArrow(_mapper(function, given), "result binary")
            with ThreadPoolExecutor(1) as pool:
                collected = pool.submit(mapped.collect)
                try:
                    while not wait([collected], timeout=_LOOK).done:
                        yield None
                finally:
                    if not collected.done():
                        session.interruptAll() if self.address.startswith("sc://") else session.stop()
            yield from (pickle.loads(row.result) for row in collected.result())  # noqa: S301 -- of our own function
        except PySparkException as error:
            raise WorkerLost(f"The cluster at {self.address} cannot do the work: {error}") from error


def _mapper(
    function: Callable[[T], R], items: list[T]
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def mapped(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa  # on the executor

        for batch in batches:
            for number in batch.column(0).to_pylist():
                result = pickle.dumps(function(items[number]))
                yield pa.RecordBatch.from_arrays([pa.array([result], pa.binary())], ["result"])

    return mapped
