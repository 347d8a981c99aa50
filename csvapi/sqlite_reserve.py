"""Room on the disk that SQLite's log already has, so that rows can be written, and deleted, when the disk is full.

Every change goes into the write-ahead log first, also the deletion that is to make room. Blocks beyond the log's end
are allocated to it (fallocate(2), FALLOC_FL_KEEP_SIZE): its size, which SQLite goes by, stays, and what is written
there needs no other block. The log begins again at its start after each checkpoint (https://sqlite.org/wal.html), so
the room is not used up; a checkpoint of pages that the database has already needs none either. A log that was removed,
as by the last connection that was closed, is given room by the next one.
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
    """Give the log of the connection's database its room, as far as there is any; a look at the file when it has it.

    Where the file system cannot do it, nothing is held. SQLite has no lock on this file that closing it could lose.
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
