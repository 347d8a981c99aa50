"""The temporary files of an attempt: the object it writes and a folder for the engine, both named after it."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from csvapi.errors import StorageDown, WorkspaceFull
from csvapi.extensions import runtime
from csvapi.models import Task

FULL = {errno.ENOSPC, errno.EDQUOT}
PARTS = ("", "dropped", "reasons", "engine", "rows")  # of the files beside an attempt's object
_NAME = re.compile(r"([0-9a-f-]{36})-(\d+)")


@contextmanager
def temporary_files(task: Task) -> Iterator[tuple[Path, Path]]:
    """The path of the attempt's object and that of its folder, which is not made yet; both are removed when the block
    ends."""
    try:
        yield _target(task), _workspace(task)
    except OSError as error:
        if error.errno in FULL:
            raise WorkspaceFull(
                "The disk is full; nothing was kept of this run, try again when there is room"
            ) from error
        raise StorageDown(f"The storage cannot be used now ({error.strerror}); nothing was kept of this run") from error
    finally:
        clear(task)


def clear(task: Task) -> None:
    """Remove what is left of the attempt; safe for anybody to call at any time."""
    with suppress(OSError):  # a storage that cannot be written: the sweep tries again
        for part in PARTS:
            part_of(_target(task), part).unlink(missing_ok=True)
    shutil.rmtree(_workspace(task), ignore_errors=True)


def part_of(target: Path, part: str) -> Path:
    """The path of a part of the attempt's files, beside its object, which is the part without a name."""
    return target.with_name(f"{target.name}-{part}") if part else target


def check_room(size: int) -> None:
    """Raise WorkspaceFull unless a result and a workspace as large as the input fit on the disk."""
    settings, storage = runtime().settings, runtime().storage
    settings.workspace_dir.mkdir(parents=True, exist_ok=True)
    shared = settings.workspace_dir.stat().st_dev == storage.root.stat().st_dev
    free = storage.free() // 2 if shared else min(storage.free(), shutil.disk_usage(settings.workspace_dir).free)
    if free < size:
        raise WorkspaceFull(
            f"The disk has room for a file of {free} bytes, this one has {size}; try again when there is more",
            limit=free,
        )


def attempt_of(path: Path) -> tuple[str, int] | None:
    """The task id and the attempt number in the name of a temporary file or folder; None for other names."""
    return (found[1], int(found[2])) if (found := _NAME.fullmatch(path.name)) else None


def _target(task: Task) -> Path:
    return runtime().storage.temp(f"{task.id}-{task.attempt}")


def _workspace(task: Task) -> Path:
    return runtime().settings.workspace_dir / f"{task.id}-{task.attempt}"
