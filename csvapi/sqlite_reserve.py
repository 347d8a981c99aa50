"""Disk space reserved in SQLite's log, so that rows can be written, and deleted, when the disk is full.

Every change goes into the write-ahead log first, including the deletion that is to free space. Blocks are allocated to
the log beyond its end (fallocate(2), FALLOC_FL_KEEP_SIZE): its size, which SQLite relies on, stays the same, and writes
there need no other blocks. The log restarts at its beginning after each checkpoint (https://sqlite.org/wal.html), so
the space is not used up; a checkpoint of pages that the database already has needs none either. If the log was deleted,
as by closing the last connection, the next connection reserves the space again.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
from contextlib import suppress

ROOM = 8 << 20  # bytes: twice the log between two checkpoints
SHARE = 10  # of what is free on a small disk, the part that is taken
_KEEP_SIZE = 1  # FALLOC_FL_KEEP_SIZE

_libc = ctypes.CDLL(None)
_fallocate = getattr(_libc, "fallocate64", None) or getattr(
    _libc, "fallocate", None
)  # None where there is no such call
if _fallocate is not None:
    _fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]


def hold(connection: sqlite3.Connection) -> None:
    """Reserve the space for the log of the connection's database, as far as the disk has any.

    Does nothing if it is reserved already, or if the file system does not support it. SQLite has no lock on this file
    that closing it could drop.
    """
    path = connection.execute("PRAGMA database_list").fetchone()[2]
    if not path or _fallocate is None:
        return
    with suppress(OSError):
        log = os.open(f"{path}-wal", os.O_RDWR)
        try:
            _allocate(log)
        finally:
            os.close(log)


def _allocate(log: int) -> None:
    held, disk = os.fstat(log).st_blocks * 512, os.fstatvfs(log)
    wanted = min(ROOM, held + disk.f_bavail * disk.f_frsize // SHARE)
    if _fallocate is not None and wanted > held:
        _fallocate(log, _KEEP_SIZE, 0, wanted)
