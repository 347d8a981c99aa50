"""Imports of libraries that compile costly patterns which are hardly ever used.

marshmallow compiles what host names in e-mail addresses are, over all of Unicode and without regard to case, when it is
imported: that is a tenth of the time that a command on files takes to start. No operation has such addresses.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class LatePattern:
    """A pattern that is compiled when it is first used."""

    def __init__(self, compiled: Callable[[], re.Pattern[str]]) -> None:
        self._compiled = compiled

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what a class asks of each of its members
            raise AttributeError(name)
        return getattr(self._compiled(), name)


@contextmanager
def late_patterns() -> Iterator[None]:
    """Patterns beyond ASCII without regard to case are compiled late if they are made in the block: for imports."""
    compiled = re.compile

    def late(pattern: Any, flags: Any = 0) -> Any:
        if isinstance(pattern, str) and not pattern.isascii() and flags & re.IGNORECASE:
            return LatePattern(cache(partial(compiled, pattern, flags)))
        return compiled(pattern, flags)

    re.compile = late  # takes and gives what it does
    try:
        yield
    finally:
        re.compile = compiled
