"""The input as a file that can be read at any place: the engine reads a file in ranges and more than once."""

from __future__ import annotations

import io
import os
import shutil
import stat
import sys
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO, cast

from csvapi.commands.compression import MAGIC, decompress

_CHUNK = 1 << 20


def source(name: str, workspace: Path) -> Path:
    """The file `name`, or what standard input, an object or a gzip file holds as a file of the workspace.

    Standard input that is a file at its beginning is read in place. Raises `OSError`, and `InvalidInput` for bad gzip.
    """
    if name == "-":
        return _standard_input(workspace)
    if name.startswith("s3://"):
        from csvapi.commands.objects import fetched  # only here, to start fast without it

        name = str(fetched(name, workspace))
    with Path(name).open("rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return _spooled(file, workspace)
        packed = file.read(len(MAGIC)) == MAGIC
        file.seek(0)
        return _unpacked(file, workspace) if packed else Path(name)


def _standard_input(workspace: Path) -> Path:
    file = sys.stdin.buffer
    if stat.S_ISREG(os.fstat(0).st_mode) and os.lseek(0, 0, os.SEEK_CUR) == 0:
        packed = os.pread(0, len(MAGIC), 0) == MAGIC
        # A number of its own: the children of a run have another standard input.
        return _unpacked(file, workspace) if packed else Path(f"/dev/fd/{os.dup(0)}")
    return _spooled(file, workspace)


def _spooled(file: BinaryIO, workspace: Path) -> Path:
    """All of a stream, unpacked if it begins like gzip."""
    stream = file if isinstance(file, io.BufferedReader) else io.BufferedReader(cast("io.RawIOBase", file))
    if stream.peek(len(MAGIC)).startswith(MAGIC):
        return _unpacked(stream, workspace)
    target = workspace / "input"
    with target.open("wb") as copy:
        shutil.copyfileobj(stream, copy, _CHUNK)
    return target


def _unpacked(file: BinaryIO, workspace: Path) -> Path:
    target = workspace / "input"
    decompress(file, target)
    return target


def sha256(path: Path) -> str:
    """Of what the engine reads: of a gzip file, of the CSV in it."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
