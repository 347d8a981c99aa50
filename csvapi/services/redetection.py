"""Files whose dialect an older version detected: how the present version would read them, and detecting anew.

A file keeps its dialect. The present version looks at the first and last bytes once, and notes in the file's
`detection` what it would read differently (`looked`). A dialect that the user chose (`chosen`) was not detected, nor
was that of a result.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import update

from csvapi import __version__
from csvapi.csvio import Dialect, header
from csvapi.csvio.data_warnings import OF_DETECTION, DataWarning, shown
from csvapi.csvio.detection import HEAD, detect
from csvapi.errors import InvalidInput, NotFound, ObjectChanged, StorageDown
from csvapi.extensions import changed, transaction
from csvapi.models import DETECTED, File
from csvapi.operations import Step, files_of
from csvapi.services import files, quotas, readings, registering
from csvapi.services.detecting import detected
from csvapi.services.files_in_use import check_unused
from csvapi.services.row_indices import NO_INDEX

log = structlog.get_logger(__name__)


def again(user_id: int, file_id: int) -> File:
    """Detect anew how an upload is to be read; this also replaces a dialect that the user chose.

    Raises NotFound, NotCsv, InUse while an unfinished task reads the file, and InvalidInput for bytes that are no table
    and for a file that a task wrote, whose dialect is known and was never detected.
    """
    file = files.find(user_id, file_id)
    files.check_csv(file)
    if file.kind not in DETECTED:
        raise InvalidInput(
            f"The file is what a task left ({file.kind}): how it is written is known and was never detected. "
            f'PATCH /api/v1/files/{file.id} with {{"dialect": …}} changes how it is read',
        )
    if file.object_url:
        values = registering.detection(file)
    else:
        with files.reading(file) as path:
            values = detected(user_id, files.ends(file, HEAD), file.size, path, readings.delimiter(file))
    with transaction() as session:
        quotas.lock(session, user_id)
        check_unused(session, file)
        if not changed(session.execute(update(File).where(File.id == file_id).values(**values, **NO_INDEX))):
            raise NotFound("File not found or access denied")
    if file.index_key:
        files.drop(file.index_key)
    return files.find(user_id, file_id)


def warnings(file: File) -> list[DataWarning]:
    """The noted difference as a warning, `detected_by_older_version`, or nothing. Reads nothing."""
    detection = file.detection or {}
    looked = detection.get("looked", {})
    if not looked.get("says") or _is_older(looked["version"]) or _is_chosen(file):
        return []
    by = f"version {detection['version']}" if "version" in detection else "an older version"
    return [
        DataWarning(
            "detected_by_older_version",
            f"{by} detected how to read the file, and it is read so; version {looked['version']} {looked['says']}",
            hint=f"POST /api/v1/files/{file.id}/detect replaces it, "
            f'PATCH /api/v1/files/{file.id} with {{"dialect": …}} keeps or changes it',
        )
    ]


def warnings_of_run(file: File, steps: list[Step]) -> list[DataWarning]:
    """The warnings of all files that the steps over `file` read; looks at each first. Raises NotFound.

    Of `file` itself, which the engine also examines, it adds what only detection sees.
    """
    found = [*warnings(looked_at(file)), *readings.warnings(file), *_passed_on(file)]
    for name in dict.fromkeys(name for _, name in files_of(steps) if isinstance(name, int)):
        other = looked_at(files.of_task(file.user_id, name))
        found += [replace(each, file=name) for each in (*warnings(other), *readings.warnings(other))]
    return found


def _passed_on(file: File) -> list[DataWarning]:
    noted = [] if _is_chosen(file) else (file.detection or {}).get("warnings", [])
    return [DataWarning(**each) for each in noted if each["code"] in OF_DETECTION]


def looked_at(file: File) -> File:
    """The file, after the present version has looked at one that an older version detected.

    Two short reads, once per version. If the storage cannot be read now, nothing changes; the next call tries again.
    """
    if not _is_due(file):
        return file
    try:
        head, tail = files.ends(file, HEAD)
    except (StorageDown, ObjectChanged) as error:
        log.warning("file_not_looked_at", file_id=file.id, reason=str(error))
        return file
    return _noted(file, {"version": __version__, "says": _difference(file, head, tail)})


def _is_due(file: File) -> bool:
    """Whether the file was detected, but neither detected nor looked at by this or a newer version."""
    if not file.detection or file.kind not in DETECTED or _is_chosen(file):
        return False
    seen = [file.detection.get("version"), file.detection.get("looked", {}).get("version")]
    return all(map(_is_older, seen))


def _is_older(version: str | None) -> bool:
    """Whether that version is older than this one; None is: the first version noted none."""
    return version is None or _numbers(version) < _numbers(__version__)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _is_chosen(file: File) -> bool:
    """Whether the user chose the dialect; the first version did not note that, but kept what it had detected."""
    detection = file.detection or {}
    guess = Dialect.from_json(detection.get("dialect", file.dialect))
    return bool(detection.get("chosen")) or guess != Dialect.from_json(file.dialect)


def _difference(file: File, head: bytes, tail: bytes) -> str:
    """What the present version would read differently, in words; "" for nothing."""
    try:
        known = readings.delimiter(file)
        found = detect(head, tail, complete=file.size <= HEAD, size=file.size, delimiter=known).dialect
    except InvalidInput as error:
        return f"finds no table in it: {error.detail}"
    old, new = Dialect.from_json(file.dialect).as_json(), found.as_json()
    parts = {name: (value, new.get(name)) for name, value in old.items() if value != new.get(name)}
    if not parts:
        columns = _columns(head, found)
        parts = {"columns": (file.columns, columns)} if columns not in (None, file.columns) else {}
    words = [f"{name} {_word(now)} instead of {_word(before)}" for name, (before, now) in parts.items()]
    return f"would read it with {', '.join(words)}" if words else ""


def _word(value: Any) -> str:
    return shown(json.dumps(value, ensure_ascii=False))


def _columns(head: bytes, dialect: Dialect) -> list[str] | None:
    """The columns as this version reads them; None if the head may not contain the whole header record."""
    with tempfile.NamedTemporaryFile(prefix="csvapi-") as file:
        file.write(head)
        file.flush()
        try:
            return header(Path(file.name), dialect, limit=HEAD // 2)
        except InvalidInput:
            return None


def _noted(file: File, looked: dict[str, Any]) -> File:
    """The file after the note was stored in its row, unless the row has changed meanwhile."""
    with transaction() as session:
        quotas.lock(session, file.user_id)
        row = session.get(File, file.id)
        if row is None:
            return file
        if (row.detection, row.dialect) == (file.detection, file.dialect):
            row.detection = {**(file.detection or {}), "looked": looked}
        return row
