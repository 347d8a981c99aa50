"""Tasks on the cluster of CSVAPI_CLUSTER: from bucket to bucket, gone on with by whoever claims the task next."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import structlog
from sqlalchemy import select

from csvapi.csvio import Dialect
from csvapi.engines import Options, Progress, cluster
from csvapi.engines.locating import COLUMNS
from csvapi.engines.receipt import Receipt
from csvapi.errors import InvalidInput, StorageDown
from csvapi.extensions import runtime, transaction
from csvapi.models import ACTIVE, File, Task
from csvapi.queue import heartbeats
from csvapi.services import files
from csvapi.services.explaining import Part
from csvapi.services.steps import files_named
from csvapi.storage import FILES, WORK

if TYPE_CHECKING:
    from csvapi.storage.objects import Objects

log = structlog.get_logger(__name__)
_OUTPUTS = ("result", "dropped", "reasons")
_PIECE = 1 << 20


def run(
    task: Task, file: File, options: Options, progress: Callable[[Progress], None], heartbeat: Callable[[], None]
) -> tuple[Receipt, str, list[Part]]:
    """Run the task's steps; the receipt, the key of the result, and what is beside it. None of them has a row yet.

    The outputs' keys are this attempt's own, so that one which lost its lease cannot remove those of the next. Raises
    what `engines.cluster.run` does.
    """
    settings, bucket = runtime().settings, _bucket()
    keys = _keys(task.id, task.attempt)
    asides = [FILES + key for key in keys[1:]] if options.explain else ["", ""]
    receipt = cluster.run(
        _file(file),
        task.steps,
        cluster.Targets(FILES + keys[0], *asides),
        bucket=bucket,
        prefix=f"{WORK}{task.id}/",
        cluster=cluster.connect(settings.cluster),
        options=options,
        progress=progress,
        split=cluster.Split(size=settings.cluster_range),
        files={
            name: _file(files.of_task(task.user_id, name)) for name in files_named(task.steps) if isinstance(name, int)
        },
    )
    if not options.explain:
        return receipt, keys[0], []
    shapes = ((file.dialect, file.columns), (Dialect().as_json(), COLUMNS))
    facts = [_measured(bucket, key, heartbeat) for key in asides]
    parts = [
        Part(kind, key, *fact, *shape)
        for kind, key, fact, shape in zip(_OUTPUTS[1:], keys[1:], facts, shapes, strict=True)
    ]
    return receipt, keys[0], parts


def lacking(file: File) -> str:
    """What the storage cannot do that a run on the cluster needs; "" if nothing is wrong. Raises StorageDown."""
    return _bucket().lacks(_place(file))


def clear(task_id: str, attempts: int, *, failed: bool = False) -> int:
    """Remove what a run left on its way, unfinished uploads of its outputs, too; safe for anybody to call once the task
    has ended. Outputs that are whole go where it has `failed`: no row will own them.

    Returns how many objects there were; a storage that is down is left to the sweep.
    """
    try:
        bucket = _bucket()
        for attempt in range(1, attempts + 1):
            for key in _keys(task_id, attempt):
                bucket.abort(FILES + key)
                if failed:
                    bucket.clear(FILES + key)
        return bucket.clear(f"{WORK}{task_id}/")
    except (StorageDown, InvalidInput) as error:
        log.warning("work_left_to_the_sweep", task_id=task_id, reason=str(error))
        return 0


def sweep() -> int:
    """Remove what runs left whose task has ended, or is gone; returns how many objects there were."""
    if not runtime().settings.cluster:
        return 0
    removed = 0
    for name in _bucket().folders(WORK):
        heartbeats.give()
        with transaction() as session:
            task = session.execute(select(Task.status, Task.attempt).where(Task.id == name)).one_or_none()
        if task is None or task.status not in ACTIVE:
            removed += clear(name, task.attempt if task else 0)
    return removed


def _bucket() -> Objects:
    """The bucket of this installation. Raises InvalidInput without the library for it."""
    try:
        from csvapi.storage.objects import Objects
    except ModuleNotFoundError as error:
        detail = f"CSVAPI_CLUSTER needs {error.name}: pip install 'csv-processing-api[dask]'"
        raise InvalidInput(detail, pointer="CSVAPI_CLUSTER") from error
    return Objects.of(runtime().settings)


def _place(file: File) -> str:
    """The key of the file in the bucket, or the address of a registered object."""
    return file.object_url or FILES + file.storage_key


def _file(file: File) -> cluster.File:
    return cluster.File(_place(file), Dialect.from_json(file.dialect), file.sha256, file.object_etag or "")


def _keys(task_id: str, attempt: int) -> list[str]:
    return [uuid5(UUID(task_id), f"{attempt}-{output}").hex for output in _OUTPUTS]


def _measured(bucket: Objects, key: str, heartbeat: Callable[[], None]) -> tuple[int, str]:
    size, etag = bucket.look(key)
    digest = hashlib.sha256()
    for piece in bucket.read(key, 0, size, _PIECE, etag):
        digest.update(piece)
        heartbeat()
    return size, digest.hexdigest()
