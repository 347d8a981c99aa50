"""The CSV in a file that is none, written to a file of its own."""

from __future__ import annotations

import errno
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from csvapi.csvio.data_warnings import DataWarning
from csvapi.errors import NotCsv, StorageDown
from csvapi.unpacking import archive, compressed, workbook
from csvapi.unpacking.formats import FORMATS, LONGEST, packed_format
from csvapi.unpacking.output import Output
from csvapi.unpacking.workbook_warnings import other_members

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path
    from zipfile import ZipFile

    from csvapi.unpacking.limits import Limits
    from csvapi.unpacking.selection import Selection

_MOST_NAMES, _LONGEST_NAME = 100, 255
_FULL = {errno.ENOSPC, errno.EDQUOT}
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class Unpacked:
    """`format` is a name of FORMATS; `sheet`, `range` and `member` say what was read, and `others` what else there is;
    `size` and `sha256` are those of the CSV."""

    format: str
    size: int
    sha256: str
    sheet: str | None = None
    range: str | None = None
    member: str | None = None
    others: list[str] = field(default_factory=list)
    warnings: list[DataWarning] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Of bounded size, without what does not apply."""
        found = {name: getattr(self, name) for name in ("format", "size", "sha256", "sheet", "range", "member")}
        return {
            **{name: value for name, value in found.items() if value is not None},
            "others": [name[:_LONGEST_NAME] for name in self.others[:_MOST_NAMES]],
            "warnings": [each.as_json() for each in self.warnings],
        }


def unpack(source: Path, target: Path, selection: Selection, limits: Limits, *, hashed: bool = True) -> Unpacked | None:
    """Write the CSV in `source` to `target`; returns what it was, or None (and writes nothing) for any other file.

    One pass; memory for a piece, but of a workbook for the sheet. Raises NotCsv for what is damaged or
    protected by a password, InvalidInput for a sheet, range or member that is not there, TooLarge, and `limits.beyond`.
    """
    new = partial(Output, target, limits, hashed=hashed)
    with source.open("rb") as file:
        form = packed_format(file.read(LONGEST))
        match form:
            case "":
                selection.check(None)
                return None
            case "ole":
                raise _old_office(source)
            case "zip":
                return _archive(source, new, selection, limits)
        selection.check(FORMATS[form])
        file.seek(0)
        pieces = compressed.gunzip(file) if form == "gzip" else compressed.unzstd(file)
        return _pieces(form, pieces, new(source.stat().st_size))


def as_answer(source: Path, target: Path, selection: Selection, limits: Limits) -> tuple[dict[str, Any] | None, bytes]:
    """The same as JSON, for a process of a pool."""
    try:
        found = unpack(source, target, selection, limits)
    except OSError as error:
        if error.errno in _FULL:
            raise StorageDown("The storage is full; delete files or ask the operator for room") from error
        raise
    return (found.as_json() if found else None), b""


def _pieces(form: str, pieces: Generator[bytes], opened: Output, **more: Any) -> Unpacked:
    with opened as output, closing(pieces):
        for piece in pieces:
            output.write(piece)
    return Unpacked(form, output.size, output.sha256, **more)


def _archive(source: Path, new: Callable[[int], Output], selection: Selection, limits: Limits) -> Unpacked:
    with archive.opened(source) as opened:
        if form := workbook.kind(opened):
            selection.check(FORMATS[form])
            with new(source.stat().st_size) as output:
                found, warnings = workbook.write(source, opened, form, selection, output, limits)
            return Unpacked(form, output.size, output.sha256, warnings=warnings, **found)
        selection.check(FORMATS["zip"])
        return _member(opened, new, selection)


def _member(opened: ZipFile, new: Callable[[int], Output], selection: Selection) -> Unpacked:
    member = archive.chosen(opened, selection.member)
    others = [each.filename for each in archive.files_in(opened) if each.filename != member.filename]
    more = {
        "member": member.filename,
        "others": others,
        "warnings": list(other_members(member.filename, others)),
    }
    return _pieces("zip", archive.read(opened, member), new(member.compress_size), **more)


def _old_office(source: Path) -> NotCsv:
    """What the container of old Office files is: a workbook that is encrypted has a stream of that name in it."""
    with source.open("rb") as file:
        head = file.read(512)
        size = 1 << min(int.from_bytes(head[30:32], "little"), 16)
        file.seek((int.from_bytes(head[48:52], "little") + 1) * size)
        directory = file.read(4096)
    if _ENCRYPTED in directory:
        return workbook.protected()
    return NotCsv("This file is an old Office file (XLS): save it as XLSX, or the sheet as CSV.", byte=0)
