"""The file that an error belongs to, where several files are read."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from csvapi.errors import CsvapiError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def blaming(file: int | str, pointer: str) -> Iterator[None]:
    """Name `file` in every error that the block raises while reading it.

    `pointer` is the place of the file in the request; errors that already point into the steps keep their pointer.
    """
    try:
        yield
    except CsvapiError as error:
        error.context.setdefault("file", file)
        if not error.pointer.startswith("/steps/"):
            error.pointer = pointer
        raise
