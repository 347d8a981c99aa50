"""ZIP archives: opened with care, the member that is meant, its bytes piece by piece.

An archive is read by its directory, which says where each member is. Names of members are only names: nothing is ever
written under one.
"""

from __future__ import annotations

import errno
import lzma
import struct
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from csvapi.csvio.data_warnings import shown
from csvapi.errors import InvalidInput, NotCsv, TooLarge
from csvapi.unpacking.compressed import PIECE
from csvapi.unpacking.limits import MOST_MEMBERS

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path
    from zipfile import ZipFile, ZipInfo

_LIKE_CSV = (".csv", ".tsv", ".tab", ".psv", ".txt", ".dat")
_SURELY_CSV = (".csv", ".tsv")
_SHOWN = 20  # members that a message names
_ENCRYPTED = 0x1  # of a member's flags
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    OSError,
)


@contextmanager
def damage_told() -> Iterator[None]:
    """Turn what the library raises for a damaged archive into NotCsv; errors of a disk stay what they are."""
    try:
        yield
    except NotImplementedError as error:
        detail = f"The ZIP archive is packed in a way that cannot be read here ({error}); pack it as usual (deflate)."
        raise NotCsv(detail, pointer="/file") from error
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno not in {None, errno.EINVAL}:
            raise
        raise NotCsv(f"The ZIP archive is damaged: {error}.", pointer="/file") from error


@contextmanager
def opened(path: Path) -> Iterator[ZipFile]:
    """The archive, whose members must be few and stand side by side.

    Raises NotCsv for a damaged one, or one whose members overlap, and TooLarge for too many members.
    """
    with damage_told():
        archive = zipfile.ZipFile(path)
    with archive:
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            detail = f"The ZIP archive has {len(members)} members; the most is {MOST_MEMBERS}"
            raise TooLarge(detail, limit=MOST_MEMBERS)
        if sum(each.compress_size for each in members) > path.stat().st_size:
            raise NotCsv("The ZIP archive is damaged: its members overlap.", pointer="/file")
        yield archive


def files_in(archive: ZipFile) -> list[ZipInfo]:
    """The members that are files, without what systems add on their own."""
    return [
        each
        for each in archive.infolist()
        if not each.is_dir()
        and not each.filename.startswith("__MACOSX/")
        and each.filename.rpartition("/")[2] not in {".DS_Store", "Thumbs.db", "desktop.ini"}
    ]


def chosen(archive: ZipFile, name: str | None) -> ZipInfo:
    """The member of that name, or the one that looks like a CSV. Raises InvalidInput that lists the members."""
    members = files_in(archive)
    if not members:
        raise NotCsv("The ZIP archive holds no file.", pointer="/file")
    found = [each for each in members if each.filename == name] if name is not None else _likely(members)
    if len(found) != 1:
        raise InvalidInput(_why(name, found, members), pointer="/member")
    if found[0].flag_bits & _ENCRYPTED:
        raise NotCsv(f"{shown(found[0].filename)!r} is protected by a password; pack it without one.", pointer="/file")
    return found[0]


def _likely(members: list[ZipInfo]) -> list[ZipInfo]:
    if len(members) == 1:
        return members
    like = [each for each in members if each.filename.lower().endswith(_LIKE_CSV)]
    sure = [each for each in like if each.filename.lower().endswith(_SURELY_CSV)]
    return sure if len(sure) == 1 else like


def _why(name: str | None, found: list[ZipInfo], members: list[ZipInfo]) -> str:
    listed = listing([each.filename for each in members])
    if name is not None:
        times = f"{len(found)} members" if found else "no member"
        return f"The ZIP archive has {times} of the name {shown(name)!r}; it has {listed}."
    several = "several members that look like CSV" if found else "no member that looks like CSV"
    return f"The ZIP archive has {several}; name one in `member`: {listed}."


def listing(names: list[str]) -> str:
    """Some of the names in a sentence."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(repr(shown(name)) for name in names[:_SHOWN]) + more


def read(archive: ZipFile, member: ZipInfo) -> Generator[bytes]:
    """Its contents; to be closed if it is not read to its end.

    Raises NotCsv where it is damaged, which its checksum tells at the end.
    """
    with damage_told(), archive.open(member) as file:
        while piece := file.read(PIECE):
            yield piece
