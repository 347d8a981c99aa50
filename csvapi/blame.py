"""Whose fault an error is, where more than one file is read."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from csvapi.errors import CsvapiError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def blaming(file: int | str, pointer: str) -> Iterator[None]:
    """Name `file` as the one at fault in every error that reading it raises.

    `pointer` is where the request names the file; errors that point into the steps already keep their place.
    """
    try:
        yield
    except CsvapiError as error:
        error.context.setdefault("file", file)
        if not error.pointer.startswith("/steps/"):
            error.pointer = pointer
        raise
