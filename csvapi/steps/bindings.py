"""Files for the file parameters of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.errors import InvalidInput
from csvapi.steps.left_open import file_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from csvapi.steps.step import FileId, Step


def bound(steps: Sequence[Step], given: Mapping[str, FileId]) -> dict[str, FileId]:
    """For each place of a file parameter, as a pointer, the file that is given for it.

    Raises `InvalidInput` below /files for a file that no parameter takes, and for a parameter without a file.
    """
    places = file_parameters(steps)
    known = list(dict.fromkeys(name for _, name in places))
    for name in given:
        if name not in known:
            raise InvalidInput(_unknown(name, known), pointer=_pointer(name))
    for name in known:
        if name not in given:
            raise InvalidInput(f"files: no file is given for the parameter {name!r}.", pointer=_pointer(name))
    return {pointer: given[name] for pointer, name in places}


def _unknown(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # to start fast without it

    if not known:
        return f"files: there is no parameter {name!r}: the steps have none."
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}? The" if near else "; the"
    return f"files: there is no parameter {name!r}{hint} parameters are: {', '.join(known)}."


def _pointer(name: str) -> str:
    return f"/files/{name.replace('~', '~0').replace('/', '~1')}"
