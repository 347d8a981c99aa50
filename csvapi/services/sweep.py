"""Making storage and database consistent after any failure: removes orphaned objects, reports missing ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import structlog
from sqlalchemy import select

from csvapi.extensions import runtime, transaction
from csvapi.models import File, Status, Task, UploadPart
from csvapi.queue import heartbeats
from csvapi.services import cluster_runs
from csvapi.services.attempt_files import attempt_of

log = structlog.get_logger(__name__)
BATCH = 500


def sweep() -> int:
    """Remove orphaned objects, temporary files and workspaces; log missing objects. Returns how many were removed.

    Two listings of the storage, each merged with a walk over the file rows; memory for a batch. An object is an orphan
    if it is older than the grace time, in which every upload and every result gets its row.
    """
    removed = _objects() + _temps() + _workspaces() + cluster_runs.sweep() + runtime().storage.tidy()
    for file_id, key in missing():
        log.error("object_missing", file_id=file_id, key=key)
    return removed


def missing() -> Iterator[tuple[int, str]]:
    """The files whose object is not in the storage, by id and storage key."""
    last, files = "", select(File.id, File.storage_key).where(File.object_url.is_(None))
    while True:
        with transaction() as session:
            rows = session.execute(files.where(File.storage_key > last).order_by(File.storage_key).limit(BATCH)).all()
        absent = runtime().storage.absent([row.storage_key for row in rows])
        with transaction() as session:  # a row that was deleted meanwhile took its object along
            yield from [(row.id, row.storage_key) for row in session.execute(files.where(File.storage_key.in_(absent)))]
        if len(rows) < BATCH:
            return
        last = rows[-1].storage_key


def _objects() -> int:
    """Remove orphans, unless the database has no files at all: then it is more likely the wrong database."""
    storage, total = runtime().storage, 0
    with transaction() as session:
        if session.scalar(select(File.id).limit(1)) is None:
            return 0
    for keys in _batches(storage.keys(_grace())):
        with transaction() as session:
            owned = {
                key
                for kept in (File.storage_key, File.index_key, UploadPart.storage_key)
                for key in session.scalars(select(kept).where(kept.in_(keys)))
            }
        for key in set(keys) - owned:
            heartbeats.give()
            storage.delete(key)
            total += 1
    return total


def _grace() -> int:
    """The grace time in seconds, in which a worker can always add the row of its result (see `leases.finish`)."""
    settings = runtime().settings
    return max(settings.sweep_grace, 2 * settings.lease)


def _temps() -> int:
    abandoned = list(runtime().storage.temps(_grace()))
    for path in abandoned:
        path.unlink(missing_ok=True)
    return len(abandoned)


def _workspaces() -> int:
    """Remove folders whose attempt no longer runs, by the attempt's name; their age says nothing."""
    folder, total = runtime().settings.workspace_dir, 0
    for path in folder.iterdir() if folder.is_dir() else ():
        if not _runs(path):
            shutil.rmtree(path, ignore_errors=True)
            total += 1
    return total


def _runs(path: Path) -> bool:
    attempt = attempt_of(path)
    if attempt is None:
        return True  # not one of ours
    with transaction() as session:
        mine = (Task.id == attempt[0], Task.attempt == attempt[1], Task.status == Status.RUNNING)
        return session.scalar(select(Task.id).where(*mine)) is not None


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(keys)
    while batch := list(islice(iterator, BATCH)):
        yield batch
