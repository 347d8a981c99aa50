"""How much a run may write: to its outputs and to its workspace, counted before each write, over all its processes.

`limited` sets the budget of a run; `disk_budget` stands around every write and charges it. What was
written is counted in memory that the processes of a run share: each has a place of its own, so no count is ever lost,
and every process sees what all have written.
"""

from __future__ import annotations

import errno
import mmap
import os
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from csvapi.errors import OutputLimit, QuotaExceeded, WorkspaceFull

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import RawIOBase

    from _typeshed import ReadableBuffer

_PLACES = 256  # processes of a run that count apart
_SHARE = 20  # of a disk at most the twentieth part is kept free, however large the reserve is to be
_WORD = 8
_LOOK = 1 << 20  # bytes a process writes between two looks at the disk


@dataclass(frozen=True)
class Limits:
    """Bytes; None is no limit. `quota` is what the user may still store, `output` the most that one run may write as
    its results, and once more as its temporary files; of every disk that it writes to `reserve` is left free."""

    quota: int | None = None
    output: int | None = None
    reserve: int = 0


class Budget:
    """What a run has written so far, and what it may."""

    def __init__(self, limits: Limits, folders: list[Path]) -> None:
        self.limits, self.folders = limits, folders
        self.shared = mmap.mmap(-1, 2 * _PLACES * _WORD)
        self.counts = memoryview(self.shared).cast("q")
        self.unseen = _LOOK

    def spend(self, size: int, *, output: bool) -> None:
        """Count bytes that are about to be written. Raises `QuotaExceeded`, `OutputLimit`, `WorkspaceFull`."""
        at = _place + (_PLACES if output else 0)
        self.counts[at] += size
        self._check(self._written(output=output), output=output)
        self.unseen += size
        if self.unseen >= _LOOK:
            self.unseen = 0
            self._look(size)

    def expect(self, size: int) -> None:
        """Refuse an output that is known to become `size` bytes longer than it is."""
        self._check(self._written(output=True) + size, output=True)

    def _written(self, *, output: bool) -> int:
        return sum(self.counts[_PLACES:] if output else self.counts[:_PLACES])

    def _check(self, size: int, *, output: bool) -> None:
        quota, most = self.limits.quota, self.limits.output
        if output and quota is not None and size > quota:
            detail = f"The result takes more than the {quota} bytes that you may still store; delete some files first."
            raise QuotaExceeded(detail, limit=quota)
        if most is not None and size > most:
            what = "result" if output else "temporary files of this run"
            detail = (
                f"The {what} would take more than {most} bytes, the most that one task may write (CSVAPI_MAX_OUTPUT); "
                "let a filter or select before leave less."
            )
            raise OutputLimit(detail, limit=most)

    def _look(self, size: int) -> None:
        """See that the reserve stays free."""
        for folder in self.folders if self.limits.reserve else ():
            disk = os.statvfs(folder)
            reserve = min(self.limits.reserve, disk.f_blocks * disk.f_frsize // _SHARE)
            if disk.f_bavail * disk.f_frsize - size < reserve:
                detail = (
                    f"The disk has less than {reserve} bytes left, which are kept free (CSVAPI_DISK_RESERVE); nothing "
                    "was kept of this run, try again when there is room."
                )
                raise WorkspaceFull(detail, limit=reserve)


_current: ContextVar[Budget | None] = ContextVar("budget", default=None)
_place = 0


def current() -> Budget | None:
    """The budget of the run that goes on in this process."""
    return _current.get()


def enter(place: int) -> None:
    """Count from now on as process number `place` of the run (its first one is 0)."""
    global _place
    _place = place % _PLACES


@contextmanager
def limited(limits: Limits, folders: list[Path]) -> Iterator[None]:
    """Have everything that is written in this block counted; files go to these folders."""
    token = _current.set(Budget(limits, folders))
    try:
        yield
    finally:
        _current.reset(token)


def expect(size: int) -> None:
    """See `Budget.expect`."""
    budget = current()
    if budget:
        budget.expect(size)


@contextmanager
def disk_budget(size: int = 0, *, output: bool = False) -> Iterator[None]:
    """Around every write of `size` bytes of temporary files, or of an `output`: charges the run's budget before it, and
    says so when the disk is full."""
    budget = current()
    if budget and size:
        budget.spend(size, output=output)
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise WorkspaceFull("The disk of the workspace is full; ask for more room or a smaller file.") from error
        raise


def write_all(file: RawIOBase, data: ReadableBuffer) -> None:
    """Write all the data to an unbuffered file, which may take it in several parts: on a disk that becomes full, the
    first one without an error. Whoever calls it charges the data to the `disk_budget`."""
    left = memoryview(data).cast("B")
    while left:
        left = left[file.write(left) or 0 :]
