"""What is read of an upload that is no CSV: the CSV in it, made in a child process and stored beside it.

`reading` of such a file says what the original is (`format`, `media_type`, `size`, `sha256`), which part of it is read
(`sheet`, `range`, `member`), what was asked for (`asked`), what else there is (`others`) and the warnings.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csvapi.csvio.data_warnings import DataWarning
from csvapi.errors import CsvapiError, InvalidInput, NotCsv, QuotaExceeded, StorageDown, TooLarge
from csvapi.extensions import runtime
from csvapi.services.detecting import HEAD, detected
from csvapi.storage import first_and_last
from csvapi.unpacking import FORMATS, Limits, Selection
from csvapi.unpacking.formats import csv_name
from csvapi.unpacking.unpack import as_answer

if TYPE_CHECKING:
    from csvapi.models import File

_SHOWN = ("format", "media_type", "size", "sha256", "sheet", "range", "member", "others")
_IN_RECEIPT = ("format", "sheet", "range", "member")


@contextmanager
def made(user_id: int, original: Path, selection: Selection, room: int) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The CSV in a file, as a temporary file for the block, and what it is; of at most `room` bytes.

    Raises what `unpack` and `Pool.unpack` raise, TooLarge and QuotaExceeded, and NotCsv for any other file.
    """
    settings, temp = runtime().settings, runtime().storage.new_temp()
    size = max(min(room, settings.max_upload), 0)
    limits = Limits(
        size, settings.max_ratio, settings.unpack_memory, settings.max_columns, _beyond(size, settings.max_upload)
    )
    try:
        facts, _ = runtime().pool.unpack(
            user_id, as_answer, original, temp, selection, limits, written=settings.max_upload
        )
        if facts is None:
            raise NotCsv("The file is no workbook and no archive", pointer="/file")
        yield temp, facts
    except OSError as error:
        raise _refused(error) from error
    finally:
        temp.unlink(missing_ok=True)


def _beyond(size: int, most: int) -> CsvapiError:
    if size < most:
        detail = f"The file unpacks to more than the {size} bytes you have left; delete some files"
        return QuotaExceeded(detail, limit=size)
    return TooLarge(f"The file unpacks to more than the limit of {most} bytes", limit=most)


def _refused(error: OSError) -> CsvapiError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageDown("The storage is full; delete files or ask the operator for room")
    return StorageDown("The storage cannot be used now; try again later")


def values(user_id: int, path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """What the row of the CSV has of its bytes: size, hash, dialect, columns, detection. Raises as `detected` does."""
    with path.open("rb") as file:
        ends = first_and_last(file, facts["size"], HEAD)
    delimiter = FORMATS[facts["format"]].delimiter
    try:
        found = detected(user_id, ends, facts["size"], path, delimiter)
    except InvalidInput as error:
        error.detail = f"In {FORMATS[facts['format']].words}: {error.detail}"
        error.pointer = error.pointer or "/file"
        raise
    return {"size": facts["size"], "sha256": facts["sha256"], **found}


def document(facts: dict[str, Any], selection: Selection, size: int, sha256: str) -> dict[str, Any]:
    """The value of `reading`, of an original of that size and hash."""
    more = {"media_type": FORMATS[facts["format"]].media_type, "size": size, "sha256": sha256}
    return {**facts, **more, "asked": selection.as_json()}


def shown(file: File) -> dict[str, Any] | None:
    """What an answer tells of a file's reading: the CSV's own size and hash; None for a file that is a CSV itself."""
    if not file.reading:
        return None
    found = {name: file.reading.get(name) for name in _SHOWN}
    return {**found, "size": file.size, "sha256": file.sha256}


def warnings(file: File) -> list[DataWarning]:
    """What a person would want to know of how the CSV was made."""
    return [DataWarning(**each) for each in (file.reading or {}).get("warnings", [])]


def of_receipt(file: File) -> dict[str, Any] | None:
    """The original as a receipt has it: bytes, hash, and what was read of it."""
    if not file.reading:
        return None
    read = {name: file.reading[name] for name in _IN_RECEIPT if name in file.reading}
    return {"bytes": file.reading["size"], "sha256": file.reading["sha256"], **read}


def delimiter(file: File) -> str:
    """The delimiter of a CSV that this service wrote itself; "" where it is to be detected."""
    return FORMATS[file.reading["format"]].delimiter if file.reading else ""


def name_of_csv(file: File) -> str:
    """What to save the CSV by."""
    return csv_name(file.name) if file.reading else file.name
