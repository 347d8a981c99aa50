"""One core is left to those who answer at once: requests, small tasks, and what they ask of the database and the queue.

nice(2) alone does not do that: it counts only among the processes of one session or container (sched(7), "The autogroup
feature"), and whoever wakes up waits for the end of a time slice, once for every answer of the database. A process that
computes for long gives one of its cores up instead, the first one, so that all of them give up the same. Where there is
only one core, or the system knows no such thing, nothing changes.
"""

from __future__ import annotations

import os
from contextlib import suppress

_ALL = frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset[int]()


def share(*, left: bool, process: int = 0) -> None:
    """Let a process (0: this one) run on all cores that this one had at first, or on all of them but one."""
    if len(_ALL) > 1:
        with suppress(OSError):  # it has ended, or the operator has forbidden it
            os.sched_setaffinity(process, _ALL - {min(_ALL)} if left else _ALL)


def share_group(group: int, *, left: bool) -> None:
    """The same for every process of a group; they are few, but all processes of the machine are looked at."""
    for name in os.listdir("/proc") if len(_ALL) > 1 else ():  # noqa: PTH208 -- names, which are numbers
        with suppress(OSError, ValueError):  # no process, or one that has ended
            if os.getpgid(int(name)) == group:
                share(left=left, process=int(name))
