"""A hard limit of this process's own memory: what it has now, and so much more.

The limit is RLIMIT_DATA (setrlimit(2)): the kernel counts the writable pages that are the process's alone, refuses what
is beyond, and Python raises MemoryError. Files that are mapped for reading do not count. Where there is no /proc (not
Linux) nothing is limited.
"""

from __future__ import annotations

import resource
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvapi.errors import OutOfMemory

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024
_ARENA_MAX, _ARENAS = -8, 2  # of mallopt(3)
BESIDES = 100 * MIB  # what a task may have besides its budget
LIBRARIES = {"OMP_NUM_THREADS": "1", "ARROW_IO_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""The environment by which pyarrow sets no memory aside, for a thread of each core and for later: it counts
as soon as it could be written to."""


def data() -> int:
    """The bytes that RLIMIT_DATA counts now, as the kernel does; 0 where it does not tell."""
    try:
        with open("/proc/self/status", "rb") as file:  # noqa: PTH123 -- called around every small task
            found = next((line for line in file if line.startswith(b"VmData:")), b"")
    except OSError:
        return 0
    return int(found.split()[1]) * 1024 if found else 0


@dataclass(slots=True)
class _State:
    """Of this process: what it may have more than it had, 0 without a limit; whether that was too little."""

    more: int = 0
    exceeded: bool = False


_state = _State()


def limit(more: int) -> None:
    """Let this process have `more` bytes than it has now, and no more.

    Only the soft limit is set, and never above the hard one. Processes that are forked from now on inherit it.
    """
    now, (_, hard) = data(), resource.getrlimit(resource.RLIMIT_DATA)
    if now:
        _state.more = more
        _set(now + more, hard)


@contextmanager
def limited(more: int) -> Iterator[None]:
    """The same while the block runs."""
    limit(more)
    try:
        yield
    finally:
        lift()


def lift() -> None:
    """Take the limit away, to say in peace that it was passed, or because there is no more to do."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    _state.more = 0
    _set(hard, hard)


def renew(processes: int) -> None:
    """In one of some processes that were forked from one with a limit: its share of the budget, from what it has."""
    if _state.more:
        limit(BESIDES + max(_state.more - BESIDES, 0) // processes)


@contextmanager
def importing() -> Iterator[None]:
    """Raise the limit by what the block, which imports a library, takes: that is no part of what may be had."""
    if not _state.more:
        yield
        return
    before, (soft, hard) = data(), resource.getrlimit(resource.RLIMIT_DATA)
    _set(hard, hard)
    try:
        yield
    finally:
        _set(soft + max(data() - before, 0), hard)


def need(size: int) -> None:
    """Raise MemoryError unless so many bytes may still be had.

    To be called before a library that does not bear it to be refused memory: some abort, or never come back.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_DATA)
    if _state.more and soft - data() < size:
        raise MemoryError


def passed() -> OutOfMemory:
    """The error that a MemoryError means here, with the limit if there is one; takes the limit away."""
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
    """Whether a failure means that memory was refused; C++ libraries have an exception of their own for it."""
    return isinstance(error, MemoryError) or "std::bad_alloc" in str(error)


def exceeded() -> bool:
    """Whether this process has once needed more than it might have: its memory may be in pieces then."""
    return _state.exceeded


def _set(soft: int, hard: int) -> None:
    if hard != resource.RLIM_INFINITY:
        soft = hard if soft == resource.RLIM_INFINITY else min(soft, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def few_arenas() -> None:
    """Let the threads of this process share two heaps: each of its own keeps what its largest request needed.

    Where the C library has no mallopt(3), it has no arenas.
    """
    import ctypes

    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)
