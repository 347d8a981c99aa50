"""Files that appear under their name only when they are whole: written beside it, then renamed."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from csvapi.commands.compression import compressor
from csvapi.csvio.sink import emptied

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 1 << 20


class Target:
    """`temp` takes the plain bytes; `commit` packs them for a name in .gz and gives them their name.

    A device or a pipe is no file that could be renamed: it gets a copy from the workspace. A link is followed.
    """

    def __init__(self, name: str, workspace: Path) -> None:
        if Path(name).is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
        self.special = Path(name).exists() and not Path(name).is_file()
        self.path = Path(name if self.special else os.path.realpath(name))
        self.packed = self.path.suffix == ".gz"
        self._name = name
        self._made: list[Path] = []
        self._workspace = workspace
        self.temp = self._new(workspace if self.special or self.packed else self.path.parent)

    def _new(self, folder: Path) -> Path:
        """An empty file with the rights of the one it is to replace, or of any new one."""
        path = folder / f".{self.path.name[:200]}.{secrets.token_hex(4)}.part"
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except OSError as error:
            raise type(error)(error.errno, error.strerror, self._name) from error
        self._made.append(path)
        if self.path.is_file() and not self.special:
            path.chmod(self.path.stat().st_mode & 0o7777)
        return path

    @contextmanager
    def stream(self) -> Iterator[Path | BinaryIO]:
        """Where the engine writes: the file itself, or a stream that packs or goes to a device."""
        if self.special:
            with self.path.open("wb") as file:
                yield file
        elif self.packed:
            whole = self._new(self.path.parent)
            with emptied(whole) as target, compressor(target) as packed:
                yield packed
            self.temp, self.packed = whole, False
        else:
            yield self.temp

    def commit(self, *, streamed: bool = False) -> None:
        """Give the file its name. After `stream` a device already has its bytes."""
        if self.special:
            if not streamed:
                with self.temp.open("rb") as file, self.path.open("wb") as device:
                    shutil.copyfileobj(file, device, _CHUNK)
            return
        if self.packed:
            whole = self._new(self.path.parent)
            with self.temp.open("rb") as file, emptied(whole) as target, compressor(target) as packed:
                shutil.copyfileobj(file, packed, _CHUNK)
            self.temp = whole
        self.temp.replace(self.path)

    def discard(self) -> None:
        """Remove what was not given a name."""
        for path in self._made:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def target_of(name: str, workspace: Path) -> Target:
    """The target of that name: a file, or the address of an object."""
    if name.startswith("s3://"):
        from csvapi.commands.objects import ObjectTarget  # only here, to start fast without it

        return ObjectTarget(name, workspace)
    return Target(name, workspace)


def same_file(first: str, second: str) -> bool:
    """Whether two names are, or would be, one regular file; `-` is the stream's file."""
    try:
        one, other = _status(first), _status(second)
    except OSError:
        return first != "-" and second != "-" and os.path.realpath(first) == os.path.realpath(second)
    return os.path.samestat(one, other) and not _is_device(one)


def _status(name: str) -> os.stat_result:
    return os.fstat(0) if name == "-" else Path(name).stat()


def _is_device(status: os.stat_result) -> bool:
    return status.st_mode & 0o170000 != 0o100000
