"""Taking a file of a source in: it becomes a file of the owner, and a task of the pipeline over it."""

from __future__ import annotations

from contextlib import closing

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from csvapi.errors import Conflict, CsvapiError, InvalidInput, NotFound, TooLarge
from csvapi.extensions import runtime, transaction
from csvapi.models import File, FileState, Source, SourceFile, Task, now
from csvapi.places import names
from csvapi.places.place import Changed, Entry
from csvapi.services import files, packed_files, pipelines, source_claims, source_places
from csvapi.services.source_claims import Holding, held, settle
from csvapi.unpacking.formats import PACKED

LABEL = 200  # characters


def fetch(app: Flask, file: SourceFile, source: Source) -> None:
    """Fetch a claimed file and queue its task, each once whatever happens: both are noted in the transactions that make
    them. A file that is written anew in the meantime goes back to those that arrive. Raises Lost."""
    try:
        with held(app, file) as holding:
            _check(file, source)
            if file.file_id is None or not _is_there(file.file_id):
                _receive(file, source, holding)
            _submit(file, source)
    except Changed:
        with transaction() as session:
            settle(session, file, state=FileState.ARRIVING, next_at=None, file_id=None)
    except source_claims.Lost:
        raise
    except CsvapiError as error:
        source_claims.failed(_present(file), error, FileState.WAITING)


def _present(file: SourceFile) -> SourceFile:
    """The file by the state that this claim brought it to: its task may have been noted before the queue failed."""
    with transaction() as session:
        found = session.get(SourceFile, file.id)
    return found if found and found.claims == file.claims and found.state == FileState.RUNNING else file


def result_name(file: SourceFile, template: str) -> str:
    """The name of a result of the file. Raises InvalidInput for one that is too long."""
    found = names.rendered(template, file.name, file.id, f"{file.created_at:%Y-%m-%d}")
    if not names.is_safe(found):
        raise InvalidInput(f"Its result would have the name {found!r}, which is too long or no name of a file")
    return found


def _check(file: SourceFile, source: Source) -> None:
    """Refuse a file before anything is fetched that can only fail, or whose result would replace another's."""
    limit = runtime().settings.max_upload
    if file.size > limit:
        raise TooLarge(
            f"The file has {file.size} bytes, more than the limit of {limit} (CSVAPI_MAX_UPLOAD)", limit=limit
        )
    name = result_name(file, source.options["result"])
    same = (SourceFile.source_id == source.id, SourceFile.result_name == name, SourceFile.state != FileState.FAILED)
    with transaction() as session:
        alike = session.execute(select(SourceFile.name, SourceFile.result_name).where(*same)).all()
        if others := [row.name for row in alike if row.name != file.name and row.result_name == name]:
            raise Conflict(f"Its result {name} would replace that of {others[0]}; put {{name}} into `result`")
        settle(session, file, result_name=name)


def _is_there(file_id: int) -> bool:
    with transaction() as session:
        stored = session.get(File, file_id)
    return stored is not None and stored.expires_at > now()


def _receive(file: SourceFile, source: Source, holding: Holding) -> None:
    def note(session: Session, stored: File) -> None:
        settle(session, file, file_id=stored.id)
        file.file_id = stored.id

    entry = Entry(file.name, file.size, file.version)
    owner = _owner(source)
    with closing(files.begin(owner)) as writer, source_places.opened(source.origin, source.origin_secret) as place:
        for piece in place.read(entry):
            writer.write(piece)
            if holding.lost:
                holding.check()
        packed_files.receive(owner, _csv(file.name), writer, {}, also=note)


def _csv(name: str) -> str:
    """The name as an upload has it: what it holds is told by its content."""
    return name if name.lower().endswith((".csv", *PACKED)) else f"{name}.csv"


def _submit(file: SourceFile, source: Source) -> None:
    options = source.options
    body = {"input": file.file_id, "pipeline": options["pipeline"], "label": f"{source.name}: {file.name}"[:LABEL]}
    body |= {"files": options["files"], "explain": bool(options.get("dropped"))}

    def note(session: Session, task: Task) -> None:
        settle(session, file, state=FileState.RUNNING, task_id=task.id, next_at=None, attempts=file.attempts)

    pipelines.submit(_owner(source), body, also=note)


def _owner(source: Source) -> int:
    if source.user_id is None:
        raise NotFound("The account of the source's owner was deleted")
    return source.user_id
