"""Names for new columns, so that none is that of another column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence


def trimmed(name: str) -> str:
    """A name without white space, byte order marks and zero-width spaces at its ends."""
    while (inner := name.strip().strip("\ufeff\u200b")) != name:
        name = inner
    return name


def numbered(names: Sequence[str]) -> list[str]:
    """The names, numbered where they occur again."""
    found: dict[str, None] = {}
    taken = set(names)
    numbers: dict[str, int] = {}
    for name in names:
        new = name
        while new in found or (new != name and new in taken):
            numbers[name] = numbers.get(name, 1) + 1
            new = f"{name}_{numbers[name]}"
        found[new] = None
    return list(found)


def check_new(name: str, taken: Sequence[str], pointer: str) -> str:
    """The name of a new column. Raises `InvalidInput` at `pointer` for one that another column of the result has."""
    if name in taken:
        of = pointer.rsplit("/", 1)[-1]
        detail = f"{of}: two columns of the result would be called {name!r}; give this one another name."
        raise InvalidInput(detail, pointer=pointer)
    return name
