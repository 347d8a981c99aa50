"""The other files that steps name, as the engine wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csvapi.csvio import Dialect
from csvapi.errors import NotFound
from csvapi.operations import files_of
from csvapi.services import files

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.operations import Step


def others(user_id: int, steps: list[Step]) -> dict[Any, tuple[Path, Dialect]]:
    """Each of the user's files by its id. Raises NotFound with the pointer to the id that is none, or not theirs."""
    found: dict[Any, tuple[Path, Dialect]] = {}
    for pointer, name in files_of(steps):
        try:
            file = files.find(user_id, name if isinstance(name, int) else 0)
        except NotFound as error:
            raise NotFound("There is no such file, or it is not yours", pointer=pointer) from error
        files.check_csv(file, pointer)
        found[name] = files.path(file), Dialect.from_json(file.dialect)
    return found
