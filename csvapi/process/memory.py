"""A hard limit of this process's own memory: what it has now, and so much more.

The limit is RLIMIT_DATA (setrlimit(2)): the kernel counts the writable pages that are the process's alone, refuses what
is beyond, and Python raises MemoryError. Files that are mapped for reading do not count. Where there is no /proc (not
Linux) nothing is limited.
"""

from __future__ import annotations

import resource
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024
ONE_THREAD = {"OMP_NUM_THREADS": "1", "ARROW_IO_THREADS": "1"}
"""The environment by which NumPy and pyarrow set no memory aside for a thread of each core, which would count."""


def data() -> int:
    """The bytes that RLIMIT_DATA counts now, as the kernel does; 0 where it does not tell."""
    try:
        with open("/proc/self/status", "rb") as file:  # noqa: PTH123 -- called around every small task
            found = next((line for line in file if line.startswith(b"VmData:")), b"")
    except OSError:
        return 0
    return int(found.split()[1]) * 1024 if found else 0


def limit(more: int) -> int:
    """Let this process have `more` bytes than it has now, and no more; gives the limit, 0 where none can be set.

    Only the soft limit is set, and never above the hard one. Processes that are forked from now on inherit it.
    """
    now, (_, hard) = data(), resource.getrlimit(resource.RLIMIT_DATA)
    if not now:
        return 0
    value = now + more if hard == resource.RLIM_INFINITY else min(now + more, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (value, hard))
    return value


@contextmanager
def limited(more: int) -> Iterator[int]:
    """The same while the block runs."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    try:
        yield limit(more)
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
