"""Dask: a scheduler and any number of workers. Only this module uses it."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from distributed import Client
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError
from distributed.scheduler import KilledWorker

from csvapi.errors import WorkerLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")
_CONNECT = 5  # seconds
_TRIES = 3  # more, of a call that raised
_LOOK = 0.25  # seconds
_HEAD = "dask://"


class DaskCluster:
    """See `Cluster`. A worker that is lost costs the calls it was at; one that comes later takes part."""

    def __init__(self, address: str) -> None:
        self.address = address

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R | None]:
        """See `Cluster.map`. How often a call may lose its worker is the scheduler's to say (`allowed-failures`)."""
        try:
            with _client(self.address) as client:
                futures = client.map(function, list(items), pure=False, retries=_TRIES)
                try:
                    yield from _results(futures)
                finally:
                    client.cancel(futures)
        except (CommClosedError, FutureCancelledError, KilledWorker, OSError) as error:
            raise WorkerLost(f"The cluster at {self.address} cannot do the work: {error}") from error


def _client(address: str) -> Client:
    connect: Any = Client  # it carries no types
    client: Client = connect(f"tcp://{address.removeprefix(_HEAD)}", timeout=_CONNECT, set_as_default=False)
    return client


def _results(futures: Sequence[Any]) -> Iterator[R | None]:
    done: SimpleQueue[Any] = SimpleQueue()
    for future in futures:
        future.add_done_callback(done.put)
    left = len(futures)
    while left:
        try:
            future = done.get(timeout=_LOOK)
        except Empty:
            yield None
            continue
        left -= 1
        yield future.result()
