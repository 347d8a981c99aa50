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
    from argparse import ArgumentParser
    from collections.abc import Iterator


def names_folder(name: str) -> bool:
    """Whether a result of several files is to be a folder: one that is there, or a name that ends like one."""
    return name.endswith("/") or Path(name).is_dir()


def check_parts(name: str, *, divided: bool, parser: ArgumentParser) -> None:
    """A result in parts is a folder or a ZIP, and nothing else is a folder; else a mistake of usage."""
    if not divided and name.endswith("/"):
        parser.error(f"-o {name} is a folder, for a result in parts: give --parts-by or --parts-records, too")
    if divided and name != "-" and not names_folder(name) and Path(name).suffix.lower() != ".zip":
        parser.error(f"-o {name}: a result in parts is a ZIP or a folder: -o {name}.zip, or -o {name}/")


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
