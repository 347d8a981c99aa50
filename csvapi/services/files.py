"""Files: receiving uploads, finding and opening what is stored."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from csvapi.errors import CsvapiError, DatabaseDown, Expired, InvalidInput, NotCsv, NotFound, StorageDown, TooLarge
from csvapi.extensions import runtime, transaction
from csvapi.models import CSV, ORIGINAL, File, now
from csvapi.queue import heartbeats
from csvapi.services import deleted_files, quotas
from csvapi.services.detecting import HEAD, detected
from csvapi.services.reservations import Also, Reservation, add
from csvapi.storage import Writer, first_and_last
from csvapi.storage.pinned import Pinned

log = structlog.get_logger(__name__)
MAX_ID = 2**63 - 1
SMALL = 128 * 1024  # bytes of a request, which the server holds until all of it has come
ONLY_CSV = "Invalid file format. Only CSV files are allowed."  # which clients compare; what to do follows it
_OF_USER = select(File).where(File.id == bindparam("file"), File.user_id == bindparam("user"), File.kind != ORIGINAL)
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"<>|:*?\ud800-\udfff]')


def begin(user_id: int, length: int | None = None) -> Writer:
    """A writer for one upload, which raises TooLarge beyond the upload limit and QuotaExceeded beyond the quota.

    Raises QuotaExceeded if nothing more may be stored, unless the `length` of the request in bytes is small: then only
    `receive` does. Closing the writer without `receive` discards the upload.
    """
    limit = room = runtime().settings.max_upload
    if length is None or length > SMALL:
        with transaction() as session:
            room = quotas.room(session, user_id)
    if room < limit:
        return runtime().storage.writer(room, quotas.full(room))
    return runtime().storage.writer(limit, TooLarge(f"The file is larger than the limit of {limit} bytes", limit=limit))


def receive(
    user_id: int, name: str, upload: Writer, reserved: Reservation | None = None, also: Also | None = None
) -> File:
    """Keep an upload: check its name and its head, make it durable, then add its row.

    `reserved` is what becomes free with it; `also` joins the transaction of the row. Reads the first and last bytes;
    memory is independent of the size. Raises InvalidInput (name, empty, NotCsv, encoding, a header beyond the record
    limit), and then stores nothing.
    """
    name = clean_name(name)
    if not name.lower().endswith(".csv"):
        raise InvalidInput(f"{ONLY_CSV} {_way_out(name)}", pointer="/file")
    if upload.size == 0:
        raise InvalidInput("The file is empty", pointer="/file")
    values = detected(user_id, first_and_last(upload, upload.size, HEAD), upload.size, upload.temp)
    file = File(
        user_id=user_id,
        name=name,
        kind="upload",
        size=upload.size,
        sha256=upload.sha256,
        expires_at=now() + timedelta(seconds=runtime().settings.retention),
        **values,
    )
    with durable(upload.commit()) as file.storage_key:
        add(file, reserved=reserved, also=also)
    return file


def _way_out(name: str) -> str:
    """What to do about a file whose name does not end in .csv."""
    stem, _, suffix = name.rpartition(".")
    match suffix.lower():
        case "tsv" | "tab" | "txt" | "psv" | "dat":
            return f"Rename it to {stem}.csv: the delimiter is detected, whatever it is."
        case "gz" | "gzip":
            plain = stem if stem.lower().endswith(".csv") else f"{stem}.csv"
            return (
                f"Unpack it first, or send it to POST /api/v1/files?name={plain} as the body itself, with the header "
                "Content-Encoding: gzip."
            )
        case "zip" | "7z" | "rar" | "tar" | "tgz" | "bz2" | "xz" | "zst":
            return "Unpack it first, and send the .csv file in it."
    return "Save or export the table as CSV, under a name that ends in .csv."


@contextmanager
def durable(key: str) -> Iterator[str]:
    """Remove a new object again if the block that should add its row was refused.

    After any other failure (a lost connection, a time limit) the row may or may not have been committed: the object
    stays, and the sweep removes it if no row refers to it.
    """
    try:
        yield key
    except DatabaseDown:
        raise
    except CsvapiError:
        drop(key)
        raise


def find(user_id: int, file_id: int) -> File:
    """The user's file. Raises NotFound if there is none, if it belongs to somebody else, or if it has expired."""
    file = of_task(user_id, file_id)
    if file.expires_at <= now():
        raise not_found()
    return file


def of_task(user_id: int, file_id: int) -> File:
    """The user's file for a task that was accepted before the file expired; it stays until the task ends.

    See `files_in_use`. Raises NotFound if there is none, or if it belongs to somebody else.
    """
    with transaction() as session:
        return of_user(session, user_id, file_id)


def of_user(session: Session, user_id: int, file_id: int) -> File:
    """The same within a transaction."""
    known = 0 < file_id <= MAX_ID  # beyond that the database has no number
    file = session.scalar(_OF_USER, {"file": file_id, "user": user_id}) if known else None
    if file is None:
        raise not_found()
    return file


def not_found() -> NotFound:
    """What is said of a file that is not there, or not the user's."""
    return NotFound("File not found or access denied", pointer="/file_id")


def by_link(file_id: int) -> File:
    """The file that a signed link names. Raises Expired if it has been deleted since."""
    with transaction() as session:
        file = session.get(File, file_id)
    if file is None or file.expires_at <= now():
        raise expired()
    return file


def expired() -> Expired:
    """What is said of a file that a link names and that has been deleted."""
    return Expired("The file has been deleted; run the operation again")


def check_end(expires_at: datetime) -> None:
    """Raise InvalidInput for an invalid time of expiry: without a zone, in the past, or too far ahead."""
    longest = runtime().settings.max_retention
    if expires_at.tzinfo is None:
        raise InvalidInput("The time needs a zone: 2030-01-31T12:00:00Z", pointer="/expires_at")
    if not now() < expires_at <= now() + timedelta(seconds=longest):
        raise InvalidInput(
            f"The time must be in the future, at most {longest // 86400} days from now",
            pointer="/expires_at",
            limit=longest,
        )


def check_csv(file: File, pointer: str = "") -> None:
    """Raise NotCsv for a converted file, which has no CSV records."""
    if file.media_type != CSV:
        raise NotCsv(f"The file is {file.media_type}; only {CSV} can be read as records", pointer=pointer)


def pinned(file: File) -> Pinned | None:
    """Where the bytes of a registered file are; None for one that csvapi stores itself."""
    return Pinned(file.object_url, file.object_etag or "") if file.object_url else None


@contextmanager
def reading(file: File) -> Iterator[Path]:
    """A path of the stored file, valid for the block; a registered object is fetched.

    Raises StorageDown, NotFound if the file has been deleted by now, and of a registered object ObjectChanged, and
    TooLarge if it is larger than an upload may be.
    """
    check_fetched(file)
    with deleted_files.told(file), runtime().storage.reading(file.storage_key, pinned(file)) as path:
        yield path


def check_fetched(file: File, because: str = "") -> None:
    """Raise TooLarge for a registered object that is too large to be fetched to a machine; `because` says why a task
    over it cannot run on the cluster."""
    limit = runtime().settings.max_upload
    if file.object_url and file.size > limit:
        detail = (
            f"{file.object_url} has {file.size} bytes; what is larger than {limit} (CSVAPI_MAX_UPLOAD) is not fetched "
            f"from where it is: only tasks on a cluster read it{f', and {because}' if because else ''}"
        )
        raise TooLarge(detail, limit=limit)


@contextmanager
def beginning(file: File, size: int) -> Iterator[Path]:
    """The path of a file that has at least the first `size` bytes of the stored one, valid for the block.

    Of a registered object no more is fetched. Raises as `reading` does.
    """
    if not file.object_url or file.size <= size:
        with reading(file) as path:
            yield path
        return
    with tempfile.NamedTemporaryFile(prefix="csvapi-") as copy:
        copy.write(ends(file, size)[0])
        copy.flush()
        yield Path(copy.name)


@contextmanager
def part(file: File, start: int, stop: int) -> Iterator[tuple[Path, int]]:
    """See `LocalStorage.part`; of a registered object no more is fetched. Raises as `reading` does."""
    with deleted_files.told(file), runtime().storage.part(file.storage_key, start, stop, pinned(file)) as found:
        yield found


def ends(file: File, most: int) -> tuple[bytes, bytes]:
    """The first `most` bytes of the stored file, and of those after them the last `most`. Raises as `reading` does."""
    with deleted_files.told(file):
        return runtime().storage.ends(file.storage_key, file.size, most, pinned(file))


def opened(file: File) -> BinaryIO:
    """The stored file, open for reading. Raises as `reading` does."""
    check_fetched(file)
    with deleted_files.told(file):
        return runtime().storage.open(file.storage_key, pinned(file))


def drop(key: str) -> None:
    """Delete an object that no row refers to any more; if the storage is down, the sweep deletes it later."""
    heartbeats.give()
    try:
        runtime().storage.delete(key)
    except StorageDown as error:
        log.warning("object_left_to_the_sweep", key=key, reason=str(error))


def clean_name(name: str) -> str:
    """The last part of a path, without control, direction and shell characters; at most 200, suffix included."""
    last = _UNSAFE.sub("_", re.split(r"[/\\]", name)[-1]).strip(" .") or "file"
    stem, dot, suffix = last.rpartition(".")
    if not dot:
        return last[:200]
    return f"{stem[: 199 - len(suffix[:10])]}.{suffix[:10]}"
