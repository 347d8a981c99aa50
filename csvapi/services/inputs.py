"""The other files that steps name, as the engine wants them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from csvapi.csvio import Dialect
from csvapi.errors import NotFound
from csvapi.operations import files_of
from csvapi.services import files

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.models import File
    from csvapi.operations import Step


@contextmanager
def others(user_id: int, steps: list[Step]) -> Iterator[dict[Any, tuple[Path, Dialect]]]:
    """Each of the user's files by its id, readable while the block runs.

    Raises NotFound with the pointer to the id that is none, or not theirs.
    """
    found: dict[Any, File] = {}
    for pointer, name in files_of(steps):
        try:
            file = files.find(user_id, name if isinstance(name, int) else 0)
        except NotFound as error:
            raise NotFound("There is no such file, or it is not yours", pointer=pointer) from error
        files.check_csv(file, pointer)
        found[name] = file
    with ExitStack() as held:
        yield {
            name: (held.enter_context(files.reading(file)), Dialect.from_json(file.dialect))
            for name, file in found.items()
        }
