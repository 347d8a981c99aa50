"""A folder of files that appears under its name only when all of them are whole."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def names_folder(name: str) -> bool:
    """Whether a result of several files is to be a folder: one that is there, or a name that ends like one."""
    return name.endswith("/") or Path(name).is_dir()


class Folder:
    """`temp` takes the files; `commit` gives it its name, or moves them into the empty folder that has it.

    Raises `OSError` for a folder that holds something, which is never overwritten.
    """

    def __init__(self, name: str) -> None:
        self.path = Path(os.path.realpath(name))
        self.there = self.path.is_dir()
        if self.there and any(self.path.iterdir()):
            raise OSError(errno.ENOTEMPTY, "the folder is not empty; its files are never overwritten", name)
        parent = self.path if self.there else self.path.parent
        self.temp = parent / f".{self.path.name[:200]}.{secrets.token_hex(4)}.part"
        try:
            self.temp.mkdir()
        except OSError as error:
            raise type(error)(error.errno, error.strerror, name) from error

    @contextmanager
    def stream(self) -> Iterator[Path]:
        """Where the engine writes."""
        yield self.temp

    def commit(self, *, streamed: bool = True) -> None:
        """Give the files their names."""
        if self.there:
            for file in sorted(self.temp.iterdir()):
                file.rename(self.path / file.name)
            self.temp.rmdir()
        else:
            self.temp.rename(self.path)

    def discard(self) -> None:
        """Remove what was not given a name."""
        shutil.rmtree(self.temp, ignore_errors=True)
