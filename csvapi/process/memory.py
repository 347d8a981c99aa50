"""A hard limit on the memory of this process: what it has now, plus a number of bytes.

The limit is RLIMIT_DATA (setrlimit(2)): the kernel counts the private writable pages of the process and refuses more,
and Python raises MemoryError. Files mapped for reading do not count. Without /proc (outside Linux) nothing is limited.
"""

from __future__ import annotations

import os
import resource
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from csvapi.errors import OutOfMemory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

MIB = 1024 * 1024
_ARENA_MAX, _ARENAS = -8, 2  # of mallopt(3)
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _KEPT = -1, -3, 16 * MIB
BESIDES = 100 * MIB  # what a task may have besides its budget
LIBRARIES = {"OMP_NUM_THREADS": "1", "ARROW_IO_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""The environment by which pyarrow sets no memory aside, for a thread of each core and for later: it counts
as soon as it could be written to."""


def frugal_libraries() -> None:
    """Have libraries that are loaded from now on set no memory aside, unless the environment says otherwise."""
    for name, value in LIBRARIES.items():
        os.environ.setdefault(name, value)


def lean_libraries() -> None:
    """Have pyarrow, which is loaded from now on, do without NumPy and cloudpickle, even where they are installed.

    Nothing here uses them, and they take longer to load than all else of pyarrow that writes a file. Only for a process
    that does nothing but one command on files.
    """
    for name in ("numpy", "cloudpickle"):
        sys.modules.setdefault(name, cast("ModuleType", None))  # what `import` takes for a library that is not there


def data() -> int:
    """The bytes that RLIMIT_DATA counts now, as the kernel reports them; 0 if it does not."""
    try:
        with open("/proc/self/status", "rb") as file:  # noqa: PTH123 -- called around every small task
            found = next((line for line in file if line.startswith(b"VmData:")), b"")
    except OSError:
        return 0
    return int(found.split()[1]) * 1024 if found else 0


def mapped() -> int:
    """The bytes of files that this process has in memory now, as the kernel reports them; many if it does not."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 -- called for every few keys of a join
            return int(file.read().split()[2]) * resource.getpagesize()
    except OSError:
        return 1 << 62


@dataclass(slots=True)
class _State:
    """Of this process: the additional bytes allowed, 0 without a limit; and whether they were once too few."""

    more: int = 0
    exceeded: bool = False


_state = _State()


def limit(more: int) -> None:
    """Allow this process `more` bytes beyond what it has now.

    Sets only the soft limit, and never above the hard one. Processes forked afterwards inherit it.
    """
    now, (_, hard) = data(), resource.getrlimit(resource.RLIMIT_DATA)
    if now:
        _state.more = more
        _set(now + more, hard)


@contextmanager
def limited(more: int) -> Iterator[None]:
    """The same for the duration of the block."""
    limit(more)
    try:
        yield
    finally:
        lift()


def lift() -> None:
    """Remove the limit, to report that it was reached, or because the work is done."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    _state.more = 0
    _set(hard, hard)


def renew(processes: int) -> None:
    """In one of several processes forked from a limited one: allow its share of the budget, beyond what it has."""
    if _state.more:
        limit(BESIDES + max(_state.more - BESIDES, 0) // processes)


@contextmanager
def importing() -> Iterator[None]:
    """Raise the limit by what the block takes, which imports a library: that is not part of the budget."""
    if not _state.more:
        yield
        return
    before, (soft, hard) = data(), resource.getrlimit(resource.RLIMIT_DATA)
    _set(hard, hard)
    try:
        yield
    finally:
        _set(soft + max(data() - before, 0), hard)


def allows(size: int) -> bool:
    """Whether this process may have so many more bytes."""
    soft, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return not _state.more or soft - data() >= size


def need(size: int) -> None:
    """Raise MemoryError unless so many more bytes are allowed.

    To be called before a library that cannot handle a refusal of memory: some abort, others never return.
    """
    if not allows(size):
        raise MemoryError


def passed() -> OutOfMemory:
    """The error that a MemoryError means here, with the limit if there is one; removes the limit."""
    more, _state.exceeded = _state.more, True
    lift()
    if not more:
        return OutOfMemory("The task needed more memory than there is")
    return OutOfMemory(
        f"The task needed more memory than the {more} bytes it may have (CSVAPI_TASK_MEMORY and {BESIDES // MIB} MiB): "
        "take fewer columns or shorter values, or ask the operator for more",
        limit=more,
    )


def is_want_of_memory(error: BaseException) -> bool:
    """Whether a failure means that memory was refused; C++ libraries raise an exception of their own then."""
    return isinstance(error, MemoryError) or "std::bad_alloc" in str(error)


def exceeded() -> bool:
    """Whether this process has ever needed more than it was allowed; its memory may then be fragmented."""
    return _state.exceeded


def _set(soft: int, hard: int) -> None:
    if hard != resource.RLIM_INFINITY:
        soft = hard if soft == resource.RLIM_INFINITY else min(soft, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def few_arenas() -> None:
    """Let the threads of this process share two heaps; a heap per thread would keep its largest request's memory.

    Without mallopt(3) the C library has no arenas, and nothing is done.
    """
    _mallopt(_ARENA_MAX, _ARENAS)


def keep_freed_memory() -> None:
    """Have this process, and those that it forks, keep up to 16 MiB of what they free for what they need next.

    The C library gives each piece of a file back to the system otherwise, as it has 128 KiB or more, and the next piece
    costs a page fault for every 4 KiB. Without mallopt(3) nothing is done.
    """
    for threshold in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
        _mallopt(threshold, _KEPT)


def _mallopt(name: int, value: int) -> None:
    import ctypes

    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(name, value)
