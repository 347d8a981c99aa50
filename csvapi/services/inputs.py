"""The other files that steps name, as the engine wants them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from csvapi.csvio import Dialect
from csvapi.errors import NotFound, blaming
from csvapi.operations import files_of
from csvapi.services import files

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.operations import Step
    from csvapi.operations.step import FileId


@contextmanager
def others(user_id: int, steps: list[Step]) -> Iterator[dict[Any, tuple[Path, Dialect]]]:
    """Each of the user's files by its id, readable while the block runs.

    Raises NotFound for an id that is none, or not theirs, NotCsv and StorageDown; each names the file and points to it.
    """
    found: dict[Any, tuple[Path, Dialect]] = {}
    with ExitStack() as held:
        for pointer, name in files_of(steps):
            if name not in found:
                found[name] = _opened(user_id, name, pointer, held)
        yield found


def _opened(user_id: int, name: FileId, pointer: str, held: ExitStack) -> tuple[Path, Dialect]:
    with blaming(name, pointer):
        try:
            file = files.find(user_id, name if isinstance(name, int) else 0)
        except NotFound as error:
            raise NotFound("There is no such file, or it is not yours", pointer=pointer) from error
        files.check_csv(file, pointer)
        return held.enter_context(files.reading(file)), Dialect.from_json(file.dialect)
