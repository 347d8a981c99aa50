"""The input as a file that can be read at any place: the engine reads a file in ranges and more than once."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from csvapi.unpacking import FORMATS, Limits, Selection, packed_format
from csvapi.unpacking.formats import LONGEST

if TYPE_CHECKING:
    from csvapi.csvio.data_warnings import DataWarning
    from csvapi.unpacking.unpack import Unpacked

_CHUNK = 1 << 20
_DEFAULT, _NO_LIMITS = Selection(), Limits()


@dataclass(frozen=True, slots=True)
class Input:
    """`path` is the CSV; `given` is the file it was made of, which `unpacked` describes, or the CSV itself."""

    path: Path
    given: Path
    unpacked: Unpacked | None = None

    @property
    def delimiter(self) -> str:
        """That of a CSV which was written here; "" where it is to be detected."""
        return FORMATS[self.unpacked.format].delimiter if self.unpacked else ""

    @property
    def warnings(self) -> list[DataWarning]:
        """What a person would want to know of how the CSV was made."""
        return self.unpacked.warnings if self.unpacked else []

    def as_json(self) -> dict[str, Any] | None:
        """What the CSV was made of, and what else is in there; None for a CSV."""
        if not self.unpacked:
            return None
        hidden = {"sha256", "warnings"}
        return {name: value for name, value in self.unpacked.as_json().items() if name not in hidden}

    def original(self) -> dict[str, Any] | None:
        """The file that was given as a receipt has it, where it is no CSV; reads all of it."""
        if not self.unpacked:
            return None
        read = {name: getattr(self.unpacked, name) for name in ("format", "sheet", "range", "member")}
        facts = {name: value for name, value in read.items() if value is not None}
        return {"bytes": self.given.stat().st_size, "sha256": sha256(self.given), **facts}


def source(name: str, workspace: Path, selection: Selection = _DEFAULT, limits: Limits = _NO_LIMITS) -> Input:
    """The file `name`, or what standard input holds; what is no CSV is unpacked into the workspace.

    Standard input that is a file at its beginning is read in place. Raises `OSError`, and what `unpack` raises.
    """
    if name.startswith("s3://"):
        from csvapi.commands.objects import fetched  # only here, to start fast without it

        name = str(fetched(name, workspace))
    given = _standard_input(workspace) if name == "-" else _named(Path(name), workspace)
    with given.open("rb") as file:
        head = file.read(LONGEST)
    if not packed_format(head):
        selection.check(None)
        return Input(given, given)
    from csvapi.unpacking.unpack import unpack  # only here, to start fast without it

    target = workspace / "unpacked"
    return Input(target, given, unpack(given, target, selection, limits, hashed=False))


def _named(path: Path, workspace: Path) -> Path:
    with path.open("rb") as file:
        return path if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else _spooled(file, workspace)


def _standard_input(workspace: Path) -> Path:
    if stat.S_ISREG(os.fstat(0).st_mode) and os.lseek(0, 0, os.SEEK_CUR) == 0:
        return Path(f"/dev/fd/{os.dup(0)}")  # a number of its own: the children of a run have another standard input
    return _spooled(sys.stdin.buffer, workspace)


def _spooled(file: BinaryIO, workspace: Path) -> Path:
    target = workspace / "input"
    with target.open("wb") as copy:
        shutil.copyfileobj(file, copy, _CHUNK)
    return target


def sha256(path: Path) -> str:
    """Of a file, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
