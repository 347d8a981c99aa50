"""What detection says of an upload, as its row keeps it: the dialect, the columns, the evidence, the version."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from csvapi import __version__
from csvapi.csvio import header
from csvapi.csvio.detection import HEAD, detect
from csvapi.extensions import runtime

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HEAD", "detected"]


def detected(ends: tuple[bytes, bytes], size: int, path: Path) -> dict[str, Any]:
    """The values of a file's row that the first and last bytes say.

    The columns are those of a pass, which reads all of the header record. Raises as `detect` does, and MalformedCsv
    for a header beyond the record limit.
    """
    found = detect(*ends, complete=size <= HEAD, size=size)
    found = replace(found, columns=tuple(header(path, found.dialect, limit=runtime().settings.max_record)))
    return {
        "dialect": found.dialect.as_json(),
        "columns": list(found.columns),
        "detection": {"version": __version__, **found.as_json()},
    }
