"""What is asked of a distributed engine, and which one an address means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from csvapi.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
R = TypeVar("R")


class Cluster(Protocol):
    """Other machines, which csvapi is installed on.

    This places, repeats and scales; everything else is done by functions that write what they make to a bucket, so that
    an adapter needs nothing but this one method. For example, without any other machine::

        class Here:
            def map(self, function, items):
                yield from map(function, items)
    """

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R | None]:
        """What `function` gives for each item, in any order, as it becomes known.

        Function, items and results are pickled. A call may be made again, even while another one is on its way: where
        its machine was lost, and a few times where it raised. Gives None at least every second while nothing is done,
        so that who waits may look up. Closed before its end, it makes no more calls.

        Raises `WorkerLost` where the engine cannot be reached or gave up, and what a call raised each time.
        """
        ...


def connect(address: str) -> Cluster:
    """The cluster at `dask://host:port`, or at a `spark://` or `sc://` address. Raises `InvalidInput` for others, and
    where the library that it needs is not installed."""
    scheme = address.partition("://")[0]
    try:
        if scheme == "dask":
            from csvapi.engines.cluster.dask_cluster import DaskCluster

            return DaskCluster(address)
        if scheme in ("spark", "sc"):
            from csvapi.engines.cluster.spark_cluster import SparkCluster

            return SparkCluster(address)
    except ModuleNotFoundError as error:
        extra = "dask" if scheme == "dask" else "spark"
        detail = f"CSVAPI_CLUSTER needs {error.name}: pip install 'csv-processing-api[{extra}]'"
        raise InvalidInput(detail, pointer="CSVAPI_CLUSTER") from error
    raise InvalidInput("CSVAPI_CLUSTER must begin with dask://, spark:// or sc://", pointer="CSVAPI_CLUSTER")
