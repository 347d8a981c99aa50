"""Who follows a task, and how they are told."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from csvapi.models import Task

log = logging.getLogger(__name__)


class Listener(Protocol):
    """Somebody who follows a task; each method returns whether they still do."""

    user_id: int

    def moved(self, task: Task) -> bool:
        """The task has another state, or begins another attempt."""

    def progressed(self, figures: dict[str, Any]) -> bool:
        """The task has done more; the figures are those of `queue.progress`."""

    def beat(self) -> bool:
        """Nothing has happened for HEARTBEAT seconds."""

    def fail(self) -> None:
        """What happened could not be told, and nothing more will be: whoever follows has to ask again."""


def said(listener: Listener, say: Callable[[Listener], bool]) -> bool:
    """Whether the listener still follows; one that fails does not, and does not keep the others from being told."""
    try:
        return say(listener)
    except Exception:
        log.exception("a stream of task events failed and is ended")
        listener.fail()
        return False
