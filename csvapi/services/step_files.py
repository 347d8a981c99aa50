"""The other files that steps name, in the form the engine takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from csvapi.blame import blaming
from csvapi.csvio import Dialect
from csvapi.errors import NotFound
from csvapi.operations import files_of, with_names
from csvapi.services import files

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.models import File
    from csvapi.operations import Step
    from csvapi.steps.step import FileId


@contextmanager
def others(
    user_id: int, steps: list[Step], find: Callable[[int, int], File] = files.find
) -> Iterator[dict[Any, tuple[Path, Dialect]]]:
    """The user's files by their ids, each readable for the block; a task finds them by `files.of_task`.

    Raises NotFound for an unknown id or a file of another user, NotCsv and StorageDown; each with the file and a
    pointer.
    """
    found: dict[Any, tuple[Path, Dialect]] = {}
    with ExitStack() as held:
        for pointer, name in files_of(steps):
            if name not in found:
                found[name] = _opened(partial(find, user_id), name, pointer, held)
        yield found


def named(file: File, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Checked steps over a file, with the names of the files in those that write them."""

    def name_of(name: FileId | None) -> str:
        return (file if name is None else files.find(file.user_id, int(name))).name

    return with_names(steps, name_of)


def _opened(find: Callable[[int], File], name: FileId, pointer: str, held: ExitStack) -> tuple[Path, Dialect]:
    with blaming(name, pointer):
        try:
            file = find(name if isinstance(name, int) else 0)
        except NotFound as error:
            raise NotFound("There is no such file, or it is not yours", pointer=pointer) from error
        files.check_csv(file, pointer)
        return held.enter_context(files.reading(file)), Dialect.from_json(file.dialect)
