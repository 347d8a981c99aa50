"""Waiting for what another process does: the one place where tests sleep."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(check: Callable[[], T], within: float = 60.0, every: float = 0.02) -> T:
    """What `check` returns as soon as that is true; fails when it is not within so many seconds."""
    deadline = time.monotonic() + within
    while not (found := check()):
        assert time.monotonic() < deadline, f"not within {within} s: {getattr(check, '__qualname__', check)}"
        time.sleep(every)
    return found
