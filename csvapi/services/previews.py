"""Previews: trying steps on some records of a file in a child process (see `engines.local.trial`)."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csvapi import engines
from csvapi.csvio import Dialect
from csvapi.csvio.disk import Limits
from csvapi.engines.local.trial import FOUND, Trial
from csvapi.errors import QueueDown
from csvapi.extensions import runtime
from csvapi.services import files, hash_keys, redetection, row_indices
from csvapi.services.step_files import named, others

if TYPE_CHECKING:
    from csvapi.csvio.locations import Location
    from csvapi.models import File
    from csvapi.services.requested_work import Work
    from csvapi.steps.secret_key import SecretKey

__all__ = ["FOUND", "run"]
MEMORY = 16 * 1024 * 1024  # for the keys of a sample
_BEGINNING = 8 * 1024 * 1024  # more than a preview reads
_FAR = 50_000  # a record that is worth an index: the next previews begin there, too


def run(file: File, work: Work, size: int, from_row: int = 1) -> bytes:
    """Try the work on at most `size` records, of about 4 MiB; returns the answer as JSON.

    What begins far into the file reads it up to there, unless the file has an index, which it gets meanwhile.
    Raises what `pipelines.check`, `hash_keys` and `Pool.call` raise.
    """
    files.check_csv(file, "/input")
    beginning = runtime().settings.max_record + _BEGINNING
    with (
        work.blaming(),
        files.beginning(file, beginning if from_row == 1 else file.size) as source,
        others(file.user_id, work.loaded) as more,
        tempfile.TemporaryDirectory(prefix="csvapi-", ignore_cleanup_errors=True) as folder,
    ):
        trial = Trial(
            source,
            Dialect.from_json(file.dialect),
            file.columns,
            file.size,
            hash_keys.stamped(file.user_id, named(file, work.steps), work.loaded),
            size,
            work.options,
            more,
            _options(work.options, file.name, hash_keys.opened(file.user_id, work.loaded)),
            Path(folder),
            [warning.as_json() for warning in redetection.warnings_of_run(file, work.loaded)],
            from_row,
            _near(file, from_row),
        )
        return runtime().pool.call(file.user_id, Trial.run, trial)[1]


def _near(file: File, row: int) -> Location | None:
    """The place of a record that is not after this one, and near it; None where no index says so."""
    if row == 1:
        return None
    with row_indices.of(file) as index:
        if index:
            return index.before(row)
    if row > _FAR:
        with suppress(QueueDown):  # the preview needs no index
            row_indices.ask(file)
    return None


def _options(chosen: dict[str, Any], file_name: str, keys: dict[str, SecretKey]) -> engines.Options:
    settings = runtime().settings
    return engines.Options(
        memory=MEMORY,
        max_record=settings.max_record,
        max_columns=settings.max_columns,
        limits=Limits(output=settings.max_output, reserve=settings.disk_reserve),
        file_name=file_name,
        keys=keys,
        **{**chosen, "explain": True},
    )
