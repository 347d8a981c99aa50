"""Delivering results of a source, and what becomes of its files afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from flask import Flask

from csvapi.errors import Conflict, CsvapiError, Expired, NotFound
from csvapi.extensions import runtime, transaction
from csvapi.models import File, FileState, Source, SourceFile, Task, now
from csvapi.places.place import PIECE, Changed, Entry, Place
from csvapi.services import files, source_claims, source_places, webhooks
from csvapi.services.source_claims import Holding, held, settle
from csvapi.services.source_fetching import result_name

EVENT = "source.result"
FOLDER = "done"  # below the source's own, for files whose results were delivered


def deliver(app: Flask, file: SourceFile, source: Source) -> None:
    """Deliver the result of a claimed file, and note it. Done again after it was cut off, it is the same to see: the
    same bytes under the same name, which appear in one step. Raises Lost."""
    try:
        task = _task(file)
        if "webhook" in source.target:
            _announce(file, source, task)
            return
        with held(app, file) as holding:
            _write(file, source, task, holding)
        with transaction() as session:
            settle(session, file, **after(source))
    except source_claims.Lost:
        raise
    except CsvapiError as error:
        # without the result there is nothing to deliver: the file is taken in again
        source_claims.failed(file, error, FileState.WAITING if isinstance(error, NotFound | Expired) else None)


def after(source: Source) -> dict[str, Any]:
    """What a delivered file's row holds: it is done, or is to be moved or deleted."""
    values: dict[str, Any] = {"part": None, "delivery_id": None}
    if source.options["after"] == "keep":
        return {**values, "state": FileState.DONE, "next_at": None, "done_at": now()}
    return {**values, "state": FileState.DELIVERED, "next_at": now()}


def _task(file: SourceFile) -> Task:
    with transaction() as session:
        task = session.get(Task, file.task_id) if file.task_id else None
    if task is None:
        raise Expired("The task was deleted before its result was delivered")
    return task


def _write(file: SourceFile, source: Source, task: Task, holding: Holding) -> None:
    parts = [(source.options["result"], task.result_file_id)]
    if template := source.options.get("dropped"):
        parts.insert(0, (template, task.dropped_file_id))  # so that both are there once the result is
    results = [(result_name(file, template), files.find(task.user_id, file_id or 0)) for template, file_id in parts]
    with source_places.opened(source.target, source.target_secret) as place:
        if file.part:
            place.remove_part(file.part)
        part = f".csvapi-{file.id}-{file.claims}.part"
        with transaction() as session:
            settle(session, file, part=part)
        for name, result in results:
            place.write(name, _pieces(result, holding), part)


def _pieces(result: File, holding: Holding) -> Iterator[bytes]:
    """The bytes of a result; raises Lost instead of ending if somebody else has the file by then."""
    with files.opened(result) as stored:
        while piece := stored.read(PIECE):
            yield piece
    holding.check()


def _announce(file: SourceFile, source: Source, task: Task) -> None:
    """Send a message to the owner's webhook, which says where the result is."""
    hook = webhooks.find(task.user_id, source.target["webhook"])
    if hook.disabled_at:
        raise Conflict(f"The webhook is disabled: {hook.disabled_reason}; name another one")
    result = files.find(task.user_id, task.result_file_id or 0)
    name = result_name(file, source.options["result"])
    data = {
        "source": {"id": source.id, "name": source.name},
        "file": {"id": file.id, "name": file.name, "size": file.size},
        "result": {"id": result.id, "name": name, "size": result.size, "sha256": result.sha256},
        "dropped": task.dropped_file_id,
        "records": (task.receipt or {}).get("records"),
        "task": task.id,
        "url": f"/api/v1/files/{result.id}/content",
    }
    with transaction() as session:
        message = webhooks.enqueue(session, hook, EVENT, data)
        settle(session, file, delivery_id=message.id, next_at=None, holder=None)


def clear(app: Flask, file: SourceFile, source: Source) -> None:
    """Move or delete a file whose result was delivered; one that was written anew stays, as a new version. Raises
    Lost."""
    entry = Entry(file.name, file.size, file.version)
    try:
        with held(app, file), source_places.opened(source.origin, source.origin_secret) as place:
            _clear(place, entry, file, source.options)
        with transaction() as session:
            settle(session, file, state=FileState.DONE, next_at=None, done_at=now())
    except source_claims.Lost:
        raise
    except CsvapiError as error:
        source_claims.failed(file, error)


def _clear(place: Place, entry: Entry, file: SourceFile, options: dict[str, Any]) -> None:
    """The file, then its marker, unless that is of a newer version by now."""
    mark = f"{entry.name}{options['marker']}" if options.get("marker") else ""
    listed = {each.name: each for each in place.list(runtime().settings.source_max_files).entries} if mark else {}
    is_newer = listed.get(entry.name, entry) != entry
    for each in [entry, *([listed[mark]] if mark in listed and not is_newer else [])]:
        with suppress(Changed):  # it is gone already, or another one by now
            if options["after"] == "move":
                place.move(each, FOLDER, f"{file.id}.{each.name}")
            else:
                place.delete(each)
