"""Uploads that hold a CSV: receiving them, and reading another part of one."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from csvapi.csvio import Dialect
from csvapi.errors import Conflict, InvalidInput, NotFound
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import ORIGINAL, File, now
from csvapi.services import files, quotas, readings
from csvapi.services.files_in_use import check_unused
from csvapi.services.reservations import Also, Reservation, add
from csvapi.services.row_indices import NO_INDEX
from csvapi.storage import first_and_last
from csvapi.unpacking import FORMATS, Selection, packed_format
from csvapi.unpacking.formats import LONGEST, PACKED, csv_name

if TYPE_CHECKING:
    from csvapi.storage import Writer


def receive(
    user_id: int,
    name: str,
    upload: Writer,
    chosen: dict[str, Any],
    reserved: Reservation | None = None,
    also: Also | None = None,
) -> File:
    """Keep an upload of any kind that can be read; `chosen` has its `sheet`, `range` or `member`.

    A CSV is kept as `files.receive` does. Of anything else the CSV is made and stored beside it, in one transaction;
    the file is that CSV. `reserved` is what becomes free with it, and `also` joins the transaction. Raises what
    `files.receive` and `readings.made` raise, and then stores nothing.
    """
    selection = Selection.of(chosen)
    head, _ = first_and_last(upload, upload.size, LONGEST)
    if not packed_format(head):
        selection.check(None)
        _check_name(files.clean_name(name))
        return files.receive(user_id, name, upload, reserved, also)
    held = reserved.length if reserved else 0
    with transaction() as session:
        room = quotas.room(session, user_id, upload.size - held, more=1 if reserved else 2) + held
    size, sha256, name = upload.size, upload.sha256, files.clean_name(name)
    with readings.made(user_id, upload.temp, selection, room - size) as (temp, facts):
        expires_at = now() + timedelta(seconds=runtime().settings.retention)
        shared = {"user_id": user_id, "name": name, "expires_at": expires_at}
        reading = readings.document(facts, selection, size, sha256)
        file = File(kind="upload", reading=reading, **shared, **readings.values(user_id, temp, facts))
        original = File(
            kind=ORIGINAL,
            media_type=FORMATS[facts["format"]].media_type,
            size=size,
            sha256=sha256,
            dialect=Dialect().as_json(),
            columns=[],
            **shared,
        )
        adopt = runtime().storage.adopt
        with files.durable(upload.commit()) as original.storage_key, files.durable(adopt(temp)) as file.storage_key:
            add(file, original, reserved, also)
    return file


def _check_name(name: str) -> None:
    """Refuse a CSV under the name of something else."""
    if csv_name(name) != name and name.lower().endswith(PACKED):
        raise InvalidInput(
            f"{files.ONLY_CSV} By its content it is CSV already, or nothing that is known: send it as {csv_name(name)}",
            pointer="/file",
        )


def change(user_id: int, file: File, chosen: dict[str, Any], values: dict[str, Any]) -> None:
    """Read another part of the original: makes the CSV anew, detects its dialect and replaces the old one.

    `chosen` has what changes of `sheet`, `range` and `member`; None goes back to the default. `values` are stored along
    with it. Raises InUse while an unfinished task reads the file, Conflict if somebody else has changed it meanwhile,
    and what `readings.made` raises.
    """
    if not file.reading or not file.original_id:
        Selection.of(chosen).check(None)
        raise InvalidInput("The file is CSV as it is: all of it is read", pointer=f"/{next(iter(chosen))}")
    selection = Selection.of({**file.reading["asked"], **chosen})
    selection.check(FORMATS[file.reading["format"]])
    old = file.storage_key
    with transaction() as session:
        check_unused(session, file)
        room = quotas.room(session, user_id, more=0)
    with ExitStack() as held:
        source = held.enter_context(runtime().storage.reading(original(file).storage_key))
        temp, facts = held.enter_context(readings.made(user_id, source, selection, room))
        found = readings.values(user_id, temp, facts)
        reading = readings.document(facts, selection, file.reading["size"], file.reading["sha256"])
        key = held.enter_context(files.durable(runtime().storage.adopt(temp)))
        _replace(file, {**values, **found, "reading": reading, "storage_key": key, **NO_INDEX})
    files.drop(old)


def _replace(file: File, values: dict[str, Any]) -> None:
    same = (File.id == file.id, File.storage_key == file.storage_key, File.expires_at > now())
    with transaction() as session:
        quotas.lock(session, file.user_id)
        check_unused(session, file)
        quotas.room(session, file.user_id, max(values["size"] - file.size, 1), more=0)
        if not changed(session.execute(update(File).where(*same).values(**values))):
            raise Conflict("The file has been changed or deleted meanwhile; look at it and try again")


def original(file: File) -> File:
    """The file as it was sent; the file itself where that is a CSV. Raises NotFound if it has been deleted."""
    if not file.original_id:
        return file
    with transaction() as session:
        found = session.get(File, file.original_id)
    if found is None or found.user_id != file.user_id:
        raise NotFound("The original has been deleted")
    return found
