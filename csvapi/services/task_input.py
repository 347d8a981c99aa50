"""The bytes of a task's input: whether they are there, and where they are read."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from csvapi.errors import NotFound, ObjectMissing, TaskError
from csvapi.extensions import runtime
from csvapi.services import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from csvapi.models import File

_MISSING = "The input file is missing from the storage; upload it again"


def check_stored(file: File) -> None:
    """Raise TaskError where the bytes are gone from the storage, and ObjectChanged where they are others."""
    storage, of = runtime().storage, files.pinned(file)
    if of is None and not storage.has(file.storage_key):
        raise TaskError(_MISSING)
    if of and (storage.look(of.address) or (0, ""))[1] != of.etag:
        raise of.changed()


@contextmanager
def reading(file: File) -> Iterator[Path]:
    """A path of the input on this machine, valid for the block: a copy of an object of a bucket is as good as that.

    Raises TaskError where it is gone, and as `files.reading` does.
    """
    with ExitStack() as held:
        try:
            path = held.enter_context(files.reading(file))
        except (NotFound, ObjectMissing) as error:
            raise TaskError(_MISSING) from error
        yield path
