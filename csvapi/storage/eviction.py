"""A bounded folder of copies: copies that are read are locked; the least recently used others are evicted."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from csvapi.storage.failures import down

_AFTER = 0.9  # of the bound is left when something had to go, so that it is not the next file's turn at once


class _Copy(NamedTuple):
    read: float
    size: int
    path: str


def held(path: Path) -> BinaryIO | None:
    """The copy, open and locked until it is closed; None if there is none. Raises StorageDown."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise down(error) from error
    fcntl.flock(file, fcntl.LOCK_SH)
    if not os.fstat(file.fileno()).st_nlink:  # evicted between the two
        file.close()
        return None
    with suppress(OSError):  # a copy whose time cannot be set goes a little early
        os.utime(file.fileno())
    return file


def evict(root: Path, bound: int, size: int = 0) -> tuple[int, int]:
    """Make space for so many more bytes; returns the number of evicted copies and the bytes that still fit.

    The copies may take `bound` bytes, and never more than they leave free on the disk. Locked copies stay, so there may
    temporarily be more. Looks at every copy once; memory for their names.
    """
    copies = sorted(_copies(root))
    total, gone = sum(copy.size for copy in copies), 0
    limit = min(bound, (total + shutil.disk_usage(root).free) // 2)
    aim = total if total + size <= limit else max(int(limit * _AFTER) - size, 0)
    for copy in copies:
        if total <= aim:
            break
        if _remove(copy.path):
            total, gone = total - copy.size, gone + 1
    return gone, max(limit - total, 0)


def _copies(root: Path) -> Iterator[_Copy]:
    for folder in root.glob("[0-9a-f][0-9a-f]"):
        with os.scandir(folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # somebody else was quicker
                    facts = entry.stat()
                    yield _Copy(facts.st_mtime, facts.st_size, entry.path)


def _remove(path: str) -> bool:
    """Delete the copy unless somebody holds it."""
    with suppress(OSError), open(path, "rb") as file:  # noqa: PTH123 -- a string, as there may be very many
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)  # noqa: PTH108 -- likewise
        return True
    return False
