"""The indices of files' rows (`csvio.row_index`): an object of its own beside each file that was asked for one.

A result brings its index with it, where the places of its records were known when they were written. Of any other file
a worker makes it, by one pass, when a page far into the file is asked for first. An index is bound to how the file is
read: read anew, the file has none until it is asked for again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import update

from csvapi.csvio import Dialect
from csvapi.csvio.row_index import RowIndex, reading_of
from csvapi.csvio.seeking import make_index
from csvapi.errors import Conflict, CsvapiError, DatabaseDown, ObjectMissing, QueueDown
from csvapi.extensions import runtime, transaction
from csvapi.models import File
from csvapi.queue import heartbeats, indexing
from csvapi.queue.indexing import Claim
from csvapi.services import files, quotas

log = structlog.get_logger(__name__)
WAIT = 1  # seconds after which a client may ask again
NO_INDEX: dict[str, None] = {"index_key": None, "index_size": None}  # of the row of a file that is read anew
_KEEP_EVERY = 5.0  # seconds


@contextmanager
def of(file: File) -> Iterator[RowIndex | None]:
    """The file's index for the block; None if there is none of it as it is read now. Raises StorageDown."""
    try:
        opened = runtime().storage.open(file.index_key) if file.index_key else None
    except ObjectMissing:  # after a restore
        opened = None
    if opened is None:
        yield None
        return
    with opened:
        yield RowIndex.read(opened, Dialect.from_json(file.dialect), file.size)


def ask(file: File) -> bool:
    """Have the index made; False if that was tried and cannot be done. Raises QueueDown."""
    name = _name(file)
    state = indexing.claim(runtime().redis, file.user_id, name)
    if state is Claim.TAKEN:
        try:
            runtime().jobs.index_rows(file.id, file.user_id, name)
        except QueueDown:  # nobody makes it, so that nobody need wait until the claim ends
            indexing.end(runtime().redis, file.user_id, name, refused=False)
            raise
    return state is not Claim.REFUSED


def near(file: File) -> int:
    """How many records are known to be so near the first one that no index is needed; more than any file has where
    nobody has looked lately."""
    return indexing.near(runtime().redis, _name(file))


def note_near(file: File, records: int) -> None:
    """Remember it, so that nobody looks again while the index is made."""
    indexing.note_near(runtime().redis, _name(file), records)


def make(file_id: int, user_id: int, name: str) -> None:
    """Make the index of a file that was claimed under a name, and keep it unless the file is gone or read anew
    meanwhile; for a worker.

    Whatever refuses it is logged, and the file is read without one.
    """
    refused = True
    try:
        with transaction() as session:
            file = session.get(File, file_id)
        if file is not None and _name(file) == name:
            _made(file)
        refused = False
    except CsvapiError as error:
        log.warning("rows_not_indexed", file_id=file_id, reason=error.detail)
        refused = not isinstance(error, Conflict | DatabaseDown)
    finally:
        indexing.end(runtime().redis, user_id, name, refused=refused)


def _made(file: File) -> None:
    temp = runtime().storage.new_temp()
    try:
        with files.reading(file) as path:
            limit = runtime().settings.max_record
            make_index(temp, path, Dialect.from_json(file.dialect), limit, _heartbeat(file.user_id))
        with kept(temp) as values:
            before = _noted(file, values)
    finally:
        temp.unlink(missing_ok=True)
    if before:
        files.drop(before)


@contextmanager
def kept(temp: Path) -> Iterator[dict[str, Any]]:
    """The values of a file's row for the block that adds an index to it, if one was written to the temporary file: it
    is an object then, which is removed if the block fails."""
    if not temp.exists():
        yield {}
        return
    size = temp.stat().st_size
    with files.durable(runtime().storage.adopt(temp)) as key:
        yield {"index_key": key, "index_size": size}


def _noted(file: File, values: dict[str, Any]) -> str | None:
    """Add the index to the file's row, and return the key of the one before. Raises Conflict if the file was read anew,
    or deleted, meanwhile."""
    with transaction() as session:
        quotas.lock(session, file.user_id)
        row = session.get(File, file.id)
        if row is None or (row.dialect, row.storage_key, row.size) != (file.dialect, file.storage_key, file.size):
            raise Conflict("The file was read anew, or deleted, while its rows were indexed")
        before = row.index_key
        session.execute(update(File).where(File.id == file.id).values(**values))
    return before


def _name(file: File) -> str:
    """What an index in the making is called: by the file, and how it is read."""
    return f"{file.storage_key}:{reading_of(Dialect.from_json(file.dialect)).hex()[:16]}"


def _heartbeat(user_id: int) -> Callable[[], None]:
    """What is called between batches: the worker lives, and so does the claim."""
    said = time.monotonic()

    def beat() -> None:
        nonlocal said
        if time.monotonic() - said >= _KEEP_EVERY:
            said = time.monotonic()
            heartbeats.give()
            indexing.keep(runtime().redis, user_id)

    return beat
