"""One call on a machine of a cluster: which function, with what, and how it went."""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from csvapi.csvio.parsing import WrongCut
from csvapi.engines.cluster import functions, joining, marking, merging, metered, unmatched
from csvapi.engines.cluster.context import work_context
from csvapi.engines.cluster.run_objects import RunObjects
from csvapi.errors import CsvapiError, Unavailable

if TYPE_CHECKING:
    from csvapi.engines.cluster.context import WorkContext
    from csvapi.engines.cluster.job import Range
    from csvapi.engines.cluster.metered import Traffic

_FUNCTIONS: dict[str, Callable[[WorkContext, int, Any], functions.Done]] = {
    "scan": functions.scan,
    "mark": marking.mark,
    "write": functions.write,
    "explain": functions.explain,
    "merge": merging.merge,
    "index": joining.index,
    "answer": joining.answer,
    "match": unmatched.match,
    "rest": unmatched.rest,
}
_ALONE = threading.Lock()  # the engine is made for a process of its own, and an engine's worker may have many threads


@dataclass(frozen=True)
class Item:
    """`what` to do in pass `number`, over a range or a partition."""

    what: str
    number: int
    at: Range | int


@dataclass(frozen=True)
class Outcome:
    """What a function gave, or why it cannot be done, which is the same wherever it is tried; where it ran, how long,
    what it read and wrote, and whether it did the work, or found it done."""

    item: Item
    value: Any
    error: Exception | None
    where: str
    seconds: float
    traffic: Traffic
    done: bool


@dataclass(frozen=True)
class Work:
    """What an engine is asked to map. Raises what another try may mend: that the bucket is away."""

    objects: RunObjects

    def __call__(self, item: Item) -> Outcome:
        """Do one item; one at a time in a process."""
        with _ALONE:
            return self._outcome(item)

    def _outcome(self, item: Item) -> Outcome:
        began, value, error, done = time.monotonic(), None, None, False
        traffic = metered.begun()
        objects = RunObjects(metered.MeteredBucket(self.objects.bucket), self.objects.prefix)
        gc.disable()  # as the local engine does for its passes
        try:
            with work_context(objects) as at:
                value, done = _FUNCTIONS[item.what](at, item.number, item.at)
        except Unavailable:
            raise
        except (CsvapiError, WrongCut) as failed:
            error = failed
        finally:
            gc.enable()
        where, seconds = f"{socket.gethostname()}:{os.getpid()}", time.monotonic() - began
        return Outcome(item, value, error, where, seconds, traffic, done)
