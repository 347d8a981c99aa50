"""The values that detection gives an upload's row: the dialect, the columns, the evidence, the version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csvapi import __version__
from csvapi.csvio import pages
from csvapi.csvio.detection import HEAD
from csvapi.engines.local.detected import detected as detected_by_child
from csvapi.extensions import runtime

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio import Dialect

__all__ = ["HEAD", "columns", "detected"]


def columns(user_id: int, path: Path, dialect: Dialect) -> list[str]:
    """The columns of a file in this dialect, read in a child process.

    Raises MalformedCsv for a header beyond the record limit, TooLarge for too many columns, InvalidInput for a file
    that cannot be read in this dialect, and what `Pool.call` raises.
    """
    settings = runtime().settings
    limits = settings.max_record, settings.max_columns
    facts, _ = runtime().pool.call(user_id, pages.columns, path, dialect, *limits, short=True)
    return list(facts["columns"])


def detected(user_id: int, ends: tuple[bytes, bytes], size: int, path: Path, delimiter: str = "") -> dict[str, Any]:
    """The values of a file's row, detected from its first and last bytes in a child process.

    The columns are read by a pass, which takes the whole header record. `delimiter` is known of a file that this
    service wrote. Raises what `detect` and `columns` raise.
    """
    settings = runtime().settings
    limits = settings.max_record, settings.max_columns
    facts, _ = runtime().pool.call(user_id, detected_by_child, ends, size, path, *limits, delimiter, short=True)
    return {**facts, "detection": {"version": __version__, **facts["detection"]}}
