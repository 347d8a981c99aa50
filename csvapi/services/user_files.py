"""A user's files: listing, changing and deleting them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import delete as delete_rows
from sqlalchemy import select, update

from csvapi.csvio import Dialect
from csvapi.csvio.codec import codec_name
from csvapi.errors import InvalidInput, NotFound, UnsupportedEncoding
from csvapi.extensions import changed, transaction
from csvapi.models import Action, File, now
from csvapi.services import audit, cursors, files, listing, packed_files, quotas
from csvapi.services.detecting import columns
from csvapi.services.files_in_use import check_unused
from csvapi.services.listing import Long
from csvapi.services.row_indices import NO_INDEX

LISTED = ("upload", "registered", "result", "dropped")  # kinds of CSV files; the reasons belong to their task
_TWICE = "dialect: it is detected anew where sheet, range or member changes; change it afterwards"


def newest(user_id: int, cursor: str | None = None, kind: str | None = None, name: str = "") -> Iterator[File | None]:
    """The user's files from a cursor on, the newest first, as `listing.read` yields them.

    With `name` only those whose name has this in it, regardless of case.
    """
    query = select(File).where(
        File.user_id == user_id, File.expires_at > now(), File.kind.in_([kind] if kind else LISTED)
    )
    if cursor:
        query = query.where(File.id < cursors.read("files", cursor)[0])
    long = (Long(File.columns), Long(File.detection))
    found = listing.read(query.order_by(File.id.desc()), lambda file: File.id < file.id, long)
    part = name.casefold()
    return (each for each in found if each is None or part in each.name.casefold())


def cursor_of(file: File) -> str:
    """The cursor of the files after this one."""
    return cursors.write("files", [file.id])


def change(
    user_id: int,
    file_id: int,
    *,
    name: str | None = None,
    dialect: dict[str, Any] | None = None,
    expires_at: datetime | None = None,
    part: dict[str, Any] | None = None,
) -> File:
    """Change the file's name, how it is read or its expiry, all or nothing; its bytes stay.

    `part` has what changes of `sheet`, `range` and `member` (see `packed_files.change`); it excludes a dialect, which
    is detected anew then.

    Raises NotFound, InvalidInput, UnsupportedEncoding for a dialect that cannot read the head of the file, and InUse
    for any dialect while an unfinished task reads the file: it would be read differently from what was checked.
    """
    file = files.find(user_id, file_id)
    values: dict[str, Any] = {}
    if name is not None:
        values["name"] = files.clean_name(name)
    if expires_at is not None:
        files.check_end(expires_at)
        values["expires_at"] = expires_at
    if dialect and part:
        raise InvalidInput(_TWICE, pointer="/dialect")
    if dialect:
        values |= _read_as(file, Dialect.from_json({**file.dialect, **dialect}))
    if part:
        packed_files.change(user_id, file, part, values)
    elif values:
        _store(file, values, rereads=bool(dialect))
    if file.index_key and (dialect or part):
        files.drop(file.index_key)
    if expires_at is not None and file.original_id:
        _keep_original(file, expires_at)
    return files.find(user_id, file_id)


def _store(file: File, values: dict[str, Any], *, rereads: bool) -> None:
    with transaction() as session:
        quotas.lock(session, file.user_id)
        if rereads:
            check_unused(session, file)
        still = update(File).where(File.id == file.id, File.expires_at > now())
        if not changed(session.execute(still.values(**values))):
            raise NotFound("File not found or access denied")


def _keep_original(file: File, expires_at: datetime) -> None:
    with transaction() as session:
        mine = (File.id == file.original_id, File.user_id == file.user_id)
        session.execute(update(File).where(*mine).values(expires_at=expires_at))


def _read_as(file: File, chosen: Dialect) -> dict[str, Any]:
    """The values of the file's row with a dialect that the user chose."""
    files.check_csv(file, "/dialect")
    values: dict[str, Any] = {"dialect": chosen.as_json(), "columns": _columns(file, chosen), **NO_INDEX}
    return {**values, "detection": {**file.detection, "chosen": True}} if file.detection else values


def _columns(file: File, dialect: Dialect) -> list[str]:
    """The columns in this dialect."""
    _check(dialect)
    try:
        with files.reading(file) as source:
            return columns(file.user_id, source, dialect)
    except InvalidInput as error:
        error.pointer = f"/dialect{error.pointer}"
        raise


def _check(dialect: Dialect) -> None:
    """Refuse a dialect in which a character has two meanings or is missing from the encoding."""
    signs = [sign for sign in (dialect.delimiter, dialect.quote, dialect.escape, dialect.comment) if sign]
    if len(set(signs)) < len(signs):
        raise InvalidInput("dialect: delimiter, quote, escape and comment must be different signs", pointer="/dialect")
    try:
        "".join(signs).encode(codec_name(dialect.encoding))
    except (UnicodeError, UnsupportedEncoding) as error:
        detail = f"dialect: the encoding {dialect.encoding!r} is not known, or has not all of these signs"
        raise UnsupportedEncoding(detail, pointer="/dialect/encoding") from error


def delete(user_id: int, file_id: int, *, by_owner: bool = True) -> None:
    """Delete the file and its original: rows, then objects. Raises NotFound, and InUse while a task will read it.

    The audit log gets an entry unless an administrator deletes it, which is logged elsewhere.
    """
    file = files.find(user_id, file_id)
    with transaction() as session:
        quotas.lock(session, user_id)
        check_unused(session, file)
        mine = (File.id.in_([file_id, file.original_id or file_id]), File.user_id == user_id)
        keys = session.execute(select(File.storage_key, File.index_key).where(*mine)).all()
        session.execute(delete_rows(File).where(*mine))
        if by_owner:
            audit.add(session, Action.FILE_DELETED, user_id, f"file:{file_id}")
    for key in filter(None, chain.from_iterable(keys)):
        files.drop(key)
